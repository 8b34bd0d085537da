public import Bytes

/// Who is at the other end of a client's connection, as CALLS and REQUEST carry it before the request head.
public struct PeerBlock: Equatable, Sendable {
    /// Bytes that a peer block takes.
    public static let byteCount = 24

    /// An IP address.
    public enum Address: Equatable, Sendable {
        case unknown
        case ipv4(UInt8, UInt8, UInt8, UInt8)
        /// Sixteen bytes in network order.
        case ipv6(SIMD16<UInt8>)
    }

    // Six words, ready to be copied: a block is made once a connection and written with each of its calls.
    private var words = SIMD8<UInt32>(repeating: 0)

    /// A peer that has no address.
    public init() {}

    public init(remote: Address, remotePort: UInt16, localPort: UInt16) {
        var address = SIMD16<UInt8>(repeating: 0)
        var family: UInt32 = 0
        switch remote {
        case .unknown: break
        case .ipv4(let a, let b, let c, let d):
            family = 4
            (address[0], address[1], address[2], address[3]) = (a, b, c, d)
        case .ipv6(let bytes):
            family = 6
            address = bytes
        }
        words[0] = family | UInt32(remotePort) << 16
        for word in 0..<4 {
            for byte in 0..<4 { words[1 + word] |= UInt32(address[word * 4 + byte]) << UInt32(byte * 8) }
        }
        words[5] = UInt32(localPort)
    }

    public func write(into buffer: inout ByteBuffer) {
        buffer.reserve(Self.byteCount)
        for word in 0..<6 { buffer.appendLittleEndian(words[word]) }
    }
}
