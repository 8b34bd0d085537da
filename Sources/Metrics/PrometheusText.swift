public import Bytes

/// A snapshot as Prometheus scrapes it. Names follow OpenTelemetry's HTTP conventions where they have one.
public enum PrometheusText {
    /// Appends the whole page to `buffer`.
    public static func write(_ snapshot: MetricsSnapshot, _ format: ExpositionFormat, into buffer: inout ByteBuffer) {
        var taken = ByteBuffer()
        swap(&taken, &buffer)
        var writer = ExpositionWriter(appendingTo: taken, format)
        requests(snapshot, &writer)
        bodies(snapshot, &writer)
        stages(snapshot, &writer)
        failures(snapshot, &writer)
        traffic(snapshot.counted, &writer)
        workers(snapshot, &writer)
        process(snapshot, &writer)
        writer.end()
        buffer = writer.finish()
    }

    // MARK: HTTP

    private static func requests(_ snapshot: MetricsSnapshot, _ writer: inout ExpositionWriter) {
        let counted = snapshot.counted
        writer.family(
            "http_server_request_duration_seconds", .histogram, "From a request's first byte to its answer's last.")
        for series in counted.series {
            let route = counted.routes[Int(series.route)]
            var labels: [ExpositionWriter.Label] = [
                ("http_request_method", series.method.text.description),
                ("http_response_status_code", series.status == 0 ? "_OTHER" : "\(series.status)"),
            ]
            if let template = route.kind.template(snapshot.front.basePath) { labels.append(("http_route", template)) }
            if let id = route.id { labels.append(("runner_target", id)) }
            let buckets = counted.cells[series.offset + 1..<series.offset + Layout.seriesCells]
            writer.histogram(
                labels, bounds: Bounds.request, buckets: Array(buckets), total: counted.cells[series.offset],
                unitDigits: 9)
        }
        writer.family("http_server_active_requests", .gauge, "Requests received and not yet answered in full.")
        writer.sample(counted.value(.activeRequests))
    }

    private static func bodies(_ snapshot: MetricsSnapshot, _ writer: inout ExpositionWriter) {
        writer.family("http_server_request_body_size_bytes", .histogram, "Bytes of request bodies.")
        sizes(snapshot, at: 0, &writer)
        writer.family("http_server_response_body_size_bytes", .histogram, "Bytes of response bodies.")
        sizes(snapshot, at: Layout.sizeCells, &writer)
    }

    private static func sizes(_ snapshot: MetricsSnapshot, at shift: Int, _ writer: inout ExpositionWriter) {
        let cells = snapshot.counted.cells
        for kind in RouteKind.allCases {
            let offset = Layout.sizes(kind) + shift
            let buckets = Array(cells[offset + 1..<offset + Layout.sizeCells])
            guard buckets.contains(where: { $0 > 0 }) else { continue }
            let labels = kind.template(snapshot.front.basePath).map { [("http_route" as StaticString, $0)] }
            writer.histogram(
                labels ?? [], bounds: Bounds.sizes, buckets: buckets, total: cells[offset], unitDigits: 0)
        }
    }

    // MARK: Our own

    private static func stages(_ snapshot: MetricsSnapshot, _ writer: inout ExpositionWriter) {
        writer.family("runner_sidecar_stage_duration_seconds", .histogram, "Where a call's time goes.")
        for stage in Stage.allCases { durations(snapshot.counted.stage(stage), [("stage", stage.name)], &writer) }
        writer.family(
            "runner_sidecar_event_loop_lag_seconds", .histogram,
            "How late event loops were, those of the front and of Node.")
        for side in LoopSide.allCases { durations(snapshot.counted.lag(side), [("side", side.name)], &writer) }
    }

    private static func durations(
        _ durations: Durations, _ labels: [ExpositionWriter.Label], _ writer: inout ExpositionWriter
    ) {
        writer.histogram(
            labels, bounds: Bounds.stage, buckets: durations.buckets(Bounds.stage), total: durations.totalNanoseconds,
            unitDigits: 9)
    }

    private static func failures(_ snapshot: MetricsSnapshot, _ writer: inout ExpositionWriter) {
        writer.family(
            "runner_sidecar_failures", .counter, "Requests that failed or were refused, by whose doing it was.")
        for (place, label) in snapshot.counted.failureLabels.enumerated() {
            writer.sample([("side", label.side), ("reason", label.reason)], snapshot.counted.failures(place))
        }
    }

    private static func traffic(_ counted: LoopMetrics, _ writer: inout ExpositionWriter) {
        func gauge(_ name: StaticString, _ gauge: Gauge, _ help: StaticString, _ writer: inout ExpositionWriter) {
            writer.family(name, .gauge, help)
            writer.sample(counted.value(gauge))
        }
        func counter(_ name: StaticString, _ counter: Counter, _ help: StaticString, _ writer: inout ExpositionWriter) {
            writer.family(name, .counter, help)
            writer.sample(counted.value(counter))
        }
        func bothWays(
            _ name: StaticString, received: Counter, sent: Counter, _ help: StaticString,
            _ writer: inout ExpositionWriter
        ) {
            writer.family(name, .counter, help)
            writer.sample([("direction", "received")], counted.value(received))
            writer.sample([("direction", "sent")], counted.value(sent))
        }
        gauge("runner_sidecar_connections", .connections, "Client connections open.", &writer)
        counter("runner_sidecar_connections_accepted", .connectionsAccepted, "Client connections accepted.", &writer)
        counter(
            "runner_sidecar_connections_refused", .connectionsRefused, "Client connections over the limit.", &writer)
        gauge("runner_sidecar_queued_calls", .queuedCalls, "Calls waiting for a worker.", &writer)
        gauge("runner_sidecar_queued_bytes", .queuedBytes, "Memory that waiting calls take.", &writer)
        counter(
            "runner_sidecar_calls_cancelled", .callsCancelled, "Calls cancelled before they were answered.", &writer)
        gauge("runner_sidecar_open_streams", .openStreams, "Streams under way.", &writer)
        bothWays(
            "runner_sidecar_stream_bytes", received: .streamBytesReceived, sent: .streamBytesSent,
            "Bytes of streamed bodies, from and to clients.", &writer)
        bothWays(
            "runner_sidecar_bridge_frames", received: .bridgeFramesReceived, sent: .bridgeFramesSent,
            "Frames from and to workers.", &writer)
        bothWays(
            "runner_sidecar_bridge_bytes", received: .bridgeBytesReceived, sent: .bridgeBytesSent,
            "Bytes from and to workers.", &writer)
        counter("runner_sidecar_workers_joined", .workersJoined, "Workers that connected.", &writer)
        counter("runner_sidecar_workers_lost", .workersLost, "Workers that went without draining.", &writer)
    }

    private static func workers(_ snapshot: MetricsSnapshot, _ writer: inout ExpositionWriter) {
        writer.family("runner_sidecar_workers", .gauge, "Workers connected, by state.")
        for state in WorkerStats.State.allCases {
            writer.sample([("state", state.rawValue)], snapshot.workers.count { $0.state == state })
        }
        writer.family("runner_sidecar_worker_calls_in_flight", .gauge, "Calls a worker has not answered yet.")
        for worker in snapshot.workers { writer.sample(labels(worker), worker.callsInFlight) }
        writer.family("runner_sidecar_worker_calls", .counter, "Calls sent to a worker.")
        for worker in snapshot.workers { writer.sample(labels(worker), worker.calls) }
        writer.family("runner_sidecar_worker_event_loop_lag_seconds", .gauge, "What a worker's last PONG told.")
        for worker in snapshot.workers { writer.sample(labels(worker), millionths: worker.eventLoopLagMicroseconds) }
        writer.family("runner_sidecar_worker_resident_memory_bytes", .gauge, "Resident memory of a worker.")
        for (labels, load) in loads(snapshot) { writer.sample(labels, load.residentBytes) }
        writer.family("runner_sidecar_worker_heap_used_bytes", .gauge, "JavaScript heap in use in a worker.")
        for (labels, load) in loads(snapshot) { writer.sample(labels, load.heapUsedBytes) }
        writer.family("runner_sidecar_worker_heap_total_bytes", .gauge, "JavaScript heap of a worker.")
        for (labels, load) in loads(snapshot) { writer.sample(labels, load.heapTotalBytes) }
        writer.family(
            "runner_sidecar_worker_event_loop_utilization_ratio", .gauge,
            "Share of time a worker's event loop was busy.")
        for (labels, load) in loads(snapshot) { writer.sample(labels, millionths: load.utilizationMillionths) }
        writer.family("runner_sidecar_ready", .gauge, "1 when calls can be served.")
        writer.sample(snapshot.front.notReadyReasons.isEmpty ? 1 : 0)
        writer.family(
            "runner_sidecar_log_lines_dropped", .counter, "Log lines lost because standard error was not read.")
        writer.sample(snapshot.front.logLinesDropped)
        writer.family("runner_sidecar_build_info", .gauge, "Always 1; the version is the label.")
        writer.sample([("version", snapshot.front.version)], 1)
    }

    private static func loads(_ snapshot: MetricsSnapshot) -> [([ExpositionWriter.Label], WorkerStats.Load)] {
        snapshot.workers.compactMap { worker in worker.load.map { (labels(worker), $0) } }
    }

    private static func labels(_ worker: WorkerStats) -> [ExpositionWriter.Label] {
        [("worker", worker.id), ("pid", "\(worker.pid)")]
    }

    private static func process(_ snapshot: MetricsSnapshot, _ writer: inout ExpositionWriter) {
        let process = snapshot.process
        writer.family("process_cpu_seconds", .counter, "CPU time of the front, user and system.")
        writer.sample(millionths: process.cpuUserMicroseconds + process.cpuSystemMicroseconds)
        writer.family("process_resident_memory_bytes", .gauge, "Resident memory of the front.")
        writer.sample(process.residentBytes)
        writer.family("process_open_fds", .gauge, "Descriptors the front has open.")
        writer.sample(process.openDescriptors)
        writer.family("process_max_fds", .gauge, "Descriptors the front may open.")
        writer.sample(process.maxDescriptors)
        writer.family("process_start_time_seconds", .gauge, "When the front started, in Unix time.")
        writer.sample(millionths: process.startUnixMilliseconds * 1_000)
    }
}
