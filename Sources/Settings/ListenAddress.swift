/// Where to listen: an IP address and a TCP port.
///
/// Host names are not looked up: a name may stand for several addresses, and a listener should be where its operator
/// said. `localhost` is taken for `127.0.0.1`.
public struct ListenAddress: Equatable, Sendable {
    public let host: IPAddress
    /// 0 lets the kernel choose.
    public let port: UInt16

    public init(host: IPAddress, port: UInt16) {
        self.host = host
        self.port = port
    }

    public static let loopback = IPAddress(v4: 0x7f00_0001)

    /// `text` where it is a port alone: the same with the address of `host`.
    static func completed(_ text: String, host: IPAddress) -> String {
        port(text[...]).map { ListenAddress(host: host, port: $0).text } ?? text
    }

    /// Reads `127.0.0.1:7071`, `[::1]:7071`, `localhost:7071`, or a port alone, which stays on the loopback interface.
    public init?(_ text: String) {
        guard let colon = text.utf8.lastIndex(of: UInt8(ascii: ":")) else {
            guard let port = Self.port(text[...]) else { return nil }
            self.init(host: Self.loopback, port: port)
            return
        }
        guard let port = Self.port(text[text.utf8.index(after: colon)...]) else { return nil }
        var name = text[..<colon]
        let isBracketed = name.utf8.first == UInt8(ascii: "[") && name.utf8.last == UInt8(ascii: "]")
        if isBracketed { name = name.dropFirst().dropLast() }
        let host = name == "localhost" ? Self.loopback : IPAddress(String(name))
        // Without brackets the last group of an IPv6 address would be taken for the port.
        guard let host, isBracketed == name.utf8.contains(UInt8(ascii: ":")) else { return nil }
        self.init(host: host, port: port)
    }

    public var text: String {
        host.family == .v4 ? "\(host.text):\(port)" : "[\(host.text)]:\(port)"
    }

    private static func port(_ digits: Substring) -> UInt16? {
        guard (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy({ $0 &- 48 < 10 }) else { return nil }
        return UInt16(digits)
    }
}
