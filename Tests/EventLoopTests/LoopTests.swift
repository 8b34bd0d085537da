import Glibc
import Synchronization
import Testing

@testable import EventLoop

@Suite("Loop, Timer, Mailbox")
struct LoopTests {
    @Test("a loop with nothing to wait for ends at once")
    func endsAtOnce() throws {
        let loop = try Loop()
        loop.run()
        #expect(loop.turns <= 1)
    }

    @Test("onTurnEnd runs after the reads of a turn and before its writes")
    func turnEnd() throws {
        let loop = try Loop()
        let (stream, peer) = try makePair(loop, .packets)
        stream.startReading()
        stream.whileReceiving = { $0.say("read") }
        peer.send("go")
        var text = ""
        loop.onTurnEnd = {
            guard !stream.offers.isEmpty, text.isEmpty else { return }
            text = "said"
            stream.say("; end")
        }
        turn(loop) { !stream.offers.isEmpty }
        #expect(peer.receiveText() == "read; end")
        loop.onTurnEnd = nil
        stream.close()
        turn(loop) { stream.closings == 1 }
    }

    @Test("stop ends run after the turn it is called in")
    func stops() throws {
        let loop = try Loop()
        var fired = 0
        let timer = Timer(loop: loop) {
            fired += 1
            if fired == 3 { loop.stop() }
        }
        timer.start(delayMilliseconds: 1, repeatMilliseconds: 1)
        loop.run()
        #expect(fired == 3)
        timer.close()
    }

    @Test("a dropped loop on which everything is closed lets go of its descriptors")
    func dropsDescriptors() throws {
        // Other tests open and close theirs meanwhile: far more loops than those could account for.
        let before = openDescriptors()
        for _ in 0..<200 {
            let loop = try Loop()
            let (stream, peer) = try makePair(loop)
            stream.close()
            turn(loop) { stream.closings == 1 }
            withExtendedLifetime(peer) {}
        }
        #expect(openDescriptors() < before + 200)
    }

    // MARK: Timer

    @Test("a one-shot timer fires once, not before its time")
    func oneShot() throws {
        let loop = try Loop()
        var fired = 0
        let started = loop.nanoseconds
        let timer = Timer(loop: loop) { fired += 1 }
        timer.start(delayMilliseconds: 20)
        loop.run()
        #expect(fired == 1)
        // libuv counts whole milliseconds.
        #expect(loop.nanoseconds - started >= 19_000_000)
    }

    @Test("starting a timer again starts over; stopping and closing it silence it")
    func restarts() throws {
        let loop = try Loop()
        var fired = 0
        let timer = Timer(loop: loop) { fired += 1 }
        timer.start(delayMilliseconds: 1)
        timer.start(delayMilliseconds: 10_000)
        turn(loop, milliseconds: 10)
        #expect(fired == 0)
        timer.start(delayMilliseconds: -5)
        turn(loop, milliseconds: 2)
        #expect(fired == 1)
        timer.start(delayMilliseconds: 1)
        timer.stop()
        turn(loop, milliseconds: 5)
        timer.start(delayMilliseconds: 1)
        timer.close()
        timer.close()
        timer.start(delayMilliseconds: 1)
        timer.unreference()
        timer.stop()
        turn(loop, milliseconds: 5)
        #expect(fired == 1)
    }

    @Test("a dropped timer does not fire, and leaves its neighbours whole")
    func dropped() throws {
        let loop = try Loop()
        var fired: [Int] = []
        let before = Timer(loop: loop) { fired.append(0) }
        var dropped: Timer? = Timer(loop: loop) { fired.append(1) }
        let after = Timer(loop: loop) { fired.append(2) }
        before.start(delayMilliseconds: 3)
        dropped?.start(delayMilliseconds: 1)
        after.start(delayMilliseconds: 2)
        dropped = nil
        loop.run()
        #expect(fired == [2, 0])
    }

    @Test("a timer may drop itself while it fires")
    func dropsItself() throws {
        let loop = try Loop()
        var fired = 0
        var timer: Timer?
        timer = Timer(loop: loop) {
            fired += 1
            timer = nil
        }
        timer?.start(delayMilliseconds: 1, repeatMilliseconds: 1)
        loop.run()
        #expect(fired == 1)
    }

    @Test("an unreferenced timer does not keep the loop running")
    func unreferenced() throws {
        let loop = try Loop()
        let timer = Timer(loop: loop) { Issue.record("fired") }
        timer.start(delayMilliseconds: 10_000)
        timer.unreference()
        loop.run()
        withExtendedLifetime(timer) {}
    }

    // MARK: Mailbox

    @Test("messages from another thread arrive on the loop, every one, in the order of sending")
    func mailboxOrder() throws {
        let loop = try Loop()
        var received: [Int] = []
        var mailbox: Mailbox? = try Mailbox<Int>(loop: loop) { received.append($0) }
        try LoopThread.start { [mailbox] in for number in 0..<20_000 { mailbox?.send(number) } }
        turn(loop) { received.count == 20_000 }
        #expect(received == Array(0..<20_000))
        mailbox = nil
        turn(loop, milliseconds: 1)
    }

    @Test("messages of several threads keep the order of each")
    func mailboxThreads() throws {
        let loop = try Loop()
        var received: [[Int]] = [[], [], []]
        var mailbox: Mailbox? = try Mailbox<(thread: Int, number: Int)>(loop: loop) {
            received[$0.thread].append($0.number)
        }
        for thread in 0..<3 {
            try LoopThread.start { [mailbox] in for number in 0..<5_000 { mailbox?.send((thread, number)) } }
        }
        turn(loop) { received.allSatisfy { $0.count == 5_000 } }
        #expect(received == Array(repeating: Array(0..<5_000), count: 3))
        mailbox = nil
        turn(loop, milliseconds: 1)
    }

    @Test("a message may be sent while one is received: it comes in a later call")
    func mailboxInside() throws {
        let loop = try Loop()
        var received: [Int] = []
        var mailbox: Mailbox<Int>?
        mailbox = try Mailbox<Int>(loop: loop) { number in
            received.append(number)
            if number < 3 { mailbox?.send(number + 1) }
        }
        mailbox?.send(1)
        turn(loop) { received.count == 3 }
        #expect(received == [1, 2, 3])
        mailbox = nil
        turn(loop, milliseconds: 1)
    }

    @Test("what was sent before a mailbox was dropped, on whatever thread, still arrives")
    func mailboxDropped() throws {
        let loop = try Loop()
        for _ in 0..<200 {
            var sum = 0
            let holder = Holder(try Mailbox<Int>(loop: loop) { sum += $0 })
            try LoopThread.start { holder.sendAndDrop() }
            turn(loop) { sum == 3 }
            #expect(sum == 3)
        }
        turn(loop, milliseconds: 1)
    }

    @Test("a mailbox does not keep its loop running")
    func mailboxUnreferenced() throws {
        let loop = try Loop()
        var mailbox: Mailbox? = try Mailbox<Int>(loop: loop) { _ in Issue.record("received") }
        loop.run()
        withExtendedLifetime(mailbox) {}
        mailbox = nil
        turn(loop, milliseconds: 1)
    }

    // MARK: Errors

    @Test("an error has the name and the sentence of its code")
    func errors() {
        let error = LoopError(code: -EADDRINUSE)
        #expect(error.isAddressInUse)
        #expect(error.description == "address already in use (EADDRINUSE)")
        #expect(throws: error) { try LoopError.check(-EADDRINUSE) }
    }

    private func openDescriptors() -> Int {
        (0..<4096).count { fcntl(Int32($0), F_GETFD) >= 0 }
    }

    /// Gives up its mailbox on the thread it is used on.
    private final class Holder: Sendable {
        private let mailbox: Mutex<Mailbox<Int>?>
        init(_ mailbox: Mailbox<Int>) { self.mailbox = Mutex(mailbox) }

        func sendAndDrop() {
            mailbox.withLock { mailbox in
                mailbox?.send(1)
                mailbox?.send(2)
                mailbox = nil
            }
        }
    }
}
