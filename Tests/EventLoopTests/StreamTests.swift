import Bytes
import Glibc
import Testing

@testable import EventLoop

@Suite("Stream")
struct StreamTests {
    // MARK: Writing

    @Test("everything said in one turn leaves in one write")
    func gatheredWrite() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop, .packets)
        stream.startReading()
        stream.whileReceiving = {
            $0.say("first ")
            $0.say("second")
        }
        peer.send("go")
        turn(loop) { !stream.offers.isEmpty }
        #expect(peer.receiveText() == "first second")
        #expect(peer.receiveText() == nil)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("what a timer says is written before the loop waits again")
    func timerOutputLeaves() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        try peer.echoOneByteElsewhere()
        let started = loop.nanoseconds
        let timer = Timer(loop: loop) { stream.say("tick") }
        timer.start(delayMilliseconds: 1)
        turn(loop) { !stream.offers.isEmpty }
        #expect(stream.consumed == Array("t".utf8))
        #expect(loop.nanoseconds - started < 5_000_000_000)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("what a closed stream makes another one say is written before the loop waits again")
    func closingOutputLeaves() throws {
        let loop = try Loop()
        let (dying, first) = try makePair(loop)
        let (living, second) = try makePair(loop)
        dying.whenEnded = { $0.close() }
        dying.whenClosed = { living.say("the other one is gone") }
        dying.startReading()
        living.startReading()
        try second.echoOneByteElsewhere()
        let started = loop.nanoseconds
        first.close()
        turn(loop) { !living.offers.isEmpty }
        #expect(dying.closings == 1)
        #expect(living.consumed == Array("t".utf8))
        #expect(loop.nanoseconds - started < 5_000_000_000)
        living.close()
        turn(loop) { living.closings == 1 }
    }

    @Test("output the peer does not read yet waits, leaves in order, and `drained` tells when it has")
    func slowReader() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        let bytes = (0..<2_000_000).map { UInt8(truncatingIfNeeded: $0 &* 7 &+ $0 >> 8) }
        stream.prepareOutbox()
        stream.outbox.append(bytes)
        stream.flush()
        #expect(stream.unsentBytes > 0)
        #expect(stream.drains == 0)
        // Said while the first part still waits: comes behind it.
        stream.say("the end")
        turn(loop, milliseconds: 10)
        #expect(stream.drains == 0)
        var received: [UInt8] = []
        turn(loop) {
            while let piece = peer.receive() { received += piece }
            return stream.drains == 1
        }
        while let piece = peer.receive() { received += piece }
        #expect(received == bytes + Array("the end".utf8))
        #expect(stream.unsentBytes == 0)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("closeWhenDrained closes after the last byte has left, however slowly the peer reads")
    func closeWhenDrained() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        let bytes = [UInt8](repeating: 7, count: 1_000_000)
        stream.prepareOutbox()
        stream.outbox.append(bytes)
        stream.closeWhenDrained()
        turn(loop, milliseconds: 10)
        #expect(!stream.isClosing)
        var count = 0
        turn(loop) {
            while let piece = peer.receive() { count += piece.count }
            return stream.closings == 1
        }
        while let piece = peer.receive() { count += piece.count }
        #expect(count == bytes.count)
        #expect(peer.isAtEnd)
    }

    @Test("closeWhenDrained closes at once when there is nothing to say")
    func closeNothing() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.closeWhenDrained()
        #expect(stream.isClosing)
        turn(loop) { stream.closings == 1 }
        #expect(peer.isAtEnd)
    }

    @Test("closeWhenDrained closes although what was to be said was taken back")
    func closeTakenBack() throws {
        let loop = try Loop()
        let (stream, _) = try makePair(loop)
        stream.say("never mind")
        stream.closeWhenDrained()
        stream.outbox.removeAll()
        turn(loop) { stream.closings == 1 }
        #expect(stream.closings == 1)
    }

    @Test("shutdownOutput ends the output behind the last byte, and input goes on")
    func shutdownOutput() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        stream.say("last words")
        stream.shutdownOutput()
        turn(loop, milliseconds: 5)
        #expect(peer.receiveText() == "last words")
        #expect(peer.isAtEnd)
        peer.send("an answer")
        turn(loop) { !stream.consumed.isEmpty }
        #expect(stream.consumed == Array("an answer".utf8))
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("writing to a peer that is gone is reported once, as an error")
    func brokenPipe() throws {
        SignalWatcher.ignoreBrokenPipes()
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        peer.close()
        stream.say("is anybody there?")
        turn(loop, milliseconds: 5)
        stream.say("hello?")
        turn(loop, milliseconds: 5)
        #expect(stream.ends.map { $0?.name } == ["EPIPE"])
        #expect(stream.drains == 0)
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("what a peer sent before it left is heard although writing to it failed first")
    func lastWords() throws {
        SignalWatcher.ignoreBrokenPipes()
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.startReading()
        peer.send("the result")
        peer.close()
        stream.prepareOutbox()
        stream.outbox.append("one more call")
        stream.flush()
        #expect(stream.consumed == Array("the result".utf8))
        #expect(stream.ends.map { $0?.name } == ["EPIPE"])
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("a stream closed with output under way lets go of it")
    func closeWithPendingOutput() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop)
        stream.prepareOutbox()
        stream.outbox.append(zeros: 1_000_000)
        stream.flush()
        stream.close()
        turn(loop) { stream.closings == 1 }
        #expect(stream.unsentBytes == 0)
        #expect(stream.drains == 0)
        #expect(stream.ends.isEmpty)
        withExtendedLifetime(peer) {}
    }
}
