/// An IPv4 or IPv6 address, kept as a number so that comparing with a block is two masks.
public struct IPAddress: Equatable, Sendable {
    public enum Family: Equatable, Sendable { case v4, v6 }

    public let family: Family
    /// The upper 64 bits; 0 for IPv4.
    public let high: UInt64
    /// The lower 64 bits; an IPv4 address fills the lowest 32.
    public let low: UInt64

    public init(v4 bits: UInt32) {
        family = .v4
        high = 0
        low = UInt64(bits)
    }

    /// An IPv6 address. One that maps IPv4 (`::ffff:192.0.2.1`, as a dual-stack socket reports IPv4 peers) becomes
    /// IPv4.
    public init(v6High high: UInt64, low: UInt64) {
        let isMapped = high == 0 && low >> 32 == 0xffff
        family = isMapped ? .v4 : .v6
        self.high = high
        self.low = isMapped ? low & 0xffff_ffff : low
    }

    /// Reads dotted IPv4 or any RFC 4291 spelling of IPv6 (without brackets, without a zone); nil for all else.
    public init?(_ text: String) {
        let bytes = Array(text.utf8)
        if let bits = Self.dottedQuad(bytes[...]) {
            self.init(v4: bits)
        } else if let (high, low) = Self.groups(bytes) {
            self.init(v6High: high, low: low)
        } else {
            return nil
        }
    }

    /// Dotted quad, or RFC 5952: lower case, the longest run of zero groups as `::`.
    public var text: String {
        family == .v4 ? Self.dotted(UInt32(low)) : compressedGroups
    }

    // MARK: Reading

    /// Four numbers of 0 to 255 without leading zeros, which some readers take for octal.
    private static func dottedQuad(_ text: ArraySlice<UInt8>) -> UInt32? {
        let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard (1...3).contains(part.count), part.count == 1 || part.first != UInt8(ascii: "0") else { return nil }
            var number: UInt32 = 0
            for digit in part {
                guard digit &- 48 < 10 else { return nil }
                number = number * 10 + UInt32(digit - 48)
            }
            guard number <= 255 else { return nil }
            bits = bits << 8 | number
        }
        return bits
    }

    private static func groups(_ text: [UInt8]) -> (UInt64, UInt64)? {
        guard text.count >= 2, text.count <= 45 else { return nil }
        var groups: [UInt16] = []
        var gap: Int?
        var at = 0
        if text[0] == UInt8(ascii: ":") {
            guard text[1] == UInt8(ascii: ":") else { return nil }
            gap = 0
            at = 2
        }
        while at < text.count {
            let end = text[at...].firstIndex(of: UInt8(ascii: ":")) ?? text.count
            if end == text.count, let quad = dottedQuad(text[at...]) {
                groups += [UInt16(quad >> 16), UInt16(quad & 0xffff)]
                break
            }
            guard let group = hexadecimal(text[at..<end]) else { return nil }
            groups.append(group)
            guard end < text.count else { break }
            at = end + 1
            guard at < text.count else { return nil }
            if text[at] == UInt8(ascii: ":") {
                guard gap == nil else { return nil }
                gap = groups.count
                at += 1
            }
        }
        guard gap == nil ? groups.count == 8 : groups.count < 8 else { return nil }
        groups.insert(contentsOf: repeatElement(0, count: 8 - groups.count), at: gap ?? 0)
        func join(_ four: ArraySlice<UInt16>) -> UInt64 { four.reduce(0) { $0 << 16 | UInt64($1) } }
        return (join(groups[..<4]), join(groups[4...]))
    }

    private static func hexadecimal(_ digits: ArraySlice<UInt8>) -> UInt16? {
        guard (1...4).contains(digits.count) else { return nil }
        var number: UInt16 = 0
        for digit in digits {
            let lower = digit | 0x20
            if digit &- 48 < 10 {
                number = number << 4 | UInt16(digit - 48)
            } else if lower &- 97 < 6 {
                number = number << 4 | UInt16(lower - 87)
            } else {
                return nil
            }
        }
        return number
    }

    // MARK: Writing

    private static func dotted(_ bits: UInt32) -> String {
        "\(bits >> 24).\(bits >> 16 & 255).\(bits >> 8 & 255).\(bits & 255)"
    }

    private var compressedGroups: String {
        let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> (48 - UInt64($0 % 4) * 16)) }
        var longest = 0..<0
        var start = 0
        while start < 8 {
            var end = start
            while end < 8 && groups[end] == 0 { end += 1 }
            if end - start > max(longest.count, 1) { longest = start..<end }
            start = max(end, start + 1)
        }
        func joined(_ part: ArraySlice<UInt16>) -> String {
            part.map { String($0, radix: 16) }.joined(separator: ":")
        }
        if longest.isEmpty { return joined(groups[...]) }
        return joined(groups[..<longest.lowerBound]) + "::" + joined(groups[longest.upperBound...])
    }
}

/// A block of addresses in CIDR notation: `10.0.0.0/8`, `fd00::/8`, or one address.
public struct AddressBlock: Equatable, Sendable {
    public let address: IPAddress
    /// How many leading bits have to agree: up to 32 for IPv4, up to 128 for IPv6.
    public let prefixBits: Int

    /// Nil unless `text` is an address, optionally followed by `/` and a prefix length that fits it.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard let address = IPAddress(String(parts[0])) else { return nil }
        let width = address.family == .v4 ? 32 : 128
        var prefixBits = width
        if parts.count == 2 {
            guard parts[1].utf8.allSatisfy({ $0 &- 48 < 10 }), let given = Int(parts[1]), given <= width else {
                return nil
            }
            prefixBits = given
        }
        self.address = address
        self.prefixBits = prefixBits
    }

    public func contains(_ other: IPAddress) -> Bool {
        guard other.family == address.family else { return false }
        // Smart shifts: a shift by 64 or more gives 0, so no prefix length needs a case of its own.
        if address.family == .v4 { return (address.low ^ other.low) >> (32 - prefixBits) == 0 }
        if prefixBits <= 64 { return (address.high ^ other.high) >> (64 - prefixBits) == 0 }
        return address.high == other.high && (address.low ^ other.low) >> (128 - prefixBits) == 0
    }

    public var text: String { "\(address.text)/\(prefixBits)" }
}
