import Testing

@testable import Sidecar

@Suite("A connection's timers")
struct ConnectionTimersTests {
    private let bounds = ConnectionTimers.Bounds(
        headTicks: 10, bodyTicks: 20, idleTicks: 50, writeTicks: 30, lingerTicks: 5, lingerTotalTicks: 15,
        bodyBytesPerTick: 10, rateGraceTicks: 40)

    /// Looks each tick; gives the tick and verdict of the first that is not fine.
    private func run(
        _ timers: inout ConnectionTimers, from: UInt32 = 1, to: UInt32 = 1_000, isReading: Bool = true,
        bytes: (UInt32) -> Int = { _ in 0 }, untaken: (UInt32) -> Int = { _ in 0 }
    ) -> (tick: UInt32, verdict: ConnectionTimers.Verdict)? {
        for tick in from...to {
            let verdict = timers.check(
                now: tick, bytes: bytes(tick), isReading: isReading, untaken: untaken(tick), bounds)
            if verdict != .fine { return (tick, verdict) }
        }
        return nil
    }

    @Test("what waits for nothing is never late")
    func nothing() {
        var timers = ConnectionTimers()
        #expect(run(&timers) == nil)
    }

    @Test("a slow head gets no new time for each of its bytes")
    func slowHead() throws {
        var timers = ConnectionTimers()
        timers.expect(.head, now: 0, bounds)
        timers.expect(.head, now: 8, bounds)
        let late = try #require(run(&timers, bytes: { Int($0) }))
        #expect(late == (11, .late(.head)))
    }

    @Test("each request gets the whole time for its head")
    func nextHead() throws {
        var timers = ConnectionTimers()
        timers.expect(.head, now: 0, bounds)
        timers.requestRead()
        timers.expect(.head, now: 9, bounds)
        #expect(try #require(run(&timers)).tick == 20)
    }

    @Test("a body without progress is late after the body timeout, one with progress is not")
    func bodyProgress() throws {
        var timers = ConnectionTimers()
        timers.expect(.body, now: 0, bounds)
        #expect(try #require(run(&timers, bytes: { _ in 0 })) == (21, .late(.body)))
        timers = ConnectionTimers()
        timers.expect(.body, now: 0, bounds)
        #expect(run(&timers, bytes: { Int($0) * 10 }) == nil)
    }

    @Test("a body that drips is late once its grace is over, however steadily it drips")
    func bodyRate() throws {
        var timers = ConnectionTimers()
        timers.expect(.body, now: 0, bounds)
        #expect(try #require(run(&timers, bytes: { Int($0) * 9 })) == (41, .late(.body)))
    }

    @Test("while this side does not read, the client is not late")
    func notReading() throws {
        var timers = ConnectionTimers()
        timers.expect(.body, now: 0, bounds)
        #expect(run(&timers, to: 500, isReading: false) == nil)
        #expect(try #require(run(&timers, from: 501)).tick == 521)
    }

    @Test("an idle connection is let go after the idle time, which each request renews")
    func idle() throws {
        var timers = ConnectionTimers()
        timers.expect(.idle, now: 0, bounds)
        timers.requestRead()
        timers.expect(.idle, now: 30, bounds)
        #expect(try #require(run(&timers)) == (81, .late(.idle)))
    }

    @Test("lingering ends without progress, and in all events after its whole time")
    func lingering() throws {
        var timers = ConnectionTimers()
        timers.expect(.lingering, now: 0, bounds)
        #expect(try #require(run(&timers)).tick == 6)
        timers = ConnectionTimers()
        timers.expect(.lingering, now: 0, bounds)
        #expect(try #require(run(&timers, bytes: { Int($0) })) == (16, .late(.lingering)))
    }

    @Test("a client that takes nothing of its responses is stalled, one that takes a little is not")
    func stalled() throws {
        var timers = ConnectionTimers()
        #expect(try #require(run(&timers, untaken: { _ in 100 })) == (32, .stalled))
        timers = ConnectionTimers()
        #expect(run(&timers, to: 900, untaken: { 1_000 - Int($0) }) == nil)
    }

    @Test("a wait that is over leaves nothing behind")
    func over() {
        var timers = ConnectionTimers()
        timers.expect(.body, now: 0, bounds)
        timers.expect(.none, now: 5, bounds)
        #expect(run(&timers) == nil)
        #expect(timers.wait == .none)
    }

    @Test("other bounds count from when they come into force")
    func restarted() throws {
        var timers = ConnectionTimers()
        timers.expect(.idle, now: 0, bounds)
        var shorter = bounds
        shorter.idleTicks = 3
        timers.restart(now: 10, shorter)
        #expect(try #require(run(&timers, from: 10)).tick == 14)
    }
}
