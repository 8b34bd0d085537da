public import Bytes

/// Pieces of JSON text, written as V8 writes them.
public enum JSONText {
    private static let hexDigits: InlineArray<16, UInt8> = [
        0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66,
    ]

    /// Appends `utf8` as a JSON string, quotes included, escaped exactly as `JSON.stringify` does: only `"`, `\`
    /// and control characters, those with a short escape by that and the others as `\u00xx` in lower case.
    ///
    /// - Parameter utf8: well-formed UTF-8; ill-formed bytes are passed on as they are.
    public static func writeString(_ utf8: Span<UInt8>, into buffer: inout ByteBuffer) {
        buffer.append(ASCII.quote)
        var written = 0
        var at = 0
        while at < utf8.count {
            at = utf8.endOfUnescapedRun(from: at)
            guard at < utf8.count else { break }
            buffer.append(utf8.extracting(written..<at))
            writeEscape(utf8[at], into: &buffer)
            at += 1
            written = at
        }
        buffer.append(utf8.extracting(written..<utf8.count))
        buffer.append(ASCII.quote)
    }

    private static func writeEscape(_ byte: UInt8, into buffer: inout ByteBuffer) {
        switch byte {
        case ASCII.quote: buffer.append("\\\"")
        case ASCII.backslash: buffer.append("\\\\")
        case 0x08: buffer.append("\\b")
        case 0x09: buffer.append("\\t")
        case 0x0A: buffer.append("\\n")
        case 0x0C: buffer.append("\\f")
        case 0x0D: buffer.append("\\r")
        default:
            buffer.append("\\u00")
            buffer.append(hexDigits[Int(byte >> 4)])
            buffer.append(hexDigits[Int(byte & 15)])
        }
    }
}
