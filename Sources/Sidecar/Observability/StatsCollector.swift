internal import EventLoop
internal import Metrics

/// Collects the serving loops' reports for the admin listener.
///
/// A report costs a loop a copy of its numbers, so loops are asked once for all who wait, and at most every
/// `intervalMilliseconds`, however many ask. No answer is older than its question.
final class StatsCollector {
    typealias Waiter = (LoopReport?) -> Void

    private struct Round {
        var missing: Int
        var sum: LoopReport?
        let startedMilliseconds: UInt64
        let waiters: [Waiter]
    }

    private var current: Round?
    private var number: UInt64 = 0
    private var startedMilliseconds: UInt64 = 0
    private var next: [Waiter] = []
    private var loops: [ServingLoopHandle] = []
    private var timer: Timer?
    private let control: Loop

    static let intervalMilliseconds: UInt64 = 20
    /// A loop that takes longer than this is stuck.
    static let patienceMilliseconds: UInt64 = 3_000

    init(control: Loop) { self.control = control }

    /// Asks every loop; `done` gets their sum, or nil when one did not report in time.
    func ask(_ loops: [ServingLoopHandle], done: @escaping Waiter) {
        self.loops = loops
        next.append(done)
        startIfDue()
    }

    private func startIfDue() {
        guard current == nil, !next.isEmpty, !loops.isEmpty else { return }
        let now = control.nowMilliseconds
        guard now >= startedMilliseconds + Self.intervalMilliseconds else { return wait() }
        startedMilliseconds = now
        number += 1
        current = Round(missing: loops.count, startedMilliseconds: now, waiters: next)
        next.removeAll()
        for loop in loops { loop.mailbox.send(.report(number: number)) }
    }

    private func wait() {
        let timer = timer ?? Timer(loop: control) { [unowned self] in startIfDue() }
        self.timer = timer
        timer.start(delayMilliseconds: Int(Self.intervalMilliseconds))
    }

    func received(_ report: LoopReport, number: UInt64) {
        guard var round = current, number == self.number else { return }
        round.missing -= 1
        round.sum = round.sum.map { $0 + report } ?? report
        current = round
        if round.missing == 0 { finish(round.sum) }
    }

    /// Gives up on loops that do not report.
    func expire(nowMilliseconds: UInt64) {
        guard let current, current.startedMilliseconds + Self.patienceMilliseconds < nowMilliseconds else { return }
        finish(nil)
    }

    private func finish(_ sum: LoopReport?) {
        guard let done = current else { return }
        current = nil
        for waiter in done.waiters { waiter(sum) }
        startIfDue()
    }
}
