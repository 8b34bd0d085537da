import Metrics
import Testing

@testable import Sidecar

@Suite("LinkHealth")
struct LinkHealthTests {
    @Test("a new link takes calls")
    func startsReady() {
        #expect(LinkHealth().takesCalls)
    }

    @Test("a ping that stays unanswered beyond patience blocks the link, one within it does not")
    func blocks() {
        var health = LinkHealth()
        _ = health.ping(nowMilliseconds: 1_000)
        health.checkOverdue(nowMilliseconds: 3_000, patienceMilliseconds: 2_000)
        #expect(health.state == .ready)
        health.checkOverdue(nowMilliseconds: 3_001, patienceMilliseconds: 2_000)
        #expect(health.state == .unresponsive)
        #expect(!health.takesCalls)
    }

    @Test("further pings do not give a silent worker more time")
    func pingsDoNotExtend() {
        var health = LinkHealth()
        _ = health.ping(nowMilliseconds: 1_000)
        _ = health.ping(nowMilliseconds: 2_000)
        _ = health.ping(nowMilliseconds: 3_000)
        health.checkOverdue(nowMilliseconds: 3_001, patienceMilliseconds: 2_000)
        #expect(health.state == .unresponsive)
    }

    @Test("without a ping nothing is overdue, however long it takes")
    func noPing() {
        var health = LinkHealth()
        health.checkOverdue(nowMilliseconds: .max, patienceMilliseconds: 1)
        #expect(health.state == .ready)
        let number = health.ping(nowMilliseconds: 1_000)
        _ = health.pong(number: number, nowMilliseconds: 1_001, lagMicroseconds: 0)
        health.checkOverdue(nowMilliseconds: .max, patienceMilliseconds: 1)
        #expect(health.state == .ready)
    }

    @Test("any pong, even to an old ping, opens a blocked link again and is remembered")
    func recovers() {
        var health = LinkHealth()
        let old = health.ping(nowMilliseconds: 1_000)
        let last = health.ping(nowMilliseconds: 2_000)
        #expect(old != last)
        health.checkOverdue(nowMilliseconds: 9_000, patienceMilliseconds: 2_000)
        #expect(health.state == .unresponsive)
        _ = health.pong(number: old, nowMilliseconds: 9_100, lagMicroseconds: 7_500_000)
        #expect(health.takesCalls)
        #expect(health.eventLoopLagMicroseconds == 7_500_000)
        #expect(health.lastPongMilliseconds == 9_100)
        // The answer to the last ping is still owed; its time counts from this sign of life.
        health.checkOverdue(nowMilliseconds: 11_100, patienceMilliseconds: 2_000)
        #expect(health.state == .ready)
        health.checkOverdue(nowMilliseconds: 11_101, patienceMilliseconds: 2_000)
        #expect(health.state == .unresponsive)
    }

    @Test("a draining link takes no calls, and no pong brings it back")
    func drains() {
        var health = LinkHealth()
        let number = health.ping(nowMilliseconds: 1_000)
        health.drain()
        #expect(!health.takesCalls)
        _ = health.pong(number: number, nowMilliseconds: 1_001, lagMicroseconds: 0)
        health.checkOverdue(nowMilliseconds: .max, patienceMilliseconds: 1)
        #expect(health.state == .draining)
    }

    @Test("a lost link stays lost")
    func loses() {
        var health = LinkHealth()
        let number = health.ping(nowMilliseconds: 1_000)
        health.lose()
        health.drain()
        _ = health.pong(number: number, nowMilliseconds: 1_001, lagMicroseconds: 0)
        #expect(health.state == .lost)
        #expect(!health.takesCalls)
    }

    @Test("a worker whose event loop is blocked is named unresponsive in the metrics")
    func readings() {
        var health = LinkHealth()
        #expect(health.reading == .ready)
        _ = health.ping(nowMilliseconds: 0)
        health.checkOverdue(nowMilliseconds: 10, patienceMilliseconds: 5)
        #expect(health.reading == .unresponsive)
        health.drain()
        #expect(health.reading == .draining)
    }
}
