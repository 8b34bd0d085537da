public import Bytes

/// A snapshot as the status page polls it, at `GET /stats.json` of the admin listener.
///
/// Numbers only grow (but for those named below), so a reader subtracts two answers to see what happened between them,
/// and the front keeps no state for its readers. Durations are in nanoseconds.
///
/// ```json
/// {
///   "version": 1,                      grows when a member changes its meaning
///   "time": 1730000000000,             Unix milliseconds, the front's clock
///   "front": { "version": "0.1.0", "pid": 1, "loops": 2, "basePath": "/__runner", "started": 1730000000000 },
///   "ready": { "ok": true, "reasons": [] },
///   "calls": {                         answered calls; streams to the app's own listener are not among them
///     "count": 0, "failed": 0,         failed: answered with a status of 500 or more
///     "total": 0,                      sum of their durations
///     "cells": [[137, 2]] how many had each duration: `DurationScale` says which; empty cells are left out
///   },
///   "stages": [{ "name": "receive", "count": 0, "total": 0, "p99": 0, "cells": [[137, 2]] }],
///   "now": { "connections": 0, "requests": 0, "queued": 0, "queuedBytes": 0, "streams": 0 },         go up and down
///   "bytes": { "streamReceived": 0, "streamSent": 0, "bridgeReceived": 0, "bridgeSent": 0 },
///   "process": { "cpu": 0, "memory": 0, "descriptors": 0, "maxDescriptors": 0 },  cpu: microseconds; memory: bytes
///   "lag": { "front": { "p99": 0, "max": 0 }, "node": { "p99": 0, "max": 0 } },
///   "workers": [{ "id": "9f86", "pid": 7, "node": "20.1.0", "runner": "4.8.6", "state": "ready", or unresponsive, draining
///                 "inFlight": 0, "calls": 0, "lag": 0, "pong": 0, lag: microseconds; pong: ms since the last
///                 "memory": 0, "heapUsed": 0, "heapTotal": 0, "busy": 0 }], bytes; busy: millionths; null: not told
///   "tasks": [{ "kind": "task", "id": "app.add", "calls": 0, "failed": 0, "p50": 0, "p99": 0, id null: all others
///               "cells": [[137, 2]] }],
///   "failures": [{ "side": "front", "reason": "overloaded", "count": 0, those that happened, and their last
///                  "last": { "time": 0, "status": 503, "kind": "task", "id": "app.add" } }],
///   "unknown": [{ "kind": "task", "id": "app.ad", "time": 0, "count": 0 }], the last ids that there are not
///   "recent": [{ "time": 0, "side": "front", "reason": "overloaded", "status": 503, "kind": "task", "id": "app.add" }]
/// }
/// ```
public enum StatsJSON {
    /// Appends the document to `buffer`.
    public static func write(_ snapshot: MetricsSnapshot, into buffer: inout ByteBuffer) {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        var json = JSONWriter(appendingTo: taken)
        json.object { json in
            json.number("version", 1)
            json.number("time", snapshot.front.unixMilliseconds)
            front(snapshot, &json)
            calls(snapshot.counted, &json)
            stages(snapshot.counted, &json)
            traffic(snapshot.counted, &json)
            process(snapshot, &json)
            workers(snapshot.workers, &json)
            tasks(snapshot.counted, &json)
            failures(snapshot.counted, &json)
        }
        buffer = json.finish()
    }

    private static func front(_ snapshot: MetricsSnapshot, _ json: inout JSONWriter) {
        let front = snapshot.front
        json.object("front") { json in
            json.text("version", front.version)
            json.number("pid", front.pid)
            json.number("loops", front.loops)
            json.text("basePath", front.basePath)
            json.number("started", snapshot.process.startUnixMilliseconds)
        }
        json.object("ready") { json in
            json.bool("ok", front.notReadyReasons.isEmpty)
            json.array("reasons", front.notReadyReasons) { reason, json in json.text(reason) }
        }
    }

    private static func calls(_ counted: LoopMetrics, _ json: inout JSONWriter) {
        let (failed, durations) = counted.allCalls()
        json.object("calls") { json in
            json.number("count", durations.count)
            json.number("failed", failed)
            json.number("total", durations.totalNanoseconds)
            cells(durations, &json)
        }
    }

    private static func cells(_ durations: Durations, _ json: inout JSONWriter) {
        let used = zip(0..., durations.cells).filter { $0.1 > 0 }
        json.array("cells", used) { cell, json in
            json.array([UInt64(cell.0), cell.1]) { number, json in json.number(number) }
        }
    }

    private static func stages(_ counted: LoopMetrics, _ json: inout JSONWriter) {
        json.array("stages", Stage.allCases) { stage, json in
            let durations = counted.stage(stage)
            json.object { json in
                json.text("name", stage.name)
                json.number("count", durations.count)
                json.number("total", durations.totalNanoseconds)
                json.number("p99", durations.percentile(0.99))
                cells(durations, &json)
            }
        }
        json.object("lag") { json in
            for side in LoopSide.allCases {
                let durations = counted.lag(side)
                json.object(side.name) { json in
                    json.number("p99", durations.percentile(0.99))
                    json.number("max", durations.percentile(1))
                }
            }
        }
    }

    private static func traffic(_ counted: LoopMetrics, _ json: inout JSONWriter) {
        json.object("now") { json in
            json.number("connections", counted.value(.connections))
            json.number("requests", counted.value(.activeRequests))
            json.number("queued", counted.value(.queuedCalls))
            json.number("queuedBytes", counted.value(.queuedBytes))
            json.number("streams", counted.value(.openStreams))
        }
        json.object("bytes") { json in
            json.number("streamReceived", counted.value(.streamBytesReceived))
            json.number("streamSent", counted.value(.streamBytesSent))
            json.number("bridgeReceived", counted.value(.bridgeBytesReceived))
            json.number("bridgeSent", counted.value(.bridgeBytesSent))
        }
    }

    private static func process(_ snapshot: MetricsSnapshot, _ json: inout JSONWriter) {
        let process = snapshot.process
        json.object("process") { json in
            json.number("cpu", process.cpuUserMicroseconds + process.cpuSystemMicroseconds)
            json.number("memory", process.residentBytes)
            json.number("descriptors", process.openDescriptors)
            json.number("maxDescriptors", process.maxDescriptors)
        }
    }

    private static func workers(_ workers: [WorkerStats], _ json: inout JSONWriter) {
        json.array("workers", workers) { worker, json in
            json.object { json in
                json.text("id", worker.id)
                json.number("pid", worker.pid)
                json.text("node", worker.nodeVersion)
                json.text("runner", worker.runnerVersion)
                json.text("state", worker.state.rawValue)
                json.number("inFlight", worker.callsInFlight)
                json.number("calls", worker.calls)
                json.number("lag", worker.eventLoopLagMicroseconds)
                json.number("pong", worker.lastPongMilliseconds)
                let load = worker.load
                let told: [(String, Int?)] = [
                    ("memory", load?.residentBytes), ("heapUsed", load?.heapUsedBytes),
                    ("heapTotal", load?.heapTotalBytes), ("busy", load?.utilizationMillionths),
                ]
                for (name, value) in told {
                    if let value { json.number(name, value) } else { json.null(name) }
                }
            }
        }
    }

    private static func tasks(_ counted: LoopMetrics, _ json: inout JSONWriter) {
        let used = counted.routes.indices.filter { counted.routes[$0].kind.isCall && counted.routes[$0].offset >= 0 }
        json.array("tasks", used) { place, json in
            guard let (failed, durations) = counted.route(at: place) else { return }
            json.object { json in
                target(counted.routes[place], &json)
                json.number("calls", durations.count)
                json.number("failed", failed)
                json.number("p50", durations.percentile(0.5))
                json.number("p99", durations.percentile(0.99))
                cells(durations, &json)
            }
        }
    }

    private static func failures(_ counted: LoopMetrics, _ json: inout JSONWriter) {
        let happened = counted.failureLabels.indices.filter { counted.failures($0) > 0 }
        json.array("failures", happened) { place, json in
            json.object { json in
                label(counted.failureLabels[place], &json)
                json.number("count", counted.failures(place))
                guard let last = counted.newestFailures[place] else { return }
                json.object("last") { json in
                    json.number("time", last.unixMilliseconds)
                    json.number("status", last.status)
                    target(counted.routes[last.route], &json)
                }
            }
        }
        json.array("unknown", counted.unknownTargets.reversed()) { unknown, json in
            json.object { json in
                json.text("kind", unknown.kind.name)
                json.text("id", unknown.id)
                json.number("time", unknown.unixMilliseconds)
                json.number("count", unknown.count)
            }
        }
        json.array("recent", counted.failuresByTime()) { failure, json in
            json.object { json in
                json.number("time", failure.unixMilliseconds)
                label(counted.failureLabels[failure.failure], &json)
                json.number("status", failure.status)
                target(counted.routes[failure.route], &json)
            }
        }
    }

    private static func label(_ label: FailureLabel, _ json: inout JSONWriter) {
        json.text("side", label.side)
        json.text("reason", label.reason)
    }

    private static func target(_ route: LoopMetrics.Route, _ json: inout JSONWriter) {
        json.text("kind", route.kind.name)
        if let id = route.id { json.text("id", id) } else { json.null("id") }
    }
}
