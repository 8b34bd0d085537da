internal import Bytes

/// How a request's body is coded: the values of its `Content-Encoding` fields (RFC 9110 section 8.4).
public enum BodyCoding: Equatable, Sendable {
    case none
    case gzip
    /// Another one, or several on top of each other.
    case unsupported

    /// The same with one more field's value.
    public func adding(_ value: Span<UInt8>) -> BodyCoding {
        var coding = self
        FieldTokens.forEach(value) { token, _ in
            if token.equalsIgnoringASCIICase("identity") { return }
            let isGzip = token.equalsIgnoringASCIICase("gzip") || token.equalsIgnoringASCIICase("x-gzip")
            coding = isGzip && coding == .none ? .gzip : .unsupported
        }
        return coding
    }
}

/// Which bodies are worth compressing, and which may not be touched.
public enum BodyTraits {
    /// Whether a body of this `Content-Type` gets smaller by it: text, and what is written like text.
    public static func isText(contentType: Span<UInt8>) -> Bool {
        let end = contentType.firstIndex(of: UInt8(ascii: ";")) ?? contentType.count
        let type = contentType.extracting(FieldTokens.trimmed(contentType, 0..<end))
        if begins(type, with: "text/") || ends(type, with: "+json") || ends(type, with: "+xml") { return true }
        for name in textTypes where type.equalsIgnoringASCIICase(name) { return true }
        return false
    }

    private static let textTypes: [StaticString] = [
        "application/json", "application/x-ndjson", "application/javascript", "application/xml",
        "application/jsonlines",
    ]

    /// Whether a `Cache-Control` forbids to change the body's form (RFC 9111 sections 5.2.1.6 and 5.2.2.6).
    public static func forbidsTransforming(cacheControl: Span<UInt8>) -> Bool {
        var forbids = false
        FieldTokens.forEach(cacheControl) { token, _ in
            if token.equalsIgnoringASCIICase("no-transform") { forbids = true }
        }
        return forbids
    }

    /// Whether a `Vary` already names `Accept-Encoding`, or everything.
    static func variesByEncoding(_ vary: Span<UInt8>) -> Bool {
        var varies = false
        FieldTokens.forEach(vary) { token, _ in
            if token.equals("*") || token.equalsIgnoringASCIICase("accept-encoding") { varies = true }
        }
        return varies
    }

    private static func begins(_ bytes: Span<UInt8>, with lowercased: StaticString) -> Bool {
        let count = lowercased.utf8CodeUnitCount
        return bytes.count >= count && bytes.extracting(first: count).equalsIgnoringASCIICase(lowercased)
    }

    private static func ends(_ bytes: Span<UInt8>, with lowercased: StaticString) -> Bool {
        let count = lowercased.utf8CodeUnitCount
        return bytes.count >= count && bytes.extracting(last: count).equalsIgnoringASCIICase(lowercased)
    }
}
