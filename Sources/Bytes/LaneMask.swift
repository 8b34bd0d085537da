/// What a scan asks of sixteen comparisons made at once.
extension SIMDMask where Storage == SIMD16<Int8> {
    /// The number of the first lane that is true, nil when none is.
    ///
    /// Branches on purpose, and nil instead of 16: a scan that adds a computed number to its position waits for it
    /// before it can load the next bytes, while one that branches goes on with what it predicts. Packing both
    /// halves into one word without a branch made the JSON check a seventh slower.
    @inlinable public var firstTrueLane: Int? {
        // A true lane has all its bits set and lane 0 is the lowest byte, so the lowest set bit names the first lane.
        let halves = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        let low = UInt64(littleEndian: halves[0])
        if low != 0 { return low.trailingZeroBitCount &>> 3 }
        let high = UInt64(littleEndian: halves[1])
        if high != 0 { return 8 &+ high.trailingZeroBitCount &>> 3 }
        return nil
    }
}
