/// What a scan asks of sixteen comparisons made at once.
extension SIMDMask where Storage == SIMD16<Int8> {
    /// The number of the first lane that is true, nil when none is.
    ///
    /// An optional and not 16: a scan that adds a number to its position has to wait for that number before it can load
    /// the next sixteen bytes, while one that goes on after nil is only predicted to.
    @inlinable public var firstTrueLane: Int? {
        // Half of every lane's bits, packed into one word: the two lanes of each pair keep four bits each.
        let pairs = unsafe unsafeBitCast(self, to: SIMD8<UInt16>.self) &>> SIMD8<UInt16>(repeating: 4)
        let packed = unsafe unsafeBitCast(SIMD8<UInt8>(truncatingIfNeeded: pairs), to: UInt64.self)
        return packed == 0 ? nil : UInt64(littleEndian: packed).trailingZeroBitCount &>> 2
    }
}
