/// Bounds-checked reads that a parser needs and `Span` does not have yet.
extension Span where Element == UInt8 {
    /// Four bytes at `offset`, least significant first.
    @inlinable public func littleEndianUInt32(at offset: Int) -> UInt32 {
        precondition(offset >= 0 && offset <= count - 4)
        return unsafe UInt32(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt32.self))
    }

    /// Eight bytes at `offset`, least significant first.
    @inlinable public func littleEndianUInt64(at offset: Int) -> UInt64 {
        precondition(offset >= 0 && offset <= count - 8)
        return unsafe UInt64(littleEndian: bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: UInt64.self))
    }

    /// Sixteen bytes at `offset`, for scanning many at once.
    @inlinable public func simd16(at offset: Int) -> SIMD16<UInt8> {
        precondition(offset >= 0 && offset <= count - 16)
        return unsafe bytes.unsafeLoadUnaligned(fromUncheckedByteOffset: offset, as: SIMD16<UInt8>.self)
    }

    /// Whether these bytes are exactly `text`'s.
    @inlinable public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        for i in 0..<count where unsafe self[i] != text.utf8Start[i] { return false }
        return true
    }

    /// Whether these bytes are exactly `other`.
    @inlinable public func equals(_ other: Span<UInt8>) -> Bool {
        let count = self.count
        guard count == other.count else { return false }
        if count < 8 {
            for i in 0..<count where self[i] != other[i] { return false }
            return true
        }
        // All offsets are at most `count - 8`.
        return unsafe withUnsafeBytes { mine in
            unsafe other.withUnsafeBytes { theirs in
                var i = 0
                while i < count - 8 {
                    let one = unsafe mine.loadUnaligned(fromByteOffset: i, as: UInt64.self)
                    if unsafe one != theirs.loadUnaligned(fromByteOffset: i, as: UInt64.self) { return false }
                    i += 8
                }
                // The last eight overlap those before them.
                let last = unsafe mine.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
                return unsafe last == theirs.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
            }
        }
    }

    /// Whether these bytes are `lowercased` when ASCII letters are compared without case.
    @inlinable public func equalsIgnoringASCIICase(_ lowercased: StaticString) -> Bool {
        guard count == lowercased.utf8CodeUnitCount else { return false }
        for i in 0..<count where unsafe self[i].asciiLowercased != lowercased.utf8Start[i] { return false }
        return true
    }

    /// Whether these bytes are `lowercased` when ASCII letters are compared without case.
    @inlinable public func equalsIgnoringASCIICase(_ lowercased: Span<UInt8>) -> Bool {
        guard count == lowercased.count else { return false }
        for i in 0..<count where self[i].asciiLowercased != lowercased[i] { return false }
        return true
    }

    /// The first place of `byte` at or after `start`.
    @inlinable public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        var i = start
        while i < count {
            if self[i] == byte { return i }
            i += 1
        }
        return nil
    }

    /// A copy, for cold paths.
    public func copied() -> [UInt8] {
        var copy: [UInt8] = []
        copy.reserveCapacity(count)
        for i in 0..<count { copy.append(self[i]) }
        return copy
    }
}

extension UInt8 {
    /// `A`–`Z` as `a`–`z`, all else as it is.
    @inlinable public var asciiLowercased: UInt8 {
        self &- 65 < 26 ? self | 0x20 : self
    }
}

/// A piece of a larger run of bytes, as offset and length: what a parser answers instead of a copy.
public struct ByteRange: Equatable, Sendable {
    public var offset: UInt32
    public var length: UInt32

    @inlinable public init(offset: Int, length: Int) {
        self.offset = UInt32(offset)
        self.length = UInt32(length)
    }

    @inlinable public static var empty: ByteRange { ByteRange(offset: 0, length: 0) }

    @inlinable public var isEmpty: Bool { length == 0 }
    @inlinable public var range: Range<Int> { Int(offset)..<Int(offset) + Int(length) }
}
