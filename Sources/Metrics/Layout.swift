/// Where what is kept in a loop's array of numbers. Routes and series follow the fixed part as they appear.
enum Layout {
    static let counters = 0
    static let gauges = counters + Counter.allCases.count
    private static let stages = gauges + Gauge.allCases.count
    private static let lags = stages + Stage.allCases.count * durationCells
    private static let firstSizes = lags + LoopSide.allCases.count * durationCells
    static let failures = firstSizes + RouteKind.allCases.count * 2 * sizeCells

    /// The total, then a count for each cell of `DurationScale`.
    static let durationCells = 1 + DurationScale.cellCount
    /// The total, then a count for each bound, then one for what is above all.
    static let sizeCells = 1 + Bounds.sizes.count + 1
    static let seriesCells = 1 + Bounds.request.count + 1

    @inline(__always) static func stage(_ stage: Stage) -> Int { stages + stage.rawValue * durationCells }
    @inline(__always) static func lag(_ side: LoopSide) -> Int { lags + side.rawValue * durationCells }
    /// Request body sizes; those of responses follow.
    @inline(__always) static func sizes(_ kind: RouteKind) -> Int { firstSizes + kind.rawValue * 2 * sizeCells }
}

/// The `le` bounds of the Prometheus histograms.
enum Bounds {
    /// Of a request, in nanoseconds: OpenTelemetry's advice from 5 ms up, and below it, since that is where calls are.
    static let request: [UInt64] = [
        100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 75_000_000,
        100_000_000, 250_000_000, 500_000_000, 750_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 7_500_000_000,
        10_000_000_000,
    ]

    /// Of a stage or a lag, in nanoseconds: some are done in a microsecond.
    static let stage: [UInt64] = [
        1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000,
        25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000,
        10_000_000_000,
    ]

    /// Of a body, in bytes: powers of 4 from 64 B to 64 MiB.
    static let sizes: [UInt64] = (3...13).map { 1 << (2 * $0) }

    /// Which of `sizes` a body counts under; `sizes.count` above all.
    @inline(__always) static func sizeBucket(_ bytes: Int) -> Int {
        if bytes <= 64 { return 0 }
        let bits = Int.bitWidth - (bytes - 1).leadingZeroBitCount
        return min((bits + 1) / 2 - 3, 11)
    }
}
