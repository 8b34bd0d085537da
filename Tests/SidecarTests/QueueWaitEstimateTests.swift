import Testing

@testable import Sidecar

@Suite("QueueWaitEstimate")
struct QueueWaitEstimateTests {
    /// A pace after `seconds` of full work at `callsPerSecond`, looked at ten times a second.
    private func measured(callsPerSecond: Int, seconds: Int, isBusy: Bool = true) -> QueueWaitEstimate {
        var pace = QueueWaitEstimate()
        for tick in 0...seconds * 10 {
            pace.sample(
                nowMilliseconds: UInt64(1_000 + tick * 100), completed: tick * callsPerSecond / 10, isBusy: isBusy,
                windowMilliseconds: 2_000)
        }
        return pace
    }

    @Test("what can be reached in time is let in, what cannot is not", arguments: [1, 3, 10, 60])
    func reach(seconds: Int) {
        let pace = measured(callsPerSecond: 100, seconds: seconds)
        #expect(pace.canServe(position: 190, withinMilliseconds: 2_000))
        #expect(!pace.canServe(position: 210, withinMilliseconds: 2_000))
    }

    @Test("nobody is refused before the pace is known")
    func unknown() {
        #expect(QueueWaitEstimate().canServe(position: 1_000_000, withinMilliseconds: 1))
        #expect(measured(callsPerSecond: 100, seconds: 0).canServe(position: 1_000_000, withinMilliseconds: 1))
    }

    @Test("long calls of which none has ended yet are no pace of nothing")
    func longCalls() {
        #expect(measured(callsPerSecond: 0, seconds: 5).canServe(position: 1_000, withinMilliseconds: 1_000))
    }

    @Test("what workers do while nobody waits says nothing")
    func idle() {
        let pace = measured(callsPerSecond: 1, seconds: 60, isBusy: false)
        #expect(pace.canServe(position: 1_000, withinMilliseconds: 1_000))
    }

    @Test("a pace that changed is known after two windows")
    func change() {
        var pace = measured(callsPerSecond: 10, seconds: 10)
        for tick in 1...50 {
            pace.sample(
                nowMilliseconds: UInt64(11_000 + tick * 100), completed: 100 + tick * 100, isBusy: true,
                windowMilliseconds: 2_000)
        }
        #expect(pace.canServe(position: 1_500, withinMilliseconds: 2_000))
    }

    @Test("a worker that leaves takes its count along, and nothing breaks")
    func fallingCount() {
        var pace = measured(callsPerSecond: 100, seconds: 1)
        pace.sample(nowMilliseconds: 2_100, completed: 3, isBusy: true, windowMilliseconds: 2_000)
        #expect(pace.canServe(position: 100, withinMilliseconds: 2_000))
    }
}
