import BridgeProtocol
import Bytes
import Testing

@Suite("Frames from a link")
struct FrameReaderTests {
    /// All valid frames that a front receives, one after another.
    private let stream = Vectors.all.valid.filter { $0.sender == "shim" }.flatMap(\.bytes)
    private let reader = FrameReader(receiver: .front)

    /// Feeds `stream` in pieces of the given sizes, as a link would, and gives the headers of the frames.
    private func headers(pieces: (Int) -> Int) throws -> [FrameHeader] {
        var headers: [FrameHeader] = []
        var received = ByteBuffer()
        var sent = 0
        var needed = 0
        while sent < stream.count {
            let size = min(pieces(sent), stream.count - sent)
            received.append(stream.span.extracting(sent..<sent + size))
            sent += size
            // What it said it needs must be enough to wait for.
            if received.count < needed { continue }
            reading: while true {
                switch reader.next(in: received.bytes) {
                case .incomplete(let neededBytes):
                    let receivedBytes = received.count
                    #expect(neededBytes > receivedBytes)
                    needed = neededBytes
                    break reading
                case .frame(let header, _, let totalBytes):
                    headers.append(header)
                    received.consume(totalBytes)
                case .failed(let error): throw error
                }
            }
        }
        let leftOver = received.count
        #expect(leftOver == 0)
        return headers
    }

    @Test("frames are the same however their bytes are split")
    func anySplit() throws {
        let whole = try headers { _ in stream.count }
        #expect(whole.count == Vectors.all.valid.count { $0.sender == "shim" })
        for cut in 1..<stream.count {
            try #require(headers { $0 < cut ? cut : stream.count } == whole, "cut at \(cut)")
        }
        try #require(headers { _ in 1 } == whole)
        let seed = UInt64.random(in: 0 ... .max)
        print("splits: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            let sizes = (0..<64).map { _ in Int.random(in: 1...97, using: &random) }
            try #require(headers { sizes[$0 % sizes.count] } == whole, "seed \(seed)")
        }
    }

    @Test("corrupted bytes give an error or other frames, never a crash")
    func anyCorruption() {
        let seed = UInt64.random(in: 0 ... .max)
        print("corruption: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        var failures = 0
        for _ in 0..<20_000 {
            let side: BridgeSide = Bool.random(using: &random) ? .front : .shim
            let sender = side == .front ? "shim" : "front"
            var bytes = Vectors.all.valid.filter { $0.sender == sender }.randomElement(using: &random)!.bytes
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            switch FrameReader(receiver: side).next(in: bytes.span) {
            case .failed: failures += 1
            case .incomplete(let neededBytes): #expect(neededBytes > bytes.count)
            case .frame(let header, let payload, let totalBytes):
                #expect(totalBytes <= bytes.count && payload.range.upperBound <= totalBytes)
                if header.type == .calls {
                    _ = try? CallsReader.calls(header, payload: bytes.span.extracting(payload.range))
                }
                if header.type == .hello { _ = try? Hello(parsing: bytes.span.extracting(payload.range)) }
            }
        }
        #expect(failures > 0)
    }

    @Test("a frame is read where it starts, not only at the beginning")
    func atAnOffset() {
        let bytes: [UInt8] =
            Array(repeating: 0xAA, count: 24) + Vectors.all.valid.first { $0.name == "result-value" }!.bytes
        let expected = FrameHeader(type: .result, flags: 1, detail: 200, call: 1, payloadBytes: 1)
        let progress = reader.next(in: bytes.span, at: 24)
        #expect(progress == .frame(expected, payload: ByteRange(offset: 40, length: 1), totalBytes: 24))
    }

    @Test("a frame beyond the agreed limit is refused by its header alone")
    func agreedLimits() {
        let limits = FrameLimits(frameBytes: 1_000, resultBytes: 100)
        let reader = FrameReader(receiver: .front, limits: limits)
        for (type, limit) in [(FrameType.result, 100), (.responseData, 1_000)] {
            for excess in [0, 1] {
                var bytes = ByteBuffer()
                FrameHeader(
                    type: type, flags: type == .result ? 1 : 0, detail: type == .result ? 200 : 0,
                    payloadBytes: limit + excess
                ).write(into: &bytes)
                let progress = reader.next(in: bytes.bytes)
                if excess == 0 {
                    #expect(progress == .incomplete(neededBytes: 16 + (limit + 7) & ~7))
                } else {
                    let tooLarge = BridgeError.payloadTooLarge(
                        type, payloadBytes: UInt32(limit + 1), limitBytes: limit)
                    #expect(progress == .failed(tooLarge))
                }
            }
        }
    }
}
