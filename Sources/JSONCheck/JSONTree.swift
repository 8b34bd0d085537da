public import Bytes

/// A JSON value as a tree, for handshakes and configuration: small texts, read once. Request bodies never become one.
public indirect enum JSONTree: Equatable, Sendable {
    case null
    case bool(Bool)
    /// A number written without fraction and exponent that fits an `Int`.
    case integer(Int)
    /// Any other number. Beyond `Double`'s range it is infinite, as in JavaScript.
    case number(Double)
    /// A string; ill-formed UTF-8 and surrogates without a partner have become U+FFFD.
    case string(String)
    case array([JSONTree])
    /// The members in the order they were written, duplicate keys included.
    case object([Member])

    /// One member of an object.
    public struct Member: Equatable, Sendable {
        public var key: String
        public var value: JSONTree

        public init(_ key: String, _ value: JSONTree) {
            self.key = key
            self.value = value
        }
    }

    // MARK: Reading values

    /// The member `key` of an object, the last where there are several, as in JavaScript. Nil when this is no object.
    public subscript(key: String) -> JSONTree? {
        guard case .object(let members) = self else { return nil }
        return members.last { $0.key == key }?.value
    }

    public var isNull: Bool { self == .null }

    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// An integer, however it was written: `1`, `1.0` and `1e0` are all 1. Nil when it does not fit.
    public var intValue: Int? {
        switch self {
        case .integer(let value): value
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    public var doubleValue: Double? {
        switch self {
        case .integer(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    public var stringValue: String? {
        if case .string(let value) = self { value } else { nil }
    }

    public var arrayValue: [JSONTree]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The members of an object in the order they were written.
    public var objectValue: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    // MARK: Writing

    /// Appends this value as JSON text without white space, strings escaped as `JSON.stringify` does. A number that
    /// is not finite becomes `null`, as there; other numbers are the shortest text that reads back as the same
    /// value.
    public func write(into buffer: inout ByteBuffer) {
        switch self {
        case .null: buffer.append("null")
        case .bool(let value): value ? buffer.append("true") : buffer.append("false")
        case .integer(let value): buffer.append(utf8: String(value))
        case .number(let value): buffer.append(utf8: Self.text(of: value))
        case .string(let value): Self.write(value, into: &buffer)
        case .array(let elements):
            buffer.append(ASCII.openBracket)
            for (index, element) in elements.enumerated() {
                if index > 0 { buffer.append(ASCII.comma) }
                element.write(into: &buffer)
            }
            buffer.append(ASCII.closeBracket)
        case .object(let members):
            buffer.append(ASCII.openBrace)
            for (index, member) in members.enumerated() {
                if index > 0 { buffer.append(ASCII.comma) }
                Self.write(member.key, into: &buffer)
                buffer.append(ASCII.colon)
                member.value.write(into: &buffer)
            }
            buffer.append(ASCII.closeBrace)
        }
    }

    private static func write(_ text: String, into buffer: inout ByteBuffer) {
        JSONText.writeString(Array(text.utf8).span, into: &buffer)
    }

    private static func text(of number: Double) -> String {
        guard number.isFinite else { return "null" }
        // Swift writes 5.0 where JavaScript writes 5.
        let text = number.description
        return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
    }
}
