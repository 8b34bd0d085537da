/// How durations are sorted into cells: by their first two significant decimal digits, rounded up, in nanoseconds.
///
/// So cell edges are round decimal numbers: a Prometheus bound of at most two digits (`le="0.0025"`) falls on an edge
/// and its count is exact, a percentile is off by at most a tenth, and finding the cell is a few divisions by a
/// constant.
public enum DurationScale {
    /// Cells up to 1,000 s; what is longer counts in the last.
    public static let cellCount = 1_000

    /// The cell of a duration: it holds durations above `upperBound(of: cell - 1)`, up to and including its own bound.
    @inlinable public static func cell(of nanoseconds: UInt64) -> Int {
        // One less, so that a bound itself still belongs to the cell it closes, as Prometheus' `le` has it.
        var rest = nanoseconds == 0 ? 0 : nanoseconds &- 1
        var cell = 0
        while rest >= 100 {
            rest /= 10
            cell &+= 90
        }
        return min(cell &+ Int(truncatingIfNeeded: rest), cellCount - 1)
    }

    /// The longest duration of a cell, in nanoseconds.
    public static func upperBound(of cell: Int) -> UInt64 {
        precondition(cell >= 0 && cell < cellCount)
        guard cell >= 100 else { return UInt64(cell) + 1 }
        let decade = (cell - 10) / 90
        var unit: UInt64 = 1
        for _ in 0..<decade { unit *= 10 }
        return UInt64(cell - decade * 90 + 1) * unit
    }

    /// The duration that `fraction` of all counted ones do not exceed, in nanoseconds; 0 when none were counted.
    ///
    /// It is the upper bound of the cell that holds it: never too small, at most a tenth too large.
    public static func percentile(_ fraction: Double, of cells: ArraySlice<UInt64>) -> UInt64 {
        let total = cells.reduce(0, &+)
        guard total > 0 else { return 0 }
        let share = Double(total) * fraction
        // Rounded up by hand: `rounded(.up)` calls the C library's `ceil` on some processors.
        var rank = UInt64(share)
        if Double(rank) < share || rank == 0 { rank += 1 }
        var seen: UInt64 = 0
        for (cell, count) in zip(0..., cells) {
            seen += count
            if seen >= rank { return upperBound(of: cell) }
        }
        return upperBound(of: cellCount - 1)
    }
}
