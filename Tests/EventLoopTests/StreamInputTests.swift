import Bytes
import Glibc
import Testing

@testable import EventLoop

@Suite("Stream input")
struct StreamInputTests {
    @Test("what is not consumed is kept and offered again, in front of what comes next")
    func keepsRest() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.appetite = 2
        peer.send("abcde")
        turn(loop) { stream.offers.count == 1 }
        #expect(stream.unconsumedBytes == 3)
        stream.appetite = nil
        peer.send("fg")
        turn(loop) { stream.offers.count == 2 }
        #expect(stream.offers == [Array("abcde".utf8), Array("cdefg".utf8)])
        #expect(stream.consumed == Array("abcdefg".utf8))
        #expect(stream.unconsumedBytes == 0)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("nothing is offered before the bytes that are needed are there")
    func neededBytes() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.neededBytes = 6
        for piece in ["ab", "cd", "e"] {
            peer.send(piece)
            turn(loop, milliseconds: 3)
        }
        #expect(stream.offers.isEmpty)
        #expect(stream.unconsumedBytes == 5)
        stream.resumeInput()
        #expect(stream.offers.isEmpty)
        peer.send("fgh")
        turn(loop) { !stream.offers.isEmpty }
        #expect(stream.offers == [Array("abcdefgh".utf8)])
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("a message larger than the loop's read buffer arrives whole")
    func largeMessage() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        let bytes = (0..<Loop.readBufferBytes * 2 + 77).map { UInt8(truncatingIfNeeded: $0 &* 13) }
        stream.neededBytes = UInt32(bytes.count)
        stream.startReading()
        let sender = peer.descriptor
        try LoopThread.start {
            var sent = 0
            while sent < bytes.count {
                let count = unsafe bytes.withUnsafeBytes {
                    unsafe Glibc.send(sender, $0.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                if count <= 0 { return }
                sent += count
            }
        }
        turn(loop) { !stream.offers.isEmpty }
        #expect(stream.offers.count == 1)
        #expect(stream.consumed == bytes)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("resumeInput offers what waits once more, and nothing when nothing does")
    func resumes() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.resumeInput()
        #expect(stream.offers.isEmpty)
        stream.appetite = 0
        peer.send("abc")
        turn(loop) { stream.offers.count == 1 }
        stream.appetite = 1
        stream.resumeInput()
        stream.resumeInput()
        stream.resumeInput()
        stream.resumeInput()
        #expect(stream.offers == [Array("abc".utf8), Array("abc".utf8), Array("bc".utf8), Array("c".utf8)])
        #expect(stream.unconsumedBytes == 0)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("asking for input again while it is being looked at loses nothing and offers nothing twice")
    func resumesInside() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.appetite = 1
        stream.whileReceiving = { $0.resumeInput() }
        // First from the loop's read buffer, then from the stream's own.
        peer.send("abc")
        turn(loop) { stream.offers.count == 1 }
        stream.resumeInput()
        peer.send("d")
        turn(loop) { stream.offers.count == 3 }
        stream.appetite = nil
        stream.resumeInput()
        #expect(stream.offers.map { String(decoding: $0, as: UTF8.self) } == ["abc", "bc", "cd", "d"])
        #expect(stream.consumed == Array("abcd".utf8))
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("a stream that pauses while it receives keeps the rest for later")
    func pausesInside() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.appetite = 1
        stream.whileReceiving = { $0.stopReading() }
        peer.send("abc")
        turn(loop) { stream.offers.count == 1 }
        peer.send("def")
        turn(loop, milliseconds: 5)
        #expect(stream.offers.count == 1)
        stream.whileReceiving = nil
        stream.appetite = nil
        stream.resumeInput()
        stream.startReading()
        turn(loop) { stream.offers.count == 3 }
        #expect(stream.consumed == Array("abcdef".utf8))
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("closing while receiving is the end: nothing is offered any more", arguments: [false, true])
    func closesInside(fromInbox: Bool) throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.appetite = 0
        if fromInbox {
            peer.send("abc")
            turn(loop) { stream.offers.count == 1 }
        }
        stream.whileReceiving = { $0.close() }
        peer.send("def")
        turn(loop) { stream.closings == 1 }
        #expect(stream.offers.count == (fromInbox ? 2 : 1))
        #expect(stream.unconsumedBytes == 0)
        stream.resumeInput()
        stream.startReading()
        #expect(!stream.isReading)
        #expect(stream.offers.count == (fromInbox ? 2 : 1))
    }

    @Test("bytes pushed in at random and consumed at random arrive whole and in order", arguments: [1, 2, 3])
    func randomAppetite(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        var sent: [UInt8] = []
        stream.whileReceiving = { stream in
            stream.appetite = Int.random(in: 0...600, using: &random)
            stream.neededBytes = 0
        }
        for _ in 0..<300 {
            let piece = (0..<Int.random(in: 1...500, using: &random)).map { _ in
                UInt8.random(in: .min ... .max, using: &random)
            }
            peer.send(piece)
            sent += piece
            turn(loop, milliseconds: 0)
            if Bool.random(using: &random) { stream.resumeInput() }
        }
        stream.whileReceiving = nil
        stream.appetite = nil
        turn(loop) {
            stream.resumeInput()
            return stream.consumed.count == sent.count
        }
        #expect(stream.consumed == sent, "seed \(seed)")
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("the end of the input is told once, with nil, and reading does not start again")
    func endOfInput() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        peer.send("bye")
        peer.close()
        turn(loop) { !stream.ends.isEmpty }
        #expect(stream.consumed == Array("bye".utf8))
        #expect(stream.ends == [nil])
        #expect(!stream.isReading)
        stream.startReading()
        turn(loop, milliseconds: 5)
        #expect(stream.ends == [nil])
        stream.close()
        turn(loop) { stream.closings == 1 }
    }
}

/// Seeded random numbers (xorshift64*).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}
