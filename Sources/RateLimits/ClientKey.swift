internal import Bytes

/// Who a request is counted for, as 64 bits that nobody outside can choose.
///
/// Two clients have the same key once in about 2^47 pairs (that many bits are kept); they would share a limit.
public struct ClientKey: Equatable, Hashable, Sendable {
    /// Never 0.
    public let bits: UInt64

    init(bits: UInt64) { self.bits = bits | 0x8000 }

    /// The key that `bits` was taken from; nil for 0.
    @inlinable
    public init?(kept bits: UInt64) {
        guard bits != 0 else { return nil }
        self.bits = bits
    }

    /// The upper 48 bits, of which the lowest is always set: what a table keeps of it, and never 0.
    @inlinable var identity: UInt64 { bits & ~0xffff | 0x1_0000 }

    /// Which of `count` tables (a power of two, at most 32768) the client is in: by bits that the table does not use.
    @inlinable
    public func shard(of count: Int) -> Int { Int(truncatingIfNeeded: bits & 0x7fff) & (count - 1) }
}

/// Makes keys. It has a secret of its own, made anew with each process: without it a client could pick addresses whose
/// entries all fall into one place.
public struct ClientKeys: Sendable {
    private let secret: (UInt64, UInt64)

    /// - Parameter secret: given by tests only.
    public init(secret: (UInt64, UInt64)? = nil) {
        var random = SystemRandomNumberGenerator()
        self.secret = secret ?? (random.next(), random.next())
    }

    /// What a key is made of; equal bytes of different kinds are different clients.
    private enum Kind: UInt64 { case ipv4 = 4, ipv6 = 6, local = 1, token = 2, target = 3 }

    public func ipv4(_ address: UInt32) -> ClientKey { key(.ipv4, UInt64(address)) }

    /// - Parameter high: the upper 64 bits. What follows them is one subscriber's to choose (RFC 6177), so it counts
    ///   for nothing.
    public func ipv6(high: UInt64) -> ClientKey { key(.ipv6, high) }

    /// Everyone who has no address: what comes through a Unix socket without a forwarded address.
    public var withoutAddress: ClientKey { key(.local, 0) }

    /// The holder of a token.
    public func token(_ token: Span<UInt8>) -> ClientKey { key(.token, token) }

    /// A task or event, by its id.
    public func target(_ id: Span<UInt8>) -> ClientKey { key(.target, id) }

    private func key(_ kind: Kind, _ word: UInt64) -> ClientKey {
        var hash = SipHash(secret.0, secret.1)
        hash.add(kind.rawValue)
        hash.add(word)
        return ClientKey(bits: hash.value(byteCount: 16))
    }

    private func key(_ kind: Kind, _ bytes: Span<UInt8>) -> ClientKey {
        var hash = SipHash(secret.0, secret.1)
        hash.add(kind.rawValue)
        var at = 0
        while at + 8 <= bytes.count {
            hash.add(bytes.littleEndianUInt64(at: at))
            at += 8
        }
        var last: UInt64 = 0
        for i in at..<bytes.count { last |= UInt64(bytes[i]) << UInt64(8 * (i - at)) }
        hash.add(last)
        return ClientKey(bits: hash.value(byteCount: bytes.count))
    }
}

/// SipHash-2-4 (Aumasson and Bernstein), over whole words.
struct SipHash {
    private var v0: UInt64
    private var v1: UInt64
    private var v2: UInt64
    private var v3: UInt64

    init(_ k0: UInt64, _ k1: UInt64) {
        v0 = k0 ^ 0x736f_6d65_7073_6575
        v1 = k1 ^ 0x646f_7261_6e64_6f6d
        v2 = k0 ^ 0x6c79_6765_6e65_7261
        v3 = k1 ^ 0x7465_6462_7974_6573
    }

    mutating func add(_ word: UInt64) {
        v3 ^= word
        round()
        round()
        v0 ^= word
    }

    /// - Parameter byteCount: how long the whole was, of which the lowest eight bits go into the last word.
    mutating func value(byteCount: Int) -> UInt64 {
        add(UInt64(truncatingIfNeeded: byteCount) << 56)
        v2 ^= 0xff
        for _ in 0..<4 { round() }
        return v0 ^ v1 ^ v2 ^ v3
    }

    private mutating func round() {
        v0 = v0 &+ v1
        v1 = v1 << 13 | v1 >> 51
        v1 ^= v0
        v0 = v0 << 32 | v0 >> 32
        v2 = v2 &+ v3
        v3 = v3 << 16 | v3 >> 48
        v3 ^= v2
        v0 = v0 &+ v3
        v3 = v3 << 21 | v3 >> 43
        v3 ^= v0
        v2 = v2 &+ v1
        v1 = v1 << 17 | v1 >> 47
        v1 ^= v2
        v2 = v2 << 32 | v2 >> 32
    }
}
