extension UInt64 {
    /// The first eight characters of `text` at or after `start`, the first in the least significant byte, zeros behind
    /// a shorter text: what reading eight bytes of that text as a little-endian number gives. A constant, once
    /// compiled.
    @inlinable @inline(__always)
    public init(asciiWord text: StaticString, from start: Int = 0) {
        self = 0
        for i in 0..<8 where start + i < text.utf8CodeUnitCount {
            self |= unsafe UInt64(text.utf8Start[start + i]) << UInt64(8 * i)
        }
    }
}
