import Testing

@testable import EventLoop

@Suite("SocketAddress")
struct SocketAddressTests {
    @Test(
        "an address is printed as it was read",
        arguments: ["127.0.0.1", "0.0.0.0", "255.255.255.255", "::1", "::", "2001:db8::8:800:200c:417a", "fe80::1"])
    func roundTrip(host: String) throws {
        let address = try #require(SocketAddress(host: host, port: 65535))
        #expect(address.host == host)
        #expect(address.version == (host.contains(":") ? 6 : 4))
        #expect(address.description == (address.version == 6 ? "[\(host)]:65535" : "\(host):65535"))
        #expect(SocketAddress(host: address.host, port: 65535) == address)
    }

    @Test("an IPv6 address is printed in its short form", arguments: [("2001:DB8:0:0:0:0:0:1", "2001:db8::1")])
    func shortForm(written: String, printed: String) {
        #expect(SocketAddress(host: written, port: 1)?.host == printed)
    }

    @Test(
        "what is no address is refused, names too",
        arguments: [
            "", "localhost", "127.0.0", "127.0.0.256", "127.0.0.1 ", "1", ":::", "::g", "[::1]", "127.0.0.1:80",
        ])
    func refused(host: String) {
        #expect(SocketAddress(host: host, port: 80) == nil)
    }

    @Test("addresses differ by version, port and every octet")
    func equality() throws {
        let address = try #require(SocketAddress(host: "::1", port: 80))
        #expect(address == address)
        var other = address
        other.port = 81
        #expect(address != other)
        for i in 0..<16 {
            var other = address
            other.octets[i] ^= 1
            #expect(address != other)
        }
        #expect(SocketAddress(host: "0.0.0.0", port: 0) != .unknown)
    }

    @Test("no address is printed as such")
    func unknown() {
        #expect(SocketAddress.unknown.description == "unknown")
        #expect(SocketAddress(peerOf: -1) == nil)
        #expect(SocketAddress(localOf: -1) == nil)
    }
}
