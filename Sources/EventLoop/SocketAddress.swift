internal import Glibc

/// An IP address and port, kept as bytes: 20 of them serve both families.
public struct SocketAddress: Equatable, Sendable, CustomStringConvertible {
    /// 4, 6, 1 for a Unix socket, or 0 when unknown.
    public var version: UInt8
    public var port: UInt16
    /// Network order; IPv4 in the first four.
    public var octets: InlineArray<16, UInt8>

    public init(version: UInt8, port: UInt16, octets: InlineArray<16, UInt8>) {
        self.version = version
        self.port = port
        self.octets = octets
    }

    public static let unknown = SocketAddress(version: 0, port: 0, octets: .init(repeating: 0))
    /// The other end of a Unix socket.
    public static let unixSocket = SocketAddress(version: 1, port: 0, octets: .init(repeating: 0))

    public var isUnixSocket: Bool { version == 1 }
    private var isInternet: Bool { version == 4 || version == 6 }

    public static func == (a: SocketAddress, b: SocketAddress) -> Bool {
        guard a.version == b.version, a.port == b.port else { return false }
        for i in 0..<16 where a.octets[i] != b.octets[i] { return false }
        return true
    }

    /// Reads `127.0.0.1` or `::1`; nil when it is neither. Names are not looked up: a name that resolves differently
    /// tomorrow is no listen address.
    public init?(host: String, port: UInt16) {
        var octets = InlineArray<16, UInt8>(repeating: 0)
        var v4 = in_addr()
        var v6 = in6_addr()
        if unsafe inet_pton(AF_INET, host, &v4) == 1 {
            unsafe withUnsafeBytes(of: &v4) { for i in 0..<4 { octets[i] = unsafe $0[i] } }
            self.init(version: 4, port: port, octets: octets)
        } else if unsafe inet_pton(AF_INET6, host, &v6) == 1 {
            unsafe withUnsafeBytes(of: &v6) { for i in 0..<16 { octets[i] = unsafe $0[i] } }
            self.init(version: 6, port: port, octets: octets)
        } else {
            return nil
        }
    }

    /// The peer's address of a connected socket.
    public init?(peerOf descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getpeername(descriptor, $0, &length) }
        }
        guard status == 0 else { return nil }
        self.init(storage)
    }

    /// This side's address of a socket.
    public init?(localOf descriptor: Int32) {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let status = unsafe withUnsafeMutablePointer(to: &storage) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
        }
        guard status == 0 else { return nil }
        self.init(storage)
    }

    private init?(_ storage: sockaddr_storage) {
        var storage = storage
        var octets = InlineArray<16, UInt8>(repeating: 0)
        switch Int32(storage.ss_family) {
        case AF_INET:
            let v4 = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in.self) }
            unsafe withUnsafeBytes(of: v4.sin_addr) { for i in 0..<4 { octets[i] = unsafe $0[i] } }
            self.init(version: 4, port: UInt16(bigEndian: v4.sin_port), octets: octets)
        case AF_INET6:
            let v6 = unsafe withUnsafeBytes(of: &storage) { unsafe $0.load(as: sockaddr_in6.self) }
            unsafe withUnsafeBytes(of: v6.sin6_addr) { for i in 0..<16 { octets[i] = unsafe $0[i] } }
            self.init(version: 6, port: UInt16(bigEndian: v6.sin6_port), octets: octets)
        default: return nil
        }
    }

    var family: UInt32 { UInt32(version == 6 ? AF_INET6 : AF_INET) }

    func withSockaddr<R>(_ body: (UnsafePointer<sockaddr>) throws(LoopError) -> R) throws(LoopError) -> R {
        guard isInternet else { throw .unsupportedFamily }
        var storage = sockaddr_storage()
        unsafe withUnsafeMutableBytes(of: &storage) { raw in
            if version == 6 {
                var v6 = sockaddr_in6()
                v6.sin6_family = sa_family_t(AF_INET6)
                v6.sin6_port = port.bigEndian
                unsafe withUnsafeMutableBytes(of: &v6.sin6_addr) { for i in 0..<16 { unsafe $0[i] = octets[i] } }
                unsafe raw.storeBytes(of: v6, as: sockaddr_in6.self)
            } else {
                var v4 = sockaddr_in()
                v4.sin_family = sa_family_t(AF_INET)
                v4.sin_port = port.bigEndian
                unsafe withUnsafeMutableBytes(of: &v4.sin_addr) { for i in 0..<4 { unsafe $0[i] = octets[i] } }
                unsafe raw.storeBytes(of: v4, as: sockaddr_in.self)
            }
        }
        let result: Result<R, LoopError> = unsafe withUnsafePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                do throws(LoopError) { return try unsafe .success(body(pointer)) } catch { return .failure(error) }
            }
        }
        return try result.get()
    }

    /// The address without the port; `unix` or `unknown` where there is none.
    public var host: String {
        guard isInternet else { return isUnixSocket ? "unix" : "unknown" }
        var text = [CChar](repeating: 0, count: 64)
        var octets = octets
        let family = version == 6 ? AF_INET6 : AF_INET
        unsafe withUnsafeBytes(of: &octets) {
            _ = unsafe inet_ntop(family, $0.baseAddress!, &text, socklen_t(text.count))
        }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    public var description: String {
        switch version {
        case 4: "\(host):\(port)"
        case 6: "[\(host)]:\(port)"
        default: host
        }
    }
}
