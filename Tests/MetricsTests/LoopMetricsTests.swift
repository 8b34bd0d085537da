import Foundation
import Testing

@testable import Metrics

@Suite("what a loop counts")
struct LoopMetricsTests {
    @Test("a request counts for its route, method and status, with its time and sizes")
    func oneRequest() {
        var loop = freshLoop()
        let slot = loop.route(.task, id: "app.add")
        loop.answer(slot, 250_000)
        loop.answer(slot, 250_001)
        loop.answer(slot, 3_000_000_000, status: 500, bytes: 100_000)
        let text = prometheus(snapshot(loop))
        let ok =
            #"{http_request_method="POST",http_response_status_code="200",http_route="/__runner/task/{id}",runner_target="app.add""#
        #expect(sample("http_server_request_duration_seconds_bucket\(ok),le=\"0.0001\"}", in: text) == 0)
        #expect(sample("http_server_request_duration_seconds_bucket\(ok),le=\"0.00025\"}", in: text) == 1)
        #expect(sample("http_server_request_duration_seconds_bucket\(ok),le=\"0.0005\"}", in: text) == 2)
        #expect(sample("http_server_request_duration_seconds_bucket\(ok),le=\"+Inf\"}", in: text) == 2)
        #expect(sample("http_server_request_duration_seconds_sum\(ok)}", in: text) == 0.000500001)
        let failed = ok.replacingOccurrences(of: "200", with: "500")
        #expect(sample("http_server_request_duration_seconds_count\(failed)}", in: text) == 1)
        #expect(
            sample("http_server_request_body_size_bytes_bucket{http_route=\"/__runner/task/{id}\",le=\"64\"}", in: text)
                == 2)
        #expect(
            sample("http_server_response_body_size_bytes_sum{http_route=\"/__runner/task/{id}\"}", in: text) == 200_092)
    }

    @Test("body sizes count under the first bound that holds them")
    func sizes() {
        for bytes in [
            0, 1, 64, 65, 256, 257, 1_024, 4_096, 65_536, 65_537, 1 << 26, (1 << 26) + 1, Int(UInt32.max), .max / 4,
        ] {
            let expected = Bounds.sizes.firstIndex { bytes <= $0 } ?? Bounds.sizes.count
            #expect(Bounds.sizeBucket(bytes) == expected, "\(bytes)")
        }
    }

    @Test("beyond the limit, tasks share one place; with limit 0 all do")
    func labelLimit() {
        var loop = freshLoop(limit: 2)
        let slots = (0..<5).map { loop.route(.task, id: "task\($0)") }
        #expect(slots[0] != slots[1])
        #expect(slots[2...].allSatisfy { $0 == LoopMetrics.route(.task) })
        #expect(loop.route(.task, id: "task1") == slots[1])
        for slot in slots { loop.answer(slot, 1_000) }
        #expect(!prometheus(snapshot(loop)).contains("task3"))
        #expect(loop.allCalls().durations.count == 5)
        var unlabelled = freshLoop(limit: 0)
        #expect(unlabelled.route(.event, id: "x") == LoopMetrics.route(.event))
    }

    @Test("a task that answers with every status stays bounded and loses no request")
    func manyStatuses() {
        var loop = freshLoop()
        let slot = loop.route(.task, id: "wild")
        for status in 200..<600 { loop.answer(slot, 1_000, status: status) }
        #expect(loop.series.count <= LoopMetrics.seriesLimit + 1)
        let text = prometheus(snapshot(loop))
        let counts = text.split(separator: "\n").filter { $0.hasPrefix("http_server_request_duration_seconds_count") }
        #expect(counts.compactMap { Double($0.split(separator: " ").last!) }.reduce(0, +) == 400)
    }

    @Test("no request of any kind and status shares a series with another")
    func noDuplicateSeries() {
        var loop = freshLoop()
        for kind in RouteKind.allCases {
            for method in MethodLabel.allCases {
                loop.answer(LoopMetrics.route(kind), 5_000, status: 404, method: method)
            }
        }
        let names = prometheus(snapshot(loop)).split(separator: "\n").filter { !$0.hasPrefix("#") }
            .map { $0[..<$0.lastIndex(of: " ")!] }
        #expect(Set(names).count == names.count)
    }

    @Test("recording costs nothing once a route was seen: no cell is added")
    func steadyState() {
        var loop = freshLoop()
        let slot = loop.route(.task, id: "a")
        loop.answer(slot, 1_000)
        let cells = loop.cells.count
        for duration in 0..<1_000 as Range<UInt64> { loop.answer(slot, duration * duration) }
        for stage in Stage.allCases { loop.record(stage, nanoseconds: 1_234) }
        #expect(loop.cells.count == cells)
    }

    @Test("the newest failures are kept, newest first")
    func recentFailures() {
        var loop = freshLoop()
        for time in 0..<120 {
            loop.recordFailure(time % 3, status: 503, route: LoopMetrics.route(.task), unixMilliseconds: time)
        }
        #expect(loop.failuresByTime().map { $0.unixMilliseconds } == (70..<120).reversed())
        #expect(loop.failures(0) + loop.failures(1) + loop.failures(2) == 120)
    }

    @Test("the last failure of each kind is kept through a flood of others, and over all loops")
    func newestOfEachKind() {
        var (loop, other) = (freshLoop(), freshLoop())
        loop.recordFailure(0, status: 502, route: loop.route(.task, id: "a"), unixMilliseconds: 1)
        for time in 2..<500 {
            loop.recordFailure(1, status: 500, route: LoopMetrics.route(.task), unixMilliseconds: time)
        }
        other.recordFailure(1, status: 504, route: other.route(.event, id: "b"), unixMilliseconds: 900)
        loop.merge(other)
        #expect(loop.newestFailures[0]?.status == 502 && loop.newestFailures[0]?.unixMilliseconds == 1)
        #expect(loop.newestFailures[1]?.status == 504)
        #expect(loop.routes[loop.newestFailures[1]!.route].id == "b")
        #expect(loop.newestFailures[2] == nil)
    }
}

@Suite("adding loops up")
struct MergeTests {
    @Test("what two loops counted together is what one would have counted, whatever order they met their routes in")
    func mergeIsSum() {
        let seed: UInt64 = 0x3e26e
        var generator = SeededGenerator(seed: seed)
        var (one, left, right) = (freshLoop(), freshLoop(), freshLoop())
        let ids = (0..<8).map { "task\($0)" }
        for id in ids { _ = left.route(.task, id: id) }
        for id in ids.reversed() { _ = right.route(.task, id: id) }
        for id in ids { _ = one.route(.task, id: id) }
        for time in 0..<5_000 {
            let id = ids.randomElement(using: &generator)!
            let nanoseconds = UInt64.random(in: 1...5_000_000_000, using: &generator)
            let status = [200, 200, 200, 400, 500].randomElement(using: &generator)!
            let stage = Stage.allCases.randomElement(using: &generator)!
            let change = Int.random(in: -1...1, using: &generator)
            let failure = Int.random(in: 0..<3, using: &generator)
            let goesLeft = Bool.random(using: &generator)
            func record(_ loop: inout LoopMetrics) {
                let slot = loop.route(.task, id: id)
                loop.answer(slot, nanoseconds, status: status, bytes: time)
                loop.record(stage, nanoseconds: nanoseconds)
                loop.recordLag(.node, nanoseconds: nanoseconds)
                loop.add(.connectionsAccepted)
                loop.add(.connections, change)
                loop.recordFailure(failure, status: status, route: slot, unixMilliseconds: time)
            }
            record(&one)
            if goesLeft { record(&left) } else { record(&right) }
        }
        let whole = prometheus(snapshot(one)).split(separator: "\n").sorted()
        #expect(prometheus(snapshot(left) + snapshot(right)).split(separator: "\n").sorted() == whole, "seed \(seed)")
        #expect(prometheus(snapshot(right) + snapshot(left)).split(separator: "\n").sorted() == whole, "seed \(seed)")
        var merged = left
        merged.merge(right)
        #expect(merged.failuresByTime().map { $0.unixMilliseconds } == one.failuresByTime().map { $0.unixMilliseconds })
    }

    @Test("a gauge that rose on one loop and fell on another is their sum, never below zero")
    func gauges() {
        var (left, right) = (freshLoop(), freshLoop())
        left.add(.connections, 5)
        right.add(.connections, -2)
        left.add(.queuedCalls, -1)
        left.merge(right)
        #expect(left.value(.connections) == 3)
        #expect(left.value(.queuedCalls) == 0)
    }

    @Test("a worker seen by two loops is one worker: calls add up, the worse state and lag stand")
    func workers() {
        let left = snapshot(freshLoop(), workers: [worker("a", inFlight: 2), worker("b", inFlight: 1)])
        let right = snapshot(
            freshLoop(), workers: [worker("a", inFlight: 3, state: .unresponsive, lag: 900), worker("c")])
        let sum = left + right
        #expect(sum.workers.map { $0.id } == ["a", "b", "c"])
        #expect(sum.workers[0].callsInFlight == 5)
        #expect(sum.workers[0].state == .unresponsive)
        #expect(sum.workers[0].eventLoopLagMicroseconds == 900)
    }

    @Test("a snapshot stays as it was while its loop goes on")
    func snapshotsStand() {
        var loop = freshLoop()
        loop.add(.connectionsAccepted)
        let taken = loop
        loop.add(.connectionsAccepted)
        #expect(taken.value(.connectionsAccepted) == 1)
        #expect(loop.value(.connectionsAccepted) == 2)
    }
}
