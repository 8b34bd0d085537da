import Bytes
import Metrics

let labels = [
    FailureLabel(side: "front", reason: "queue full"), FailureLabel(side: "worker", reason: "worker lost"),
    FailureLabel(side: "client", reason: "body too large"),
]

func freshLoop(limit: Int = 100) -> LoopMetrics { LoopMetrics(targetLabelLimit: limit, failures: labels) }

func snapshot(
    _ counted: LoopMetrics, workers: [WorkerStats] = [], notReady: [String] = [], basePath: String = "/__runner"
) -> MetricsSnapshot {
    MetricsSnapshot(
        counted: counted, workers: workers,
        process: ProcessStats(
            cpuUserMicroseconds: 1_500_000, cpuSystemMicroseconds: 250_000, residentBytes: 6_000_000,
            openDescriptors: 20,
            maxDescriptors: 1_024, startUnixMilliseconds: 1_700_000_000_123),
        front: FrontStats(
            version: "0.1.0", pid: 7, loops: 2, basePath: basePath, unixMilliseconds: 1_700_000_100_000,
            notReadyReasons: notReady))
}

func worker(_ id: String, inFlight: Int = 0, state: WorkerStats.State = .ready, lag: Int = 0) -> WorkerStats {
    WorkerStats(
        id: id, pid: 42, nodeVersion: "20.20.2", runnerVersion: "4.8.6", state: state, callsInFlight: inFlight,
        calls: inFlight * 2,
        eventLoopLagMicroseconds: lag, lastPongMilliseconds: 10)
}

extension LoopMetrics {
    mutating func answer(
        _ slot: RouteSlot, _ nanoseconds: UInt64, status: Int = 200, method: MethodLabel = .post, bytes: Int = 23
    ) {
        recordRequest(
            slot, method: method, status: status, nanoseconds: nanoseconds, requestBodyBytes: bytes,
            responseBodyBytes: bytes * 2)
    }
}

func prometheus(_ snapshot: MetricsSnapshot, _ format: ExpositionFormat = .prometheus) -> String {
    var buffer = ByteBuffer()
    PrometheusText.write(snapshot, format, into: &buffer)
    return String(decoding: buffer.bytes.copied(), as: UTF8.self)
}

/// The value of the one line that begins with this series.
func sample(_ series: String, in text: String) -> Double? {
    let lines = text.split(separator: "\n").filter { $0.hasPrefix(series + " ") }
    return lines.count == 1 ? Double(lines[0].dropFirst(series.count + 1)) : nil
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
