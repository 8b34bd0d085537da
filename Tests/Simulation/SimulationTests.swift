import EventLoop
import Testing

@Suite("The whole front, simulated")
struct WholeFrontTests {
    /// One for each core that the normal run may count on.
    static let lanes = 2

    @Test(
        "every request gets exactly one response, its own, in order, within bounds, whatever anybody does",
        arguments: 0..<lanes)
    func holds(lane: Int) {
        let series = Series(lane: lane, lanes: Self.lanes)
        let report = series.run()
        print(report.summary)
        if let failure = report.failure { Issue.record(Comment(rawValue: failure)) }
    }
}
