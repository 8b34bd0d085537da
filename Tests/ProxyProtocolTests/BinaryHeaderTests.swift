import ProxyProtocol
import Settings
import Testing

@Suite("PROXY protocol, version 2")
struct BinaryHeaderTests {
    @Test("a header names the client, and HTTP begins behind it")
    func clients() {
        let v4 = binary(family: 0x11, addresses4)
        #expect(read(v4 + Array("GET /".utf8)) == .complete(byteCount: v4.count, client("192.0.2.7", 56324)))
        let v6 = binary(family: 0x21, addresses6)
        #expect(read(v6) == .complete(byteCount: v6.count, client("2001:db8::7", 56324)))
    }

    @Test("LOCAL is the proxy itself, whatever addresses it carries", arguments: [0x00, 0x11, 0x42, 0xff] as [UInt8])
    func local(family: UInt8) {
        let bare = binary(command: 0x20, family: family, [])
        #expect(read(bare) == .complete(byteCount: 16, .proxyItself))
        let more = binary(command: 0x20, family: family, [1, 2, 3])
        #expect(read(more) == .complete(byteCount: 19, .proxyItself))
    }

    @Test("a client without an IP address is unknown, not the proxy")
    func unknown() {
        #expect(read(binary(family: 0x00, [])) == .complete(byteCount: 16, .unknown))
        let path = [UInt8](repeating: 0x2f, count: 216)
        #expect(read(binary(family: 0x31, path)) == .complete(byteCount: 232, .unknown))
    }

    @Test("extensions are stepped over, however many there are")
    func extensions() {
        let name: [UInt8] = [0x02, 0, 3] + Array("a.b".utf8)
        let empty: [UInt8] = [0x04, 0, 0]
        let cloud: [UInt8] = [0xea, 0x01, 0x00] + [UInt8](repeating: 7, count: 256)
        let header = binary(family: 0x11, addresses4 + name + empty + cloud)
        #expect(read(header) == .complete(byteCount: header.count, client("192.0.2.7", 56324)))
    }

    @Test(
        "an extension that is cut short is refused",
        arguments: [[0x02], [0x02, 0], [0x02, 0, 4, 1, 2, 3], [0x02, 0xff, 0xff], [0x03, 0, 3, 1, 2, 3]] as [[UInt8]])
    func cutExtension(rest: [UInt8]) {
        #expect(read(binary(family: 0x11, addresses4 + rest)) == .malformed(.badExtension))
    }

    @Test("a checksum that does not match is refused, and one that does is not")
    func checksum() {
        var header = binary(family: 0x11, addresses4 + [0x03, 0, 4, 0, 0, 0, 0])
        let right = castagnoli(header)
        for i in 0..<4 { header[31 + i] = UInt8(truncatingIfNeeded: right >> UInt32(24 - 8 * i)) }
        #expect(read(header) == .complete(byteCount: header.count, client("192.0.2.7", 56324)))
        header[16] ^= 1
        #expect(read(header) == .malformed(.badChecksum))
    }

    @Test(
        "another version, command or family is refused as soon as it can be seen",
        arguments: [
            (signature + [0x11], ProxyHeaderFault.badVersion), (signature + [0x22], .badVersion),
            (signature + [0x30], .badVersion), (binary(family: 0x12, addresses4), .badFamily),
            (binary(family: 0x22, addresses6), .badFamily), (binary(family: 0x41, addresses6), .badFamily),
            (binary(family: 0x11, Array(addresses4.dropLast())), .addressCutShort),
            (binary(family: 0x21, addresses4), .addressCutShort), (binary(family: 0x31, []), .addressCutShort),
            (signature + [0x21, 0x11, 0x10, 0x01], .tooLong), (signature + [0x21, 0x11, 0xff, 0xff], .tooLong),
            ([0x0d, 0x0a, 0x47], .missing), ([0x0d, 0x0a, 0x0d, 0x0a, 0x0d], .missing), ([0x0a], .missing),
        ])
    func malformed(bytes: [UInt8], fault: ProxyHeaderFault) {
        #expect(read(bytes) == .malformed(fault))
    }

    @Test("a header that is cut anywhere is waited for")
    func cut() {
        let header = binary(family: 0x21, addresses6 + [0x02, 0, 1, 0x61])
        for count in 0..<header.count { #expect(read(Array(header[..<count])) == .incomplete) }
    }

    @Test("no bytes whatsoever do harm, and what was complete stays so with more behind it")
    func anything() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let starts = [
            binary(family: 0x11, addresses4), binary(family: 0x21, addresses6 + [0x03, 0, 4, 1, 2, 3, 4]),
            Array("PROXY TCP4 192.0.2.7 198.51.100.1 56324 443\r\n".utf8),
        ]
        for _ in 0..<20_000 {
            var bytes = starts.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            bytes = Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random)))
            let outcome = read(bytes)
            if outcome == .incomplete { continue }
            #expect(read(bytes + [0, 13, 10]) == outcome, "seed \(seed), bytes \(bytes)")
        }
    }

    /// The checksum by its definition, a polynomial division over the bits.
    private func castagnoli(_ bytes: [UInt8]) -> UInt32 {
        var rest: UInt32 = 0xffff_ffff
        for byte in bytes {
            for bit in 0..<8 {
                let isOdd = (rest ^ UInt32(byte >> UInt8(bit))) & 1 == 1
                rest = isOdd ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1
            }
        }
        return ~rest
    }

    @Test("the checksum is the one of RFC 3720: 32 zeros give 0x8a9136aa")
    func checksumVector() {
        #expect(castagnoli([UInt8](repeating: 0, count: 32)) == 0x8a91_36aa)
    }
}
