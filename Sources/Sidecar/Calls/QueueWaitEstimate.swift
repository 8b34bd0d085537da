/// How fast pending requests get a worker: tells whether one more can be served before its time is over.
///
/// Only moments count in which all workers were busy and a request was pending: what is done then is all that can be
/// done.
struct QueueWaitEstimate {
    private struct Window {
        var beganMilliseconds: UInt64 = 0
        var milliseconds: UInt64 = 0
        var calls = 0
    }

    private var window = Window()
    private var before = Window()
    private var isMeasuring = false
    private var lastCompleted = 0

    /// Shorter than this, a measurement says little.
    private static let leastMilliseconds: UInt64 = 500

    /// Called a few times a second.
    ///
    /// - Parameters:
    ///   - completed: calls that workers have completed, ever; may fall when a worker leaves.
    ///   - isBusy: whether requests are pending although there are workers.
    ///   - windowMilliseconds: how far back to look, half of it at least.
    mutating func sample(nowMilliseconds: UInt64, completed: Int, isBusy: Bool, windowMilliseconds: Int) {
        let done = max(0, completed - lastCompleted)
        lastCompleted = completed
        guard isBusy else {
            self = QueueWaitEstimate(lastCompleted: completed)
            return
        }
        guard isMeasuring else {
            isMeasuring = true
            window.beganMilliseconds = nowMilliseconds
            return
        }
        window.calls += done
        window.milliseconds = nowMilliseconds - window.beganMilliseconds
        if window.milliseconds >= UInt64(windowMilliseconds) {
            before = window
            window = Window(beganMilliseconds: nowMilliseconds)
        }
    }

    /// Whether a request behind `position` others will be served within `milliseconds`, as far as can be told.
    func canServe(position: Int, withinMilliseconds milliseconds: Int) -> Bool {
        let span = before.milliseconds + window.milliseconds
        let calls = before.calls + window.calls
        // Nothing done yet is no pace: the calls may be long ones.
        guard span >= Self.leastMilliseconds, calls > 0 else { return true }
        return UInt64(position) * span <= UInt64(calls) * UInt64(milliseconds)
    }

    init(lastCompleted: Int = 0) { self.lastCompleted = lastCompleted }
}
