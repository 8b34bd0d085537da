/// What a scan asks of sixteen comparisons made at once.
extension SIMDMask where Storage == SIMD16<Int8> {
    /// The number of the first lane that is true, 16 when none is.
    @inlinable public var firstTrueLane: Int {
        // A true lane has all its bits set and lane 0 is the lowest byte, so the lowest set bit names the first lane.
        let halves = unsafe unsafeBitCast(self, to: SIMD2<UInt64>.self)
        let low = UInt64(littleEndian: halves[0])
        if low != 0 { return low.trailingZeroBitCount &>> 3 }
        return 8 &+ UInt64(littleEndian: halves[1]).trailingZeroBitCount &>> 3
    }
}
