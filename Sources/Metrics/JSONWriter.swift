import Bytes

/// Writes one JSON document, member by member; commas look after themselves.
struct JSONWriter: ~Copyable {
    private var out: ByteBuffer
    private var needsComma = false

    init(appendingTo out: consuming ByteBuffer) { self.out = out }

    consuming func finish() -> ByteBuffer { out }

    // MARK: Values

    mutating func object(_ content: (inout JSONWriter) -> Void) {
        begin(UInt8(ascii: "{"))
        content(&self)
        end(UInt8(ascii: "}"))
    }

    mutating func array<Element>(_ elements: [Element], _ content: (Element, inout JSONWriter) -> Void) {
        begin(UInt8(ascii: "["))
        for element in elements { content(element, &self) }
        end(UInt8(ascii: "]"))
    }

    mutating func number(_ value: Int) {
        separate()
        out.append(decimal: value)
    }

    mutating func number(_ value: UInt64) { number(Int(clamping: value)) }

    mutating func text(_ value: String) {
        separate()
        string(value)
    }

    // MARK: Members

    mutating func object(_ name: String, _ content: (inout JSONWriter) -> Void) {
        key(name)
        object(content)
    }

    mutating func array<Element>(
        _ name: String, _ elements: [Element], _ content: (Element, inout JSONWriter) -> Void
    ) {
        key(name)
        array(elements, content)
    }

    mutating func number(_ name: String, _ value: Int) {
        key(name)
        number(value)
    }

    mutating func number(_ name: String, _ value: UInt64) { number(name, Int(clamping: value)) }

    mutating func text(_ name: String, _ value: String) {
        key(name)
        text(value)
    }

    mutating func bool(_ name: String, _ value: Bool) {
        key(name)
        literal(value ? "true" : "false")
    }

    mutating func null(_ name: String) {
        key(name)
        literal("null")
    }

    // MARK: Punctuation

    private mutating func literal(_ text: StaticString) {
        separate()
        out.append(text)
    }

    private mutating func key(_ name: String) {
        separate()
        string(name)
        out.append(":")
        needsComma = false
    }

    private mutating func begin(_ bracket: UInt8) {
        separate()
        out.append(bracket)
        needsComma = false
    }

    private mutating func end(_ bracket: UInt8) {
        out.append(bracket)
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { out.append(",") }
        needsComma = true
    }

    private mutating func string(_ text: String) {
        out.append("\"")
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""): out.append("\\\"")
            case UInt8(ascii: "\\"): out.append("\\\\")
            case 0..<0x20:
                out.append("\\u00")
                for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? digit + 48 : digit + 87) }
            default: out.append(byte)
            }
        }
        out.append("\"")
    }
}
