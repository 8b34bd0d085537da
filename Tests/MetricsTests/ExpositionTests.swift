import Bytes
import Foundation
import Metrics
import Testing

/// A snapshot in which every family has something to show, with an id that needs escaping.
private func busy() -> MetricsSnapshot {
    var loop = freshLoop()
    for kind in RouteKind.allCases { loop.answer(LoopMetrics.route(kind), 70_000) }
    loop.answer(loop.route(.task, id: "a\"b\\c\nd"), 1_000_000_000)
    for stage in Stage.allCases { loop.record(stage, nanoseconds: 7_000) }
    for side in LoopSide.allCases { loop.recordLag(side, nanoseconds: 300_000) }
    for counter in Counter.allCases { loop.add(counter, 3) }
    for gauge in Gauge.allCases { loop.add(gauge, 2) }
    loop.recordFailure(1, status: 502, route: LoopMetrics.route(.task), unixMilliseconds: 1)
    return snapshot(loop, workers: [worker("w1", inFlight: 4, lag: 1_500)], notReady: ["draining"])
}

private let promtool = ["/usr/bin/promtool", "/usr/local/bin/promtool"].first {
    FileManager.default.isExecutableFile(atPath: $0)
}

@Suite("the metrics page")
struct ExpositionTests {
    @Test(
        "promtool finds nothing to say about it",
        .enabled(if: promtool != nil, "promtool is not installed: it comes with Debian's package prometheus"))
    func checkedByPromtool() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(promtool))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        input.fileHandleForWriting.write(Data(prometheus(busy()).utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        #expect(said == "")
    }

    @Test("a label's value escapes backslash, quote and line feed")
    func escaping() {
        #expect(prometheus(busy()).contains(#"runner_target="a\"b\\c\nd""#))
    }

    @Test(
        "buckets only grow, the last is the count, and the count is that of the requests",
        arguments: [
            ExpositionFormat.prometheus, .openMetrics,
        ])
    func cumulative(_ format: ExpositionFormat) {
        var last: [String: Double] = [:]
        for line in prometheus(busy(), format).split(separator: "\n") where line.contains("_bucket{") {
            let series = String(line[..<line.range(of: "le=\"")!.lowerBound])
            let value = Double(line.split(separator: " ").last!)!
            #expect(value >= last[series] ?? 0)
            last[series] = value
        }
        #expect(last.count > 10)
        let text = prometheus(busy(), format)
        for (series, value) in last {
            let name = series.replacingOccurrences(of: "_bucket{", with: "_count{").dropLast()
            let whole = name.contains("{") ? name + "}" : String(name)
            #expect(sample(whole, in: text) == value, "\(whole)")
        }
    }

    @Test("OpenMetrics ends with # EOF, names counters by family, and writes whole bounds as floats")
    func openMetrics() {
        let text = prometheus(busy(), .openMetrics)
        #expect(text.hasSuffix("# EOF\n"))
        #expect(text.contains("# TYPE runner_sidecar_failures counter\n"))
        #expect(text.contains("runner_sidecar_failures_total{side=\"worker\",reason=\"worker lost\"} 1\n"))
        #expect(text.contains("le=\"1.0\"") && !text.contains("le=\"1\""))
        let older = prometheus(busy())
        #expect(!older.contains("# EOF"))
        #expect(older.contains("# TYPE runner_sidecar_failures_total counter\n"))
        #expect(older.contains("le=\"1\"") && !older.contains("le=\"1.0\""))
    }

    @Test("readings are shown in base units")
    func readings() {
        let text = prometheus(busy())
        #expect(sample("process_cpu_seconds_total", in: text) == 1.75)
        #expect(sample("process_start_time_seconds", in: text) == 1_700_000_000.123)
        #expect(sample("runner_sidecar_worker_event_loop_lag_seconds{worker=\"w1\",pid=\"42\"}", in: text) == 0.0015)
        #expect(sample("runner_sidecar_ready", in: text) == 0)
        #expect(sample("runner_sidecar_workers{state=\"ready\"}", in: text) == 1)
    }

    @Test(
        "what a scraper accepts decides the format",
        arguments: [
            ("", ExpositionFormat.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus),
            ("application/openmetrics-text", .openMetrics),
            ("Application/OpenMetrics-Text; version=1.0.0; q=0.8", .openMetrics),
            ("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1", .openMetrics),
            ("application/openmetrics-text;q=0", .prometheus),
            ("application/openmetrics-text; q=0.000,*/*", .prometheus),
            ("application/openmetrics-textile", .prometheus), (",,;;,", .prometheus),
        ])
    func accept(_ field: String, _ format: ExpositionFormat) {
        #expect(ExpositionFormat(accept: Array(field.utf8).span) == format)
    }

    @Test("it is appended: what the buffer held stays in front")
    func appends() {
        var buffer = ByteBuffer()
        buffer.append("head\r\n\r\n")
        PrometheusText.write(busy(), .prometheus, into: &buffer)
        #expect(String(decoding: buffer.bytes.copied(), as: UTF8.self).hasPrefix("head\r\n\r\n# HELP "))
    }
}

@Suite("the status page's numbers")
struct StatsTests {
    func stats(_ snapshot: MetricsSnapshot) throws -> [String: Any] {
        var buffer = ByteBuffer()
        StatsJSON.write(snapshot, into: &buffer)
        let data = Data(buffer.bytes.copied())
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    @Test("they are JSON, whatever the app calls its tasks, and agree with the metrics page")
    func agrees() throws {
        let stats = try stats(busy())
        let calls = try #require(stats["calls"] as? [String: Any])
        #expect(calls["count"] as? Int == 4)
        let cells = try #require(calls["cells"] as? [[Int]])
        #expect(cells.map { $0[1] }.reduce(0, +) == 4)
        #expect(cells.map { DurationScale.upperBound(of: $0[0]) } == [70_000, 1_000_000_000])
        let tasks = try #require(stats["tasks"] as? [[String: Any]])
        #expect(tasks.contains { $0["id"] as? String == "a\"b\\c\nd" && $0["p99"] as? Int == 1_000_000_000 })
        #expect(tasks.count == 4)
        let recent = try #require((stats["recent"] as? [[String: Any]])?.first)
        #expect(recent["side"] as? String == "worker" && recent["status"] as? Int == 502)
        let failure = try #require((stats["failures"] as? [[String: Any]])?.first)
        #expect((failure["last"] as? [String: Any])?["status"] as? Int == 502)
        for each in tasks + (stats["stages"] as? [[String: Any]] ?? []) {
            let counted = (each["cells"] as? [[Int]] ?? []).map { $0[1] }.reduce(0, +)
            #expect(counted == (each["calls"] ?? each["count"]) as? Int)
        }
        #expect((stats["ready"] as? [String: Any])?["reasons"] as? [String] == ["draining"])
        #expect((stats["workers"] as? [[String: Any]])?.first?["inFlight"] as? Int == 4)
    }

    @Test("a front that has seen nothing yet says so in the same shape")
    func empty() throws {
        let (idle, used) = (try stats(snapshot(freshLoop())), try stats(busy()))
        #expect(idle.keys.sorted() == used.keys.sorted())
        #expect((idle["calls"] as? [String: Any])?["count"] as? Int == 0)
        #expect((idle["ready"] as? [String: Any])?["ok"] as? Bool == true)
    }
}
