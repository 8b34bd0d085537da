/// The part of YAML that a flat list of options needs: `key: value` lines, `[a, b]` and `- item` lists, quotes and
/// comments. Everything else (nesting, anchors, multi-line texts) is refused with its line, never guessed at.
enum FlatYAML {
    struct Entry: Equatable {
        let key: String
        var values: [String]
        /// From 1.
        let line: Int
    }

    struct Fault: Error, Equatable {
        let line: Int
        let reason: String
    }

    static func read(_ text: String) throws(Fault) -> [Entry] {
        var entries: [Entry] = []
        var listIsOpen = false
        // Split as scalars: to a `String`, CR LF is one character, and no LF.
        for (index, raw) in text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let number = index + 1
            let line = String(raw)
            let content = line.trimmed
            if content.isEmpty || content.utf8.first == UInt8(ascii: "#") || (index == 0 && content == "---") {
                continue
            }
            if content == "-" || content.utf8.starts(with: "- ".utf8) {
                guard listIsOpen else {
                    throw Fault(line: number, reason: "a list item belongs under a key, such as `listen:`")
                }
                let (value, _) = try scalar(String(content.dropFirst(1)).trimmed, number)
                guard let value else { throw Fault(line: number, reason: "a list item is missing its value") }
                entries[entries.count - 1].values.append(value)
                continue
            }
            if line.utf8.first == 0x20 || line.utf8.first == 0x09 {
                throw Fault(line: number, reason: "options are not nested: begin the line at the margin")
            }
            let (key, rest) = try keyAndRest(content, number)
            if entries.contains(where: { $0.key == key }) {
                throw Fault(line: number, reason: "\(key.quoted) is given twice")
            }
            let values = try self.values(rest, number)
            listIsOpen = values == nil
            entries.append(Entry(key: key, values: values ?? [], line: number))
        }
        return entries
    }

    private static func keyAndRest(_ content: String, _ line: Int) throws(Fault) -> (String, String) {
        guard let colon = content.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw Fault(line: line, reason: "expected `key: value`")
        }
        let rest = content[content.utf8.index(after: colon)...]
        guard rest.isEmpty || rest.utf8.first == 0x20 || rest.utf8.first == 0x09 else {
            throw Fault(line: line, reason: "a space belongs after the colon")
        }
        let (key, after) = try scalar(String(content[..<colon]).trimmed, line)
        guard let key, after.isEmpty else { throw Fault(line: line, reason: "expected `key: value`") }
        return (key, String(rest).trimmed)
    }

    /// The values on a key's own line; nil when there are none, so that list items may follow.
    private static func values(_ text: String, _ line: Int) throws(Fault) -> [String]? {
        guard text.utf8.first == UInt8(ascii: "[") else {
            let (value, after) = try scalar(text, line)
            guard after.isEmpty else { throw Fault(line: line, reason: "unexpected text after the value") }
            return value.map { [$0] }
        }
        var values: [String] = []
        var rest = String(text.dropFirst()).trimmed
        while rest.utf8.first != UInt8(ascii: "]") {
            let (value, after) = try scalar(rest, line, endsAtComma: true)
            guard let value else { throw Fault(line: line, reason: "a list item is missing its value") }
            values.append(value)
            rest = after
            if rest.utf8.first == UInt8(ascii: ",") {
                rest = String(rest.dropFirst()).trimmed
            } else if rest.utf8.first != UInt8(ascii: "]") {
                throw Fault(line: line, reason: "the list is not closed on its line")
            }
        }
        rest = String(rest.dropFirst()).trimmed
        guard rest.isEmpty || rest.utf8.first == UInt8(ascii: "#") else {
            throw Fault(line: line, reason: "unexpected text after the list")
        }
        return values
    }

    /// One plain or quoted text and what follows it; nil when nothing but a comment is there.
    private static func scalar(
        _ text: String, _ line: Int, endsAtComma: Bool = false
    ) throws(Fault) -> (value: String?, rest: String) {
        guard let first = text.unicodeScalars.first, first != "#" else { return (nil, "") }
        if first == "\"" || first == "'" { return try quotedScalar(text, quote: first, line) }
        if "&*!|>%@`{}".unicodeScalars.contains(first) && !(first == "*" && isLoneStar(text)) {
            throw Fault(line: line, reason: "a value that begins with \(first) has to be quoted")
        }
        var value = ""
        var previous: Unicode.Scalar = " "
        var scalars = text.unicodeScalars[...]
        while let next = scalars.first {
            if next == "#" && (previous == " " || previous == "\t") { break }
            if endsAtComma && (next == "," || next == "]") { return (value.trimmed, String(scalars)) }
            if next == ":" && (scalars.dropFirst().first ?? " ") == " " {
                throw Fault(line: line, reason: "a value with `: ` in it has to be quoted")
            }
            value.unicodeScalars.append(next)
            previous = next
            scalars.removeFirst()
        }
        return (value.trimmed, "")
    }

    /// `*` as a value of its own is every browser origin; YAML's alias would have a name behind it.
    private static func isLoneStar(_ text: String) -> Bool {
        guard let next = text.utf8.dropFirst().first else { return true }
        return next == 0x20 || next == UInt8(ascii: ",") || next == UInt8(ascii: "]")
    }

    private static func quotedScalar(
        _ text: String, quote: Unicode.Scalar, _ line: Int
    ) throws(Fault) -> (value: String?, rest: String) {
        var value = String.UnicodeScalarView()
        var scalars = text.unicodeScalars.dropFirst()
        while let next = scalars.popFirst() {
            if next == quote {
                // In single quotes a quote is written twice.
                if quote == "'" && scalars.first == "'" {
                    value.append(scalars.removeFirst())
                    continue
                }
                let rest = String(scalars).trimmed
                return (String(value), rest.utf8.first == UInt8(ascii: "#") ? "" : rest)
            }
            if next == "\\" && quote == "\"" {
                guard let escaped = scalars.popFirst(), let meant = escapes[escaped] else {
                    throw Fault(line: line, reason: "only \\\\ \\\" \\/ \\n and \\t may be escaped")
                }
                value.append(meant)
                continue
            }
            value.append(next)
        }
        throw Fault(line: line, reason: "the quote is not closed on its line")
    }

    private static let escapes: [Unicode.Scalar: Unicode.Scalar] = [
        "\\": "\\", "\"": "\"", "/": "/", "n": "\n", "t": "\t",
    ]
}
