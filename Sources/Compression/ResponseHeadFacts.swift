internal import Bytes

/// What a response's head says of its body, as far as compressing it depends on that.
struct ResponseHeadFacts {
    enum Framing: Equatable {
        case contentLength(Int)
        case chunked
        /// Until the connection ends, or something else: left alone.
        case other
    }

    var status = 0
    var framing = Framing.other
    var isText = false
    /// Anything that says: these very bytes.
    var isFixed = false
    var variesByEncoding = false
    var hasLength = false

    /// - Parameter head: from the status line to the empty line. Nil when it is no response head.
    init?(_ head: Span<UInt8>) {
        guard head.count >= 14, head.extracting(first: 7).equals("HTTP/1.") else { return nil }
        for i in 9..<12 {
            guard head[i] &- 48 < 10 else { return nil }
            status = status * 10 + Int(head[i] - 48)
        }
        var isWellFormed = true
        Self.forEachLine(of: head) { line, colon in
            guard let colon, colon < line.upperBound - 2, head[line.upperBound - 2] == UInt8(ascii: "\r") else {
                isWellFormed = false
                return
            }
            let name = head.extracting(line.lowerBound..<colon)
            let value = head.extracting(FieldTokens.trimmed(head, colon + 1..<line.upperBound - 2))
            note(name, value)
        }
        guard isWellFormed else { return nil }
    }

    private mutating func note(_ name: Span<UInt8>, _ value: Span<UInt8>) {
        if name.equalsIgnoringASCIICase("content-length") {
            // Two lengths, or one beside chunks, are nothing to build upon.
            framing =
                hasLength || framing == .chunked ? .other : Self.length(value).map { .contentLength($0) } ?? .other
            hasLength = true
        } else if name.equalsIgnoringASCIICase("transfer-encoding") {
            framing = value.equalsIgnoringASCIICase("chunked") && !hasLength ? .chunked : .other
        } else if name.equalsIgnoringASCIICase("content-type") {
            isText = BodyTraits.isText(contentType: value)
        } else if name.equalsIgnoringASCIICase("content-encoding") {
            if !value.equalsIgnoringASCIICase("identity") { isFixed = true }
        } else if name.equalsIgnoringASCIICase("cache-control") {
            if BodyTraits.forbidsTransforming(cacheControl: value) { isFixed = true }
        } else if name.equalsIgnoringASCIICase("vary") {
            if BodyTraits.variesByEncoding(value) { variesByEncoding = true }
        } else {
            for fixed in Self.fixing where name.equalsIgnoringASCIICase(fixed) { isFixed = true }
        }
    }

    /// Ranges and checksums are of the bytes as they are; trailers would have to be carried over.
    private static let fixing: [StaticString] = [
        "content-range", "content-md5", "digest", "content-digest", "repr-digest", "trailer", "upgrade",
    ]

    private static func length(_ text: Span<UInt8>) -> Int? {
        guard (1...15).contains(text.count) else { return nil }
        var value = 0
        for i in 0..<text.count {
            guard text[i] &- 48 < 10 else { return nil }
            value = value * 10 + Int(text[i] - 48)
        }
        return value
    }

    /// Calls `body` with each field's line, its line break included, and where its colon is; nil where it has none.
    static func forEachLine(of head: Span<UInt8>, _ body: (_ line: Range<Int>, _ colon: Int?) -> Void) {
        var start = (head.firstIndex(of: UInt8(ascii: "\n")) ?? head.count - 1) + 1
        while start < head.count - 2 {
            let end = (head.firstIndex(of: UInt8(ascii: "\n"), from: start) ?? head.count - 1) + 1
            let colon = head.firstIndex(of: UInt8(ascii: ":"), from: start)
            body(start..<end, colon.flatMap { $0 < end ? $0 : nil })
            start = end
        }
    }
}
