internal import EventLoop
internal import Metrics

/// Everything the admin listener shows, at one moment.
extension Front {
    /// - Parameter done: gets the snapshot, or nil when a serving loop did not report in time.
    func takeSnapshot(_ done: @escaping (MetricsSnapshot?) -> Void) {
        stats.ask(loops) { [unowned self] report in
            done(report.map(snapshot))
        }
    }

    private func snapshot(of report: LoopReport) -> MetricsSnapshot {
        let usage = ProcessUsage.current
        return MetricsSnapshot(
            counted: report.counted,
            workers: WorkerStats.mergedByProcess(report.workers),
            process: ProcessStats(
                cpuUserMicroseconds: usage.cpuUserMicroseconds, cpuSystemMicroseconds: usage.cpuSystemMicroseconds,
                residentBytes: usage.residentBytes, openDescriptors: usage.openDescriptors,
                maxDescriptors: usage.descriptorLimit, startUnixMilliseconds: startedUnixMilliseconds),
            front: FrontStats(
                version: Version.current, pid: Int(Process.id), loops: loops.count, basePath: report.basePath,
                unixMilliseconds: WallClock.unixMilliseconds,
                notReadyReasons: readiness.reasons().map { reason in
                    String(reason.code.map { $0 == "_" ? " " : $0 })
                }, logLinesDropped: StandardError.droppedLines))
    }
}
