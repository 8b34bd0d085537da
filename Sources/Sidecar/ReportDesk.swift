internal import EventLoop
internal import Metrics

/// Gathers the loops' reports that the admin listener asked for.
///
/// A report costs a loop a copy of its numbers, so loops are asked once for everybody who waits, and not more often
/// than every `intervalMilliseconds`, however many ask. Nobody gets numbers older than the question.
final class ReportDesk {
    typealias Asker = (LoopReport?) -> Void

    private struct Gathering {
        var missing: Int
        var sum: LoopReport?
        let startedMilliseconds: UInt64
        let askers: [Asker]
    }

    private var current: Gathering?
    private var number: UInt64 = 0
    private var startedMilliseconds: UInt64 = 0
    private var next: [Asker] = []
    private var loops: [ServingLoop] = []
    private var timer: Timer?
    private let loop: Loop

    static let intervalMilliseconds: UInt64 = 20
    /// A loop that takes longer than this is stuck.
    static let patienceMilliseconds: UInt64 = 3_000

    /// - Parameter loop: the control loop.
    init(loop: Loop) { self.loop = loop }

    /// Asks every loop; `done` gets their sum, or nil when one did not report in time.
    func ask(_ loops: [ServingLoop], done: @escaping Asker) {
        self.loops = loops
        next.append(done)
        startIfDue()
    }

    private func startIfDue() {
        guard current == nil, !next.isEmpty, !loops.isEmpty else { return }
        let now = loop.nowMilliseconds
        guard now >= startedMilliseconds + Self.intervalMilliseconds else { return wait() }
        startedMilliseconds = now
        number += 1
        current = Gathering(missing: loops.count, startedMilliseconds: now, askers: next)
        next.removeAll()
        for loop in loops { loop.mailbox.send(.report(number: number)) }
    }

    private func wait() {
        let timer = timer ?? Timer(loop: loop) { [unowned self] in startIfDue() }
        self.timer = timer
        timer.start(delayMilliseconds: Int(Self.intervalMilliseconds))
    }

    func received(_ report: LoopReport, number: UInt64) {
        guard var gathering = current, number == self.number else { return }
        gathering.missing -= 1
        gathering.sum = gathering.sum.map { $0 + report } ?? report
        current = gathering
        if gathering.missing == 0 { finish(gathering.sum) }
    }

    /// Gives up on loops that do not report.
    func expire(nowMilliseconds: UInt64) {
        guard let current, current.startedMilliseconds + Self.patienceMilliseconds < nowMilliseconds else { return }
        finish(nil)
    }

    private func finish(_ sum: LoopReport?) {
        guard let done = current else { return }
        current = nil
        for asker in done.askers { asker(sum) }
        startIfDue()
    }
}
