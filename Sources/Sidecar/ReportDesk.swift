internal import EventLoop
internal import Metrics

/// Gathers the loops' reports that the admin listener asked for.
final class ReportDesk {
    private struct Pending {
        var missing: Int
        var sum: LoopReport?
        let done: (LoopReport) -> Void
    }

    private var pending: [UInt64: Pending] = [:]
    private var lastNumber: UInt64 = 0

    /// Asks every loop; `done` gets their sum.
    func ask(_ loops: [ServingLoop], done: @escaping (LoopReport) -> Void) {
        lastNumber += 1
        pending[lastNumber] = Pending(missing: loops.count, done: done)
        for loop in loops { loop.mailbox.send(.report(number: lastNumber)) }
    }

    func received(_ report: LoopReport, number: UInt64) {
        guard var entry = pending[number] else { return }
        entry.missing -= 1
        entry.sum = entry.sum.map { $0 + report } ?? report
        guard entry.missing == 0, let sum = entry.sum else {
            pending[number] = entry
            return
        }
        pending[number] = nil
        entry.done(sum)
    }
}
