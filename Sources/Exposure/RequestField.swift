internal import Bytes
internal import HTTPCodec

/// A request header's value as the app would see it, `req.headers[name]`: Node joins the values of a repeated field
/// with a comma or drops all but the first, depending on the name (`_addHeaderLine` in Node's `_http_incoming.js`).
struct RequestField: Sendable {
    private let field: KnownField
    private let name: [UInt8]
    private let keepsFirst: Bool
    private let separator: [UInt8]

    /// - Parameter name: in lower case. If `KnownField` has none of that name, the parser has to be configured to keep
    ///   it.
    init(_ name: String) {
        self.name = Array(name.utf8)
        field = KnownField.allCases.first { $0 != .custom && $0.name.description == name } ?? .custom
        keepsFirst = Self.onlyTheFirst.contains(name)
        separator = Array((name == "cookie" ? "; " : ", ").utf8)
    }

    /// Of these the first counts. `set-cookie` is a list in Node, of which the exposure takes the first.
    private static let onlyTheFirst: Set<String> = [
        "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host",
        "if-modified-since",
        "if-unmodified-since", "last-modified", "location", "max-forwards", "proxy-authorization", "referer",
        "retry-after", "server", "set-cookie", "user-agent",
    ]

    /// Where a value is.
    enum Value {
        case absent
        case inPlace(ByteRange)
        /// Made up of several fields.
        case joined([UInt8])
    }

    /// - Parameter bytes: those that `head` was parsed from.
    func value(in head: RequestHead, _ bytes: Span<UInt8>) -> Value {
        let slot = head[field]
        if slot.occurrences == 0 { return .absent }
        if slot.occurrences == 1 || keepsFirst { return .inPlace(slot.value) }
        return .joined(join(head, bytes))
    }

    private func join(_ head: RequestHead, _ bytes: Span<UInt8>) -> [UInt8] {
        var ranges: [ByteRange] = []
        head.forEachValue(of: name.span, in: bytes) { ranges.append($0) }
        var joined: [UInt8] = []
        for (i, range) in ranges.enumerated() {
            if i > 0 { joined += separator }
            for at in range.range { joined.append(bytes[at]) }
        }
        return joined
    }
}
