internal import Bytes
public import Settings

/// What a proxy says of a connection before anything else is sent on it: the PROXY protocol, versions 1 and 2, as
/// HAProxy's proxy-protocol.txt defines them.
///
/// Pure: bytes in, a verdict out. Whether the sender may be believed is the caller's to decide, before it asks.
public enum ProxyHeader {
    /// Whom the connection is from, as the proxy says.
    public enum Source: Equatable, Sendable {
        /// The proxy itself opened the connection, for a health check: the connection's own address holds.
        case proxyItself
        /// A client whose address is not known, or is no IP address. Not the proxy: its rights are not the client's.
        case unknown
        case client(IPAddress, port: UInt16)
    }

    public enum Outcome: Equatable, Sendable {
        /// The bytes are the beginning of a header; more have to come.
        case incomplete
        /// The header takes `byteCount` bytes; HTTP begins behind them.
        case complete(byteCount: Int, Source)
        /// This is no header, and no byte that follows makes it one.
        case malformed(ProxyHeaderFault)
    }

    /// The longest line of version 1, with its line break.
    public static let textLimitBytes = 107
    /// What version 2 may take behind its first 16 bytes. The format allows 65535; addresses, a certificate's name and
    /// a cloud's identifiers take a few hundred, and a connection that was not looked at yet should not hold more.
    public static let binaryLimitBytes = 4096

    /// Reads the header at the start of `bytes`.
    public static func read(_ bytes: Span<UInt8>) -> Outcome {
        guard bytes.count > 0 else { return .incomplete }
        switch bytes[0] {
        case UInt8(ascii: "P"): return ProxyHeaderText.read(bytes)
        case UInt8(ascii: "\r"): return ProxyHeaderBinary.read(bytes)
        default: return .malformed(.missing)
        }
    }
}

/// What is wrong with a PROXY protocol header, for a log line.
public enum ProxyHeaderFault: String, Equatable, Sendable, CaseIterable {
    case missing = "the connection does not begin with a PROXY protocol header"
    case lineTooLong = "a version 1 header is longer than 107 bytes"
    case badLine = "a version 1 header is malformed"
    case badAddress = "a version 1 header has a malformed address or port"
    case badVersion = "the version or command of a version 2 header is unknown"
    case badFamily = "a version 2 header has an unknown address family or is not for a byte stream"
    case tooLong = "a version 2 header is longer than 4096 bytes"
    case addressCutShort = "a version 2 header is too short for its addresses"
    case badExtension = "an extension (TLV) of a version 2 header is cut short"
    case badChecksum = "the checksum of a version 2 header does not match"
}

extension Span where Element == UInt8 {
    /// Whether `text` begins with these bytes, or these bytes with `text`.
    func agrees(with text: [UInt8]) -> Bool {
        for i in 0..<Swift.min(count, text.count) where self[i] != text[i] { return false }
        return true
    }
}
