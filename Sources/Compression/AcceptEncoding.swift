internal import Bytes

/// What a client accepts: the values of its `Accept-Encoding` fields, one after another (RFC 9110 section 12.5.3).
public struct AcceptEncoding: Sendable {
    /// In thousandths; nil where the coding was not named.
    private var gzip: Int?
    private var identity: Int?
    private var others: Int?

    public init() {}

    /// Adds one field's value.
    public mutating func add(_ value: Span<UInt8>) {
        var (gzip, identity, others) = (gzip, identity, others)
        FieldTokens.forEach(value) { token, parameters in
            let weight = Self.weight(parameters)
            if token.equalsIgnoringASCIICase("gzip") || token.equalsIgnoringASCIICase("x-gzip") {
                gzip = max(gzip ?? 0, weight)
            } else if token.equalsIgnoringASCIICase("identity") {
                identity = weight
            } else if token.equals("*") {
                others = weight
            }
        }
        (self.gzip, self.identity, self.others) = (gzip, identity, others)
    }

    /// Whether gzip may be sent and is not what the client likes less than no coding at all. Without a field nothing is
    /// compressed: such clients are mostly too simple to expand anything.
    public var prefersGzip: Bool {
        let gzip = gzip ?? others ?? 0
        return gzip > 0 && gzip >= identity ?? 0
    }

    /// The `q` among an element's parameters, in thousandths. One that is malformed accepts nothing: what a client did
    /// not clearly ask for it does not get.
    private static func weight(_ parameters: Span<UInt8>) -> Int {
        var at = 0
        while at < parameters.count {
            let end = parameters.firstIndex(of: UInt8(ascii: ";"), from: at + 1) ?? parameters.count
            let range = FieldTokens.trimmed(parameters, at + 1..<end)
            if range.count >= 2, parameters[range.lowerBound].asciiLowercased == UInt8(ascii: "q"),
                parameters[range.lowerBound + 1] == UInt8(ascii: "=")
            {
                return quality(parameters.extracting(range.lowerBound + 2..<range.upperBound)) ?? 0
            }
            at = end
        }
        return 1000
    }

    /// `0`, `1`, and up to three digits behind the point.
    private static func quality(_ text: Span<UInt8>) -> Int? {
        guard (1...5).contains(text.count), text[0] == UInt8(ascii: "0") || text[0] == UInt8(ascii: "1") else {
            return nil
        }
        var value = Int(text[0] - 48) * 1000
        if text.count == 1 { return value }
        guard text[1] == UInt8(ascii: ".") else { return nil }
        var step = 100
        for i in 2..<text.count {
            guard text[i] &- 48 < 10 else { return nil }
            value += Int(text[i] - 48) * step
            step /= 10
        }
        return value <= 1000 ? value : nil
    }
}
