import ProxyProtocol
import Settings
import Testing

@Suite("PROXY protocol, version 1")
struct TextHeaderTests {
    @Test("a line names the client, and HTTP begins behind it")
    func clients() {
        let v4 = "PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n"
        #expect(read(v4 + "GET / HTTP/1.1\r\n") == .complete(byteCount: v4.utf8.count, client("192.0.2.7", 56324)))
        let v6 = "PROXY TCP6 2001:db8::7 2001:db8::1 56324 443\r\n"
        #expect(read(v6) == .complete(byteCount: v6.utf8.count, client("2001:db8::7", 56324)))
    }

    @Test("an IPv6 address that maps IPv4 is that IPv4 address, as trusted peers and limits compare it")
    func mapped() {
        let line = "PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2\r\n"
        #expect(read(line) == .complete(byteCount: line.utf8.count, client("192.0.2.7", 1)))
    }

    @Test(
        "UNKNOWN says nothing about the client, whatever follows it",
        arguments: ["PROXY UNKNOWN\r\n", "PROXY UNKNOWN ffff:f...f:ffff 1 2 garbage\r\n"])
    func unknown(line: String) {
        #expect(read(line) == .complete(byteCount: line.utf8.count, .unknown))
    }

    @Test("a line that is cut anywhere is waited for")
    func cut() {
        let line = Array("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n".utf8)
        for count in 0..<line.count { #expect(read(Array(line[..<count])) == .incomplete) }
    }

    @Test(
        "a malformed line is refused",
        arguments: [
            ("GET / HTTP/1.1\r\n", ProxyHeaderFault.missing), ("PROXX", .missing), ("PROXY\r\n", .missing),
            ("proxy TCP4", .missing), ("PROXY \r\n", .badLine), ("PROXY TCP4\r\n", .badLine),
            ("PROXY TCP5 1.2.3.4 1.2.3.4 1 2\r\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3\r\n", .badLine), ("PROXY  TCP4 1.2.3.4 1.2.3.4 1 2\r\n", .badLine),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n", .badLine), ("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 \r\n", .badLine),
            ("PROXY TCP4 1.2.3.4\t1.2.3.4 1 2\r\n", .badLine), ("PROXY UNKNOWN\0\r\n", .badLine),
            ("PROXY TCP4 01.2.3.4 1.2.3.4 1 2\r\n", .badAddress), ("PROXY TCP4 ::1 1.2.3.4 1 2\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 1.2.3.256 1 2\r\n", .badAddress), ("PROXY TCP6 1.2.3.4 ::1 1 2\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 1 02\r\n", .badAddress),
            ("PROXY TCP4 1.2.3.4 1.2.3.4 +1 2\r\n", .badAddress), ("PROXY TCP6 ::1%eth0 ::1 1 2\r\n", .badAddress),
        ])
    func malformed(line: String, fault: ProxyHeaderFault) {
        #expect(read(line) == .malformed(fault))
    }

    @Test("a line without an end is given up at 107 bytes, the longest there is")
    func endless() {
        let longest = "PROXY UNKNOWN " + String(repeating: "x", count: 91) + "\r\n"
        #expect(longest.utf8.count == ProxyHeader.textLimitBytes)
        #expect(read(longest) == .complete(byteCount: 107, .unknown))
        #expect(read("PROXY UNKNOWN " + String(repeating: "x", count: 92)) == .incomplete)
        #expect(read("PROXY UNKNOWN " + String(repeating: "x", count: 93)) == .malformed(.lineTooLong))
    }
}
