import Bytes
import Testing

@testable import EventLoop

@Suite("A simulated loop")
struct SimulationTests {
    private let simulation = Simulation()

    private func pair(_ loop: Loop, _ kind: Stream.Transport = .tcp) throws -> (Recorder, MemoryConnection) {
        let (descriptor, connection) = simulation.makePair()
        let stream = try Recorder(loop: loop, transport: kind)
        if kind == .tcp { try stream.adopt(tcp: descriptor) } else { try stream.adopt(unixSocket: descriptor) }
        return (stream, connection)
    }

    private func text(_ connection: MemoryConnection, limit: Int = .max) -> String {
        var buffer = ByteBuffer()
        connection.receive(into: &buffer, limit: limit)
        return String(decoding: buffer.bytes.copied(), as: UTF8.self)
    }

    @Test("a stream in memory gets what was sent and its peer gets what it writes, once a turn")
    func bothWays() throws {
        let loop = Loop(simulation: simulation)
        let (stream, peer) = try pair(loop)
        stream.whileReceiving = { $0.say("pong") }
        stream.startReading()
        peer.send(Array("ping".utf8).span)
        loop.runOnce()
        #expect(stream.consumed == Array("ping".utf8))
        #expect(text(peer) == "pong")
        stream.close()
        loop.runOnce()
        #expect(stream.closings == 1)
        #expect(peer.isAtEnd && !peer.isReset)
    }

    @Test("a read brings no more than the limit, and the rest comes in the next turns")
    func splitReads() throws {
        let loop = Loop(simulation: simulation)
        let (stream, peer) = try pair(loop)
        stream.startReading()
        peer.readLimitBytes = 2
        peer.send(Array("abcde".utf8).span)
        for _ in 0..<3 { loop.runOnce() }
        #expect(stream.offers.map(\.count) == [2, 2, 1])
        stream.close()
        loop.runOnce()
    }

    @Test("what a stream does not read fills the way to it, and its sender has to wait")
    func backPressure() throws {
        let loop = Loop(simulation: simulation)
        let (stream, peer) = try pair(loop)
        peer.inputLimitBytes = 3
        #expect(peer.send(Array("abcde".utf8).span) == 3)
        loop.runOnce()
        #expect(stream.offers.isEmpty && peer.sendableBytes == 0)
        stream.startReading()
        loop.runOnce()
        #expect(stream.consumed == Array("abc".utf8) && peer.sendableBytes == 3)
        stream.close()
        loop.runOnce()
    }

    @Test("a write that finds no room waits, leaves in pieces, and then drains")
    func slowReader() throws {
        let loop = Loop(simulation: simulation)
        let (stream, peer) = try pair(loop)
        peer.outputLimitBytes = 4
        stream.say("0123456789")
        loop.runOnce()
        #expect(stream.unsentBytes == 6 && stream.untakenBytes == 10)
        #expect(text(peer) == "0123")
        loop.runOnce()
        #expect(text(peer, limit: 1) == "4")
        loop.runOnce()
        #expect(text(peer) == "5678")
        #expect(stream.drains == 0)
        loop.runOnce()
        #expect(text(peer) == "9")
        #expect(stream.drains == 1 && stream.unsentBytes == 0 && stream.untakenBytes == 0)
        stream.close()
        loop.runOnce()
    }

    @Test("a stream that closes while a write waits lets go of it, and is closed once")
    func closedWhileWriting() throws {
        let loop = Loop(simulation: simulation)
        weak var weakStream: Recorder?
        do {
            let (stream, peer) = try pair(loop)
            weakStream = stream
            peer.outputLimitBytes = 4
            stream.say("0123456789")
            loop.runOnce()
            stream.close()
            loop.runOnce()
            #expect(stream.closings == 1 && stream.drains == 0)
            #expect(text(peer) == "0123")
        }
        #expect(weakStream == nil)
    }

    @Test("a FIN is told behind all input, a reset at once and without it")
    func endings() throws {
        let loop = Loop(simulation: simulation)
        let (first, finished) = try pair(loop)
        first.startReading()
        finished.send(Array("last".utf8).span)
        finished.end()
        loop.runOnce()
        #expect(first.consumed == Array("last".utf8) && first.ends == [nil])
        first.say("still here")
        loop.runOnce()
        #expect(text(finished) == "still here")
        let (second, reset) = try pair(loop)
        second.startReading()
        reset.send(Array("lost".utf8).span)
        reset.reset()
        loop.runOnce()
        #expect(second.consumed.isEmpty && second.ends == [.connectionReset])
        for stream in [first, second] { stream.close() }
        loop.runOnce()
    }

    @Test("closing with unread input resets a TCP connection and what was written is lost; on a Unix socket it is not")
    func closedWithUnreadInput() throws {
        let loop = Loop(simulation: simulation)
        for kind in [Stream.Transport.tcp, .unixSocket] {
            let (stream, peer) = try pair(loop, kind)
            stream.say("answer")
            loop.runOnce()
            peer.send(Array("unread".utf8).span)
            stream.close()
            loop.runOnce()
            #expect(peer.isReset == (kind == .tcp))
            #expect(text(peer) == (kind == .tcp ? "" : "answer"))
        }
    }

    @Test("a peer that is gone is noticed by a stream that does not read, and by its next write")
    func goneWhilePaused() throws {
        let loop = Loop(simulation: simulation)
        let (stream, peer) = try pair(loop)
        #expect(!stream.peerIsGone)
        peer.reset()
        loop.runOnce()
        #expect(stream.peerIsGone && stream.ends.isEmpty)
        stream.say("nobody reads this")
        loop.runOnce()
        #expect(stream.ends == [.connectionReset])
        stream.close()
        loop.runOnce()
    }

    @Test("timers fire when the given clock has come to them, in the order of their times")
    func timers() {
        let loop = Loop(simulation: simulation)
        var fired: [String] = []
        let late = Timer(loop: loop) { fired.append("late") }
        let repeating = Timer(loop: loop) { fired.append("again") }
        late.start(delayMilliseconds: 25)
        repeating.start(delayMilliseconds: 10, repeatMilliseconds: 10)
        loop.runOnce()
        #expect(fired.isEmpty && simulation.millisecondsUntilTimer == 10)
        for _ in 0..<3 {
            simulation.advance(milliseconds: 10)
            loop.runOnce()
        }
        #expect(fired == ["again", "again", "late", "again"])
        repeating.close()
        #expect(simulation.millisecondsUntilTimer == nil)
    }

    @Test("a listener is offered who connects, and who waits when it closes is reset")
    func listening() throws {
        let loop = Loop(simulation: simulation)
        var accepted: [Recorder] = []
        let listener = try Listener(loop: loop, address: loopback, sharesPort: true, backlog: 8) { listener in
            guard let stream = try? Recorder(loop: loop, transport: .tcp) else { return }
            try? listener.accept(into: stream)
            accepted.append(stream)
        }
        let taken = try #require(simulation.connect(to: loopback, from: SocketAddress(host: "192.0.2.1", port: 7)))
        loop.runOnce()
        #expect(taken.isOpen && accepted.first?.peerAddress == SocketAddress(host: "192.0.2.1", port: 7))
        let waiting = try #require(simulation.connect(to: loopback))
        listener.close()
        #expect(waiting.isReset && simulation.connect(to: loopback) == nil)
        accepted.first?.close()
        loop.runOnce()
    }

    @Test("a mailbox's messages come in the next turn")
    func mail() throws {
        let loop = Loop(simulation: simulation)
        var got: [Int] = []
        let mailbox = try Mailbox<Int>(loop: loop) { got.append($0) }
        mailbox.send(1)
        mailbox.send(2)
        #expect(got.isEmpty)
        loop.runOnce()
        #expect(got == [1, 2])
    }

    @Test("the clocks go as they are told")
    func clocks() {
        let loop = Loop(simulation: Simulation(startNanoseconds: 5_000_000, unixMilliseconds: 1_700_000_000_123))
        #expect(loop.nanoseconds == 5_000_000 && loop.nowMilliseconds == 5)
        #expect(loop.unixMilliseconds == 1_700_000_000_123)
        loop.simulation?.advance(milliseconds: 900)
        #expect(loop.nowMilliseconds == 5 && loop.wallClock == (1_700_000_001, 23))
        loop.runOnce()
        #expect(loop.nowMilliseconds == 905)
    }
}
