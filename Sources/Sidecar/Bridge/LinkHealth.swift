internal import Metrics

/// Whether a worker may be given calls: a value, driven by the link's events and the loop's clock.
struct LinkHealth {
    enum State: String { case ready, unresponsive, draining, lost }

    private(set) var state: State = .ready
    private(set) var eventLoopLagMicroseconds: UInt32 = 0
    private(set) var lastPongMilliseconds: UInt64 = 0
    /// Of the last PING.
    private(set) var pingNumber: UInt32 = 0
    /// Of the last PING that was answered.
    private var answeredNumber: UInt32 = 0
    private var askedMilliseconds: UInt64 = 0
    private var isAwaitingPong = false

    /// It said that it leaves.
    private(set) var wasDraining = false

    var takesCalls: Bool { state == .ready }

    /// The link is open: HELLO was a sign of life.
    mutating func joined(nowMilliseconds: UInt64) { lastPongMilliseconds = nowMilliseconds }

    /// A PING goes out; gives its number. While one is unanswered no further clock is started.
    mutating func ping(nowMilliseconds: UInt64) -> UInt32 {
        pingNumber &+= 1
        if !isAwaitingPong {
            isAwaitingPong = true
            askedMilliseconds = nowMilliseconds
        }
        return pingNumber
    }

    /// A PONG arrived: any of them proves that the worker's event loop turns. Gives false for one that answers no PING.
    mutating func pong(number: UInt32, nowMilliseconds: UInt64, lagMicroseconds: UInt32) -> Bool {
        guard Int32(bitPattern: number &- answeredNumber) > 0, Int32(bitPattern: pingNumber &- number) >= 0 else {
            return false
        }
        answeredNumber = number
        isAwaitingPong = number != pingNumber
        askedMilliseconds = nowMilliseconds
        lastPongMilliseconds = nowMilliseconds
        eventLoopLagMicroseconds = lagMicroseconds
        if state == .unresponsive { state = .ready }
        return true
    }

    /// A PONG that is overdue means a blocked event loop: nothing new until it turns again.
    mutating func checkOverdue(nowMilliseconds: UInt64, patienceMilliseconds: Int) {
        guard state == .ready, isAwaitingPong else { return }
        if nowMilliseconds > askedMilliseconds + UInt64(patienceMilliseconds) { state = .unresponsive }
    }

    /// The worker was told to stop: it finishes what it has.
    mutating func drain() {
        wasDraining = true
        if state != .lost { state = .draining }
    }

    mutating func lose() { state = .lost }

    /// As the metrics name it.
    var reading: WorkerStats.State {
        switch state {
        case .ready: .ready
        case .unresponsive: .unresponsive
        case .draining, .lost: .draining
        }
    }
}
