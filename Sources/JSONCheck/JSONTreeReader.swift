internal import Bytes

/// Why a text could not be read as a `JSONTree`.
public struct JSONTreeError: Error, Equatable, Sendable, CustomStringConvertible {
    public enum Reason: Equatable, Sendable {
        /// The text ends before the value does.
        case unexpectedEnd
        /// This byte cannot be there.
        case unexpectedByte(UInt8)
        /// More than `JSONTree.depthLimit` arrays and objects are open at once.
        case tooDeep
    }

    public let reason: Reason
    /// In bytes from the start of the text.
    public let offset: Int

    public var description: String {
        switch reason {
        case .unexpectedEnd: "not JSON: the text ends too early, at offset \(offset)"
        case .unexpectedByte(let byte) where byte > 0x20 && byte < 0x7F:
            "not JSON: unexpected '\(Character(UnicodeScalar(byte)))' at offset \(offset)"
        case .unexpectedByte(let byte): "not JSON: unexpected byte 0x\(String(byte, radix: 16)) at offset \(offset)"
        case .tooDeep: "nested deeper than \(JSONTree.depthLimit) levels at offset \(offset)"
        }
    }
}

extension JSONTree {
    /// How many arrays and objects may be open at once.
    public static let depthLimit = 64

    /// Reads a whole text, which must be JSON as `JSONChecker` has it, no deeper than `depthLimit`.
    public init(parsing text: Span<UInt8>) throws(JSONTreeError) {
        var checker = JSONChecker(depthLimit: Self.depthLimit)
        var summary = JSONSummary()
        switch checker.check(text, member: .input, into: &summary) {
        case .valid: break
        case .tooDeep(let offset): throw JSONTreeError(reason: .tooDeep, offset: offset)
        case .invalid(let offset):
            throw JSONTreeError(
                reason: offset < text.count ? .unexpectedByte(text[offset]) : .unexpectedEnd, offset: offset)
        }
        // The grammar has one home: from here on the text is known to be valid and shallow, so the builder asks no
        // more of it than where the tokens are.
        var at = text.endOfWhitespace(from: 0)
        self = Self.build(text, at: &at)
    }

    /// Builds the value that begins at `at`, which then moves behind it and the white space that follows.
    private static func build(_ text: Span<UInt8>, at: inout Int) -> JSONTree {
        let start = at
        let value: JSONTree
        switch text[start] {
        case ASCII.openBrace: value = .object(buildMembers(text, at: &at))
        case ASCII.openBracket: value = .array(buildElements(text, at: &at))
        case ASCII.quote: value = .string(buildString(text, at: &at))
        case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            at = text.endOfLiteral(from: start)
            value = text[start] == UInt8(ascii: "n") ? .null : .bool(text[start] == UInt8(ascii: "t"))
        default:
            at = text.endOfNumber(from: start)
            value = number(text.extracting(start..<at))
        }
        at = text.endOfWhitespace(from: at)
        return value
    }

    private static func buildMembers(_ text: Span<UInt8>, at: inout Int) -> [Member] {
        var members: [Member] = []
        repeat {
            at = text.endOfWhitespace(from: at + 1)
            if text[at] == ASCII.closeBrace { break }
            let key = buildString(text, at: &at)
            let colon = text.endOfWhitespace(from: at)
            at = text.endOfWhitespace(from: colon + 1)
            members.append(Member(key, build(text, at: &at)))
        } while text[at] == ASCII.comma
        at += 1
        return members
    }

    private static func buildElements(_ text: Span<UInt8>, at: inout Int) -> [JSONTree] {
        var elements: [JSONTree] = []
        repeat {
            at = text.endOfWhitespace(from: at + 1)
            if text[at] == ASCII.closeBracket { break }
            elements.append(build(text, at: &at))
        } while text[at] == ASCII.comma
        at += 1
        return elements
    }

    /// Builds the string whose opening quote is at `at`, which then moves behind the closing one.
    private static func buildString(_ text: Span<UInt8>, at: inout Int) -> String {
        var utf8: [UInt8] = []
        at += 1
        while text[at] != ASCII.quote {
            if text[at] == ASCII.backslash {
                let scalar = scalar(text, at: &at)
                utf8.append(contentsOf: Array(String(Character(scalar)).utf8))
            } else {
                utf8.append(text[at])
                at += 1
            }
        }
        at += 1
        // Repairs what is ill-formed. What an escape stands for begins with a lead byte or ASCII, so it never
        // completes a sequence that was cut short before it.
        return String(decoding: utf8, as: UTF8.self)
    }

    /// The character that the escape at `at` stands for, two escapes where they are a surrogate pair; U+FFFD for a
    /// surrogate without a partner.
    private static func scalar(_ text: Span<UInt8>, at: inout Int) -> UnicodeScalar {
        let unit = text.codeUnit(at: &at)
        guard UTF16.isLeadSurrogate(unit), text[at] == ASCII.backslash else {
            return UnicodeScalar(unit) ?? "\u{FFFD}"
        }
        var behind = at
        let partner = text.codeUnit(at: &behind)
        guard UTF16.isTrailSurrogate(partner) else { return "\u{FFFD}" }
        at = behind
        return UTF16.decode(UTF16.EncodedScalar([unit, partner]))
    }

    private static func number(_ digits: Span<UInt8>) -> JSONTree {
        let text = String(decoding: digits.copied(), as: UTF8.self)
        // -0 is a number that an integer cannot be.
        if text != "-0", let value = Int(text) { return .integer(value) }
        return .number(Double(text) ?? .nan)
    }
}
