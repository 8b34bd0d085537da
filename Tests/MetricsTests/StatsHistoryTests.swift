import Bytes
import Metrics
import Testing

@Suite("StatsHistory")
struct StatsHistoryTests {
    private func text(_ history: StatsHistory) -> String {
        var buffer = ByteBuffer()
        history.write(into: &buffer)
        return String(decoding: buffer.bytes.copied(), as: UTF8.self)
    }

    @Test("an entry is what was counted since the one before")
    func differences() {
        var history = StatsHistory()
        var counted = freshLoop()
        history.add(counted, cpuMicroseconds: 100, unixMilliseconds: 1_000)
        #expect(text(history) == #"{"entries":[]}"#)
        let route = counted.route(.task, id: "a")
        for status in [200, 200, 500] {
            counted.recordRequest(
                route, method: .post, status: status, nanoseconds: 50, requestBodyBytes: 0, responseBodyBytes: 0)
        }
        history.add(counted, cpuMicroseconds: 150, unixMilliseconds: 3_000)
        history.add(counted, cpuMicroseconds: 150, unixMilliseconds: 5_000)
        #expect(
            text(history)
                == #"{"entries":[{"time":3000,"milliseconds":2000,"failed":1,"cpu":50,"cells":[[49,3]]},"#
                + #"{"time":5000,"milliseconds":2000,"failed":0,"cpu":0,"cells":[]}]}"#)
    }

    @Test("it keeps three minutes, and begins anew when the clock is set back")
    func bounded() {
        var history = StatsHistory()
        let counted = freshLoop()
        for second in 0..<1_000 {
            history.add(counted, cpuMicroseconds: 0, unixMilliseconds: second * 2_000)
        }
        #expect(text(history).split(separator: "\"time\"").count - 1 == 91)
        history.add(counted, cpuMicroseconds: 0, unixMilliseconds: 1_000)
        #expect(text(history) == #"{"entries":[]}"#)
    }
}
