import Bytes

/// A field name's first sixteen bytes in lower case as two numbers, zeros behind a shorter one: two comparisons tell
/// whether it is a known name.
struct FieldNameWords: Equatable, Sendable {
    var low: UInt64
    var high: UInt64

    /// Of a name in lower case.
    @inline(__always)
    init(_ name: StaticString) {
        low = UInt64(asciiWord: name)
        high = UInt64(asciiWord: name, from: 8)
    }

    /// Of the name that is `bytes[start..<end]`, any case, with no bytes but those of a token.
    ///
    /// Setting bit 5 is all it takes: among the characters of a token that makes no two alike but the cases of a letter.
    @inline(__always)
    init(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) {
        guard start <= bytes.count - 16 else {
            (low, high) = Self.readByByte(bytes, start, end)
            return
        }
        low = bytes.littleEndianUInt64(at: start) | 0x2020_2020_2020_2020
        high = bytes.littleEndianUInt64(at: start + 8) | 0x2020_2020_2020_2020
        let length = end - start
        if length < 8 {
            low &= (1 &<< (8 &* UInt64(length))) &- 1
            high = 0
        } else if length < 16 {
            high &= (1 &<< (8 &* UInt64(length - 8))) &- 1
        }
    }

    /// The same near the end of the bytes, where sixteen cannot be read at once.
    private static func readByByte(_ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> (UInt64, UInt64) {
        var low: UInt64 = 0
        var high: UInt64 = 0
        for i in 0..<min(end - start, 16) {
            let byte = UInt64(bytes[start + i] | 0x20)
            if i < 8 { low |= byte << UInt64(8 * i) } else { high |= byte << UInt64(8 * (i - 8)) }
        }
        return (low, high)
    }
}

/// The one configured field beside the known ones.
struct CustomField: Sendable {
    /// Which field the head keeps its value under: `custom`, or the known field that it is.
    let field: KnownField
    /// Its name in lower case; empty if it is a known field.
    let name: [UInt8]
    private let words: FieldNameWords

    init(_ configured: [UInt8]) {
        var known: KnownField?
        for candidate in KnownField.allCases where candidate != .custom && configured.span.equals(candidate.name) {
            known = candidate
        }
        field = known ?? .custom
        name = known == nil ? configured : []
        words = FieldNameWords(configured.span, 0, configured.count)
    }

    @inline(__always)
    func isNamed(_ words: FieldNameWords, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> Bool {
        guard words == self.words, end - start == name.count else { return false }
        return name.count <= 16 || bytes.extracting(start..<end).equalsIgnoringASCIICase(name.span)
    }
}

extension KnownField {
    /// The known field whose name is `bytes[start..<end]`, whose first bytes are `words`; nil if it is another.
    @inline(__always)
    static func named(_ words: FieldNameWords, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> KnownField? {
        switch end - start {
        case 4: words.is(.host)
        case 6: words.is(.expect) ?? words.is(.origin)
        case 7: words.is(.upgrade)
        case 9: words.is(.forwarded)
        case 10: words.is(.connection) ?? words.is(.tracestate)
        case 11: words.is(.traceparent)
        case 12: words.is(.contentType) ?? words.is(.requestID)
        case 13: words.is(.authorization)
        case 14: words.is(.contentLength)
        case 15: words.is(.forwardedFor)
        case 16: words.is(.runnerContext) ?? words.is(.proxyConnection)
        case 17: words.startsAndIs(.transferEncoding, bytes, start, end)
        case 30: words.startsAndIs(.accessControlRequestHeaders, bytes, start, end)
        default: nil
        }
    }
}

extension FieldNameWords {
    @inline(__always)
    fileprivate func `is`(_ field: KnownField) -> KnownField? {
        self == FieldNameWords(field.name) ? field : nil
    }

    /// For names longer than the words.
    @inline(__always)
    fileprivate func startsAndIs(_ field: KnownField, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> KnownField? {
        guard self == FieldNameWords(field.name) else { return nil }
        return bytes.extracting(start..<end).equalsIgnoringASCIICase(field.name) ? field : nil
    }
}
