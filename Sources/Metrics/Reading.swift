/// What was counted, read back.
extension LoopMetrics {
    public func value(_ counter: Counter) -> Int { Int(clamping: cells[Layout.counters + counter.rawValue]) }

    /// Never below zero: shares of loops that were read at slightly different moments may not add up.
    public func value(_ gauge: Gauge) -> Int { max(0, Int(truncatingIfNeeded: cells[Layout.gauges + gauge.rawValue])) }

    public func failures(_ failure: Int) -> Int { Int(clamping: cells[Layout.failures + failure]) }

    func stage(_ stage: Stage) -> Durations { durations(totalAt: Layout.stage(stage)) }

    func lag(_ side: LoopSide) -> Durations { durations(totalAt: Layout.lag(side)) }

    /// nil before the first request.
    func route(at place: Int) -> (failed: UInt64, durations: Durations)? {
        let offset = routes[place].offset
        return offset < 0 ? nil : (cells[offset], durations(totalAt: offset + 1))
    }

    /// All calls together.
    func allCalls() -> (failed: UInt64, durations: Durations) {
        var failed: UInt64 = 0
        var total: UInt64 = 0
        var sum = [UInt64](repeating: 0, count: DurationScale.cellCount)
        for place in routes.indices where routes[place].kind.isCall {
            guard let route = route(at: place) else { continue }
            failed += route.failed
            total += route.durations.totalNanoseconds
            for (cell, count) in zip(0..., route.durations.cells) where count > 0 { sum[cell] += count }
        }
        return (failed, Durations(totalNanoseconds: total, cells: sum[...]))
    }

    private func durations(totalAt offset: Int) -> Durations {
        Durations(totalNanoseconds: cells[offset], cells: cells[offset + 1..<offset + Layout.durationCells])
    }

    /// The newest first.
    func failuresByTime() -> [RecentFailure] {
        recentFailures.sorted { $0.unixMilliseconds > $1.unixMilliseconds }
    }
}

/// Durations sorted into the cells of `DurationScale`.
struct Durations {
    let totalNanoseconds: UInt64
    let cells: ArraySlice<UInt64>

    var count: UInt64 { cells.reduce(0, &+) }

    func percentile(_ fraction: Double) -> UInt64 { DurationScale.percentile(fraction, of: cells) }

    /// Counts between the bounds, and above the last: exact where the bounds have at most two significant digits.
    func buckets(_ bounds: [UInt64]) -> [UInt64] {
        var buckets = [UInt64](repeating: 0, count: bounds.count + 1)
        var bucket = 0
        for (cell, count) in zip(0..., cells) {
            while bucket < bounds.count && DurationScale.upperBound(of: cell) > bounds[bucket] { bucket += 1 }
            buckets[bucket] += count
        }
        return buckets
    }
}
