internal import Bytes
internal import Settings

/// Version 2: twelve bytes that no other protocol begins with, version and command, address family, length, addresses,
/// and extensions (type, length, value).
enum ProxyHeaderBinary {
    private static let signature: [UInt8] = [
        0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a,
    ]
    /// Signature, version and command, family, length.
    private static let fixedBytes = 16

    private enum Family: UInt8 {
        case unspecified = 0x00
        case tcp4 = 0x11
        case tcp6 = 0x21
        case unixStream = 0x31

        var addressBytes: Int {
            switch self {
            case .unspecified: 0
            case .tcp4: 12
            case .tcp6: 36
            case .unixStream: 216
            }
        }
    }

    static func read(_ bytes: Span<UInt8>) -> ProxyHeader.Outcome {
        guard bytes.agrees(with: signature) else { return .malformed(.missing) }
        // What is known to be wrong is not waited for.
        if bytes.count > 12, !(0x20...0x21).contains(bytes[12]) { return .malformed(.badVersion) }
        guard bytes.count >= fixedBytes else { return .incomplete }
        let isLocal = bytes[12] == 0x20
        let length = Int(bytes[14]) << 8 | Int(bytes[15])
        guard length <= ProxyHeader.binaryLimitBytes else { return .malformed(.tooLong) }
        let family = Family(rawValue: bytes[13])
        // A proxy's own connection may carry any family, which is to be ignored.
        if !isLocal {
            guard let family else { return .malformed(.badFamily) }
            guard length >= family.addressBytes else { return .malformed(.addressCutShort) }
        }
        let end = fixedBytes + length
        guard bytes.count >= end else { return .incomplete }
        if isLocal { return .complete(byteCount: end, .proxyItself) }
        let header = bytes.extracting(first: end)
        let addresses = family?.addressBytes ?? 0
        if let fault = extensionFault(header, from: fixedBytes + addresses) { return .malformed(fault) }
        return .complete(byteCount: end, source(header, family))
    }

    private static func source(_ header: Span<UInt8>, _ family: Family?) -> ProxyHeader.Source {
        func number(_ offset: Int, _ count: Int) -> UInt64 {
            var value: UInt64 = 0
            for i in 0..<count { value = value << 8 | UInt64(header[offset + i]) }
            return value
        }
        let first = fixedBytes
        switch family {
        case .tcp4:
            let address = IPAddress(v4: UInt32(truncatingIfNeeded: number(first, 4)))
            return .client(address, port: UInt16(truncatingIfNeeded: number(first + 8, 2)))
        case .tcp6:
            let address = IPAddress(v6High: number(first, 8), low: number(first + 8, 8))
            return .client(address, port: UInt16(truncatingIfNeeded: number(first + 32, 2)))
        case .unspecified, .unixStream, nil: return .unknown
        }
    }

    // MARK: Extensions

    private static let checksumType: UInt8 = 0x03

    /// What is wrong with the extensions that begin at `start`. None of them is used but for the checksum, which is
    /// held against the header.
    private static func extensionFault(_ header: Span<UInt8>, from start: Int) -> ProxyHeaderFault? {
        var at = start
        while at < header.count {
            guard header.count - at >= 3 else { return .badExtension }
            let length = Int(header[at + 1]) << 8 | Int(header[at + 2])
            guard length <= header.count - at - 3 else { return .badExtension }
            if header[at] == checksumType {
                guard length == 4 else { return .badExtension }
                guard hasRightChecksum(header, at: at + 3) else { return .badChecksum }
            }
            at += 3 + length
        }
        return nil
    }

    /// The checksum is that of the whole header with zeros in its own place.
    private static func hasRightChecksum(_ header: Span<UInt8>, at place: Int) -> Bool {
        var stated: UInt32 = 0
        for i in 0..<4 { stated = stated << 8 | UInt32(header[place + i]) }
        var sum = CRC32C()
        for i in 0..<header.count { sum.add((place..<place + 4).contains(i) ? 0 : header[i]) }
        return sum.value == stated
    }
}

/// The Castagnoli checksum (RFC 9260 appendix A), bit by bit: a header a connection is too little for a table.
struct CRC32C {
    private var register: UInt32 = ~0

    mutating func add(_ byte: UInt8) {
        register ^= UInt32(byte)
        for _ in 0..<8 { register = register >> 1 ^ (register & 1 == 1 ? 0x82f6_3b78 : 0) }
    }

    var value: UInt32 { ~register }
}
