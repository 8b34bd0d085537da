import BridgeProtocol
import Bytes
import Testing

@Suite("Calls of one loop turn")
struct CallBatchTests {
    private struct Call: Equatable {
        var call: UInt32
        var target = 0
        var flags: CallFlags = []
        var text: [UInt8]
        var head: [UInt8] = []
        var isASCII = true
        var isPlain = true
    }

    private struct Frame: Equatable {
        var flags: CallsFlags
        var calls: [UInt32]
    }

    /// Adds `calls` to a batch and reads what it wrote: the frames and, in order, the calls.
    private func roundTrip(_ calls: [Call], joinedTextBytes: Int = 1_024) throws -> (frames: [Frame], calls: [Call]) {
        var batch = CallBatch(joinedTextBytes: joinedTextBytes)
        var out = ByteBuffer()
        for call in calls {
            batch.add(
                call: call.call, target: call.target, flags: call.flags, text: call.text.span, peer: PeerBlock(),
                head: call.head.span, isASCII: call.isASCII, isPlain: call.isPlain, into: &out)
        }
        batch.flush(into: &out)
        let isFlushed = batch.isEmpty
        #expect(isFlushed)

        var frames: [Frame] = []
        var received: [Call] = []
        while !out.isEmpty {
            guard case .frame(let header, let range, let totalBytes) = FrameReader(receiver: .shim).next(in: out.bytes)
            else {
                Issue.record("what a batch wrote is no frame")
                break
            }
            let flags = CallsFlags(rawValue: header.flags)
            let payload = out.bytes.extracting(range.range).copied()
            let entries = try CallsReader.calls(header, payload: payload.span)
            frames.append(Frame(flags: flags, calls: entries.map(\.entry.call)))
            for call in entries {
                let isWithoutInput = call.entry.flags.contains(.noInput)
                received.append(
                    Call(
                        call: call.entry.call, target: Int(call.entry.target), flags: call.entry.flags,
                        text: isWithoutInput ? [] : Array(payload[call.text.range]),
                        head: Array(payload[call.head.range].dropFirst(PeerBlock.byteCount)),
                        isASCII: flags.contains(.ascii), isPlain: flags.contains(.plain)))
            }
            out.consume(totalBytes)
        }
        return (frames, received)
    }

    @Test("nothing was added, nothing is written")
    func empty() throws {
        #expect(try roundTrip([]).frames.isEmpty)
    }

    @Test("one call alone is not joined")
    func alone() throws {
        let call = Call(call: 9, text: Array("{\"a\":1}".utf8))
        let result = try roundTrip([call])
        #expect(result.frames == [Frame(flags: [.ascii, .plain], calls: [9])])
        #expect(result.calls == [call])
    }

    @Test("one call without input has no text")
    func aloneWithoutInput() throws {
        let result = try roundTrip([Call(call: 9, flags: .noInput, text: [])])
        #expect(result.frames == [Frame(flags: [.ascii, .plain], calls: [9])])
    }

    @Test("small plain ASCII calls are joined")
    func joined() throws {
        let calls = (1...5).map { Call(call: $0, target: Int($0), text: Array("\($0)".utf8)) }
        let result = try roundTrip(calls)
        #expect(result.frames == [Frame(flags: [.ascii, .plain, .joined], calls: [1, 2, 3, 4, 5])])
        #expect(result.calls == calls)
    }

    @Test("a call that cannot be joined goes by itself, in its place")
    func orderIsKept() throws {
        let small = Array("1".utf8)
        let calls = [
            Call(call: 1, text: small), Call(call: 2, text: small),
            Call(call: 3, text: Array("\"☃\"".utf8), isASCII: false),
            Call(call: 4, text: Array("{\"$a\":1}".utf8), isPlain: false),
            Call(call: 5, text: Array(repeating: UInt8(ascii: "1"), count: 1_025)),
            Call(call: 6, text: Array(repeating: UInt8(ascii: "1"), count: 1_024)), Call(call: 7, text: small),
        ]
        let result = try roundTrip(calls)
        #expect(
            result.frames == [
                Frame(flags: [.ascii, .plain, .joined], calls: [1, 2]), Frame(flags: [.plain], calls: [3]),
                Frame(flags: [.ascii], calls: [4]), Frame(flags: [.ascii, .plain], calls: [5]),
                Frame(flags: [.ascii, .plain, .joined], calls: [6, 7]),
            ])
        #expect(result.calls == calls)
    }

    @Test("a frame holds no more than 65,535 calls")
    func mostCalls() throws {
        // Without heads and with the shortest text there is, so that the count is reached before the size.
        let calls = (0..<UInt32(65_540)).map { Call(call: $0, text: [UInt8(ascii: "1")]) }
        let result = try roundTrip(calls)
        #expect(result.frames.map(\.calls.count) == [65_535, 5])
        #expect(result.calls == calls)
    }

    @Test("a frame is closed when it is large enough")
    func largestFrame() throws {
        let text = Array(repeating: UInt8(ascii: "1"), count: 1_000)
        let head = Array(repeating: UInt8(ascii: "h"), count: 1_000)
        let result = try roundTrip((0..<400).map { Call(call: $0, text: text, head: head) })
        #expect(result.frames.count == 4)
        #expect(result.calls.count == 400)
    }

    @Test("any mix of calls arrives whole and in order")
    func anyMix() throws {
        let seed = UInt64.random(in: 0 ... .max)
        print("batches: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<300 {
            let calls = (0..<Int.random(in: 1...20, using: &random)).map { _ in
                let isWithoutInput = Int.random(in: 0..<5, using: &random) == 0
                let hasHead = Bool.random(using: &random)
                let length = Int.random(in: 1...40, using: &random)
                return Call(
                    call: random.next(upperBound: UInt32.max), target: Int.random(in: 0...0xFF_FFFF, using: &random),
                    flags: isWithoutInput ? .noInput : (hasHead ? [.whole, .context] : []),
                    text: isWithoutInput ? [] : (0..<length).map { _ in UInt8.random(in: 0x30...0x39, using: &random) },
                    head: hasHead
                        ? Array(repeating: UInt8(ascii: "h"), count: Int.random(in: 1...30, using: &random)) : [],
                    isASCII: isWithoutInput || Int.random(in: 0..<5, using: &random) > 0, isPlain: true)
            }
            let result = try roundTrip(calls, joinedTextBytes: 30)
            try #require(result.calls == calls, "seed \(seed)")
        }
    }
}
