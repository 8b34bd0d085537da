internal import Bytes

/// Byte strings by number, and numbers by byte string: open addressing over one run of bytes, so that a look-up
/// allocates nothing and touches two or three cache lines. Strings are never removed.
struct ByteStringTable: Sendable {
    private var storage: [UInt8] = []
    /// Where each string ends in `storage`.
    private var ends: [Int] = []
    /// Upper half: the hash's upper half. Lower half: the string's number plus 1; 0 where the slot is free.
    private var slots: [UInt64] = Array(repeating: 0, count: 16)

    var count: Int { ends.count }
    /// Bytes of all strings together.
    var byteCount: Int { storage.count }

    /// The string with the number `index`.
    subscript(index: Int) -> Span<UInt8> {
        @_lifetime(borrow self)
        borrowing get { storage.span.extracting((index == 0 ? 0 : ends[index - 1])..<ends[index]) }
    }

    /// The number of `key`, nil if it is not here.
    func find(_ key: Span<UInt8>) -> Int? {
        let hash = Self.hash(key)
        let mask = slots.count - 1
        var at = Int(truncatingIfNeeded: hash) & mask
        while true {
            let slot = slots[at]
            if slot == 0 { return nil }
            if slot >> 32 == hash >> 32 {
                let index = Int(slot & 0xFFFF_FFFF) - 1
                if self[index].equals(key) { return index }
            }
            at = (at + 1) & mask
        }
    }

    /// The number of `key`, which is added if it is not here.
    mutating func insert(_ key: Span<UInt8>) -> Int {
        if let index = find(key) { return index }
        if (ends.count + 1) * 2 > slots.count { grow() }
        for i in 0..<key.count { storage.append(key[i]) }
        ends.append(storage.count)
        place(hash: Self.hash(key), index: ends.count - 1)
        return ends.count - 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: slots.count * 2)
        for index in 0..<ends.count { place(hash: Self.hash(self[index]), index: index) }
    }

    private mutating func place(hash: UInt64, index: Int) {
        let mask = slots.count - 1
        var at = Int(truncatingIfNeeded: hash) & mask
        while slots[at] != 0 { at = (at + 1) & mask }
        slots[at] = hash & 0xFFFF_FFFF_0000_0000 | UInt64(index + 1)
    }

    /// Eight bytes at a time, folded by a wide multiplication. Not proof against chosen keys: what a client can add is
    /// bounded by the tables' owners.
    private static func hash(_ key: Span<UInt8>) -> UInt64 {
        let n = key.count
        var hash = UInt64(truncatingIfNeeded: n) ^ 0x9E37_79B9_7F4A_7C15
        if n >= 8 {
            var at = 0
            while at < n - 8 {
                hash = mix(hash ^ key.littleEndianUInt64(at: at))
                at += 8
            }
            // The last eight overlap those before them.
            return mix(hash ^ key.littleEndianUInt64(at: n - 8))
        }
        var tail: UInt64 = 0
        for i in 0..<n { tail = tail << 8 | UInt64(key[i]) }
        return mix(hash ^ tail)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        let product = value.multipliedFullWidth(by: 0xD6E8_FEB8_6659_FD93)
        return product.high ^ product.low
    }
}
