internal import Bytes
internal import EventLoop
internal import HTTPCodec
internal import Settings

/// Whom a request is from when it came through proxies: `X-Forwarded-For`, or `Forwarded` (RFC 7239) where there is
/// none.
///
/// Each proxy adds at the end the address it saw. So the list is read from its end, past the proxies that are trusted;
/// the first address that is not one of them is the client. Everything before it, anybody can write.
enum ForwardedClient {
    /// Nil when the peer itself is not trusted, or no usable field is there.
    static func address(
        _ head: RequestHead, _ bytes: Span<UInt8>, peer: SocketAddress, trusted: TrustedProxies
    ) -> IPAddress? {
        guard trusted.contains(peer) else { return nil }
        var hops: [IPAddress?] = []
        if head[.forwardedFor].isPresent {
            head.forEachValue(of: "x-forwarded-for", in: bytes) { value in
                hops += text(bytes, value).split(separator: ",", omittingEmptySubsequences: false).map(node)
            }
        } else if head[.forwarded].isPresent {
            head.forEachValue(of: "forwarded", in: bytes) { value in
                hops += text(bytes, value).split(separator: ",", omittingEmptySubsequences: false).map(forwardedNode)
            }
        }
        var client: IPAddress?
        for hop in hops.reversed() {
            // An address nobody can read ends what can be known.
            guard let hop else { break }
            client = hop
            if !trusted.contains(hop) { break }
        }
        return client
    }

    private static func text(_ bytes: Span<UInt8>, _ range: ByteRange) -> String {
        String(decoding: bytes.extracting(range.range).copied(), as: UTF8.self)
    }

    /// The `for` of one element, such as `for="[2001:db8::1]:4711";proto=https`.
    private static func forwardedNode(_ element: Substring) -> IPAddress? {
        for pair in element.split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, trimmed(parts[0]).lowercased() == "for" else { continue }
            return node(Substring(trimmed(parts[1]).filter { $0 != "\"" }))
        }
        return nil
    }

    /// An address with or without a port; IPv6 with a port, and in `Forwarded` always, stands in brackets.
    private static func node(_ text: Substring) -> IPAddress? {
        let name = trimmed(text)
        if name.hasPrefix("[") {
            return IPAddress(String(name.dropFirst().prefix { $0 != "]" }))
        }
        if let address = IPAddress(name) { return address }
        return IPAddress(String(name.prefix { $0 != ":" }))
    }

    private static func trimmed(_ text: Substring) -> String {
        String(text.drop { $0 == " " || $0 == "\t" }.reversed().drop { $0 == " " || $0 == "\t" }.reversed())
    }
}

extension IPAddress {
    /// Nil when it is not known.
    init?(_ address: SocketAddress) {
        func number(_ range: Range<Int>) -> UInt64 { range.reduce(0) { $0 << 8 | UInt64(address.octets[$1]) } }
        switch address.version {
        case 4: self.init(v4: UInt32(number(0..<4)))
        case 6: self.init(v6High: number(0..<8), low: number(8..<16))
        default: return nil
        }
    }
}
