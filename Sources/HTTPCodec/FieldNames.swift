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
    /// Setting bit 5 is all it takes: among the characters of a token that makes no two alike but the cases of a
    /// letter.
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
    ///
    /// The words are literals, since the compiler does not fold what makes them of a name; a test holds them to the
    /// names.
    @inline(__always)
    static func named(_ words: FieldNameWords, _ bytes: Span<UInt8>, _ start: Int, _ end: Int) -> KnownField? {
        switch end - start {
        case 4:
            if words.is(0x0000_0000_7473_6F68, 0) { return .host }  // host
        case 6:
            if words.is(0x0000_7463_6570_7865, 0) { return .expect }  // expect
            if words.is(0x0000_6E69_6769_726F, 0) { return .origin }  // origin
        case 7:
            if words.is(0x0065_6461_7267_7075, 0) { return .upgrade }  // upgrade
        case 9:
            if words.is(0x6564_7261_7772_6F66, 0x0000_0000_0000_0064) { return .forwarded }  // forwarded
        case 10:
            if words.is(0x6974_6365_6E6E_6F63, 0x0000_0000_0000_6E6F) { return .connection }  // connection
            if words.is(0x6174_7365_6361_7274, 0x0000_0000_0000_6574) { return .tracestate }  // tracestate
        case 11:
            if words.is(0x7261_7065_6361_7274, 0x0000_0000_0074_6E65) { return .traceparent }  // traceparent
        case 12:
            if words.is(0x2D74_6E65_746E_6F63, 0x0000_0000_6570_7974) { return .contentType }  // content-type
            if words.is(0x7365_7571_6572_2D78, 0x0000_0000_6469_2D74) { return .requestID }  // x-request-id
        case 13:
            if words.is(0x7A69_726F_6874_7561, 0x0000_006E_6F69_7461) { return .authorization }  // authorization
        case 14:
            if words.is(0x2D74_6E65_746E_6F63, 0x0000_6874_676E_656C) { return .contentLength }  // content-length
        case 15:
            if words.is(0x7261_7772_6F66_2D78, 0x0072_6F66_2D64_6564) { return .forwardedFor }  // x-forwarded-for
        case 16:
            if words.is(0x7265_6E6E_7572_2D78, 0x7478_6574_6E6F_632D) { return .runnerContext }  // x-runner-context
            if words.is(0x6F63_2D79_786F_7270, 0x6E6F_6974_6365_6E6E) { return .proxyConnection }  // proxy-connection
        case 17:
            if words.is(0x7265_6673_6E61_7274, 0x6E69_646F_636E_652D)
                && bytes.extracting(start..<end).equalsIgnoringASCIICase(KnownField.transferEncoding.name)
            {
                return .transferEncoding
            }
        case 19:
            if words.is(0x7265_6E6E_7572_2D78, 0x7473_6575_7165_722D)
                && bytes.extracting(start..<end).equalsIgnoringASCIICase(KnownField.runnerRequestID.name)
            {
                return .runnerRequestID
            }
        case 30:
            if words.is(0x632D_7373_6563_6361, 0x722D_6C6F_7274_6E6F)
                && bytes.extracting(start..<end).equalsIgnoringASCIICase(KnownField.accessControlRequestHeaders.name)
            {
                return .accessControlRequestHeaders
            }
        default:
            break
        }
        return nil
    }
}

extension FieldNameWords {
    @inline(__always)
    fileprivate func `is`(_ low: UInt64, _ high: UInt64) -> Bool {
        self.low == low && self.high == high
    }
}
