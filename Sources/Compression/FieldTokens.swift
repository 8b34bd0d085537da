internal import Bytes

/// Walks the elements of a list in a field's value, such as `gzip;q=0.5, br` (RFC 9110 section 5.6.1).
enum FieldTokens {
    /// Calls `body` with each element: its token, in the bytes given, and where its parameters are.
    static func forEach(
        _ value: Span<UInt8>, _ body: (_ token: Span<UInt8>, _ parameters: Span<UInt8>) -> Void
    ) {
        var start = 0
        while start <= value.count {
            let end = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.count
            let element = value.extracting(trimmed(value, start..<end))
            let semicolon = element.firstIndex(of: UInt8(ascii: ";")) ?? element.count
            let token = element.extracting(trimmed(element, 0..<semicolon))
            if token.count > 0 { body(token, element.extracting(semicolon..<element.count)) }
            start = end + 1
        }
    }

    /// Without spaces and tabs at either end.
    static func trimmed(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isBlank(bytes[start]) { start += 1 }
        while end > start, isBlank(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}
