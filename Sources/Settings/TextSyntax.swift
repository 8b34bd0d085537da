/// The kinds of value that stay texts, each with the check that keeps a slip from becoming a puzzle later.
extension ValueSyntax where Value == String {
    /// A path in the file system; at most `limit` bytes of UTF-8.
    static func path(limit: Int = 4095) -> ValueSyntax {
        text("PATH") { text in
            if text.isEmpty || text.utf8.contains(0) { return "must be a path" }
            return text.utf8.count > limit
                ? "is \(text.utf8.count) bytes long; at most \(limit) fit a socket address" : nil
        }
    }

    /// A group by name or number.
    static var group: ValueSyntax {
        text("GROUP") { isVisible($0) ? nil : "must be the name or number of a group" }
    }

    /// Where the exposure's routes begin. Slashes at the end mean nothing and are dropped.
    static var basePath: ValueSyntax {
        ValueSyntax(
            placeholder: "PATH", schema: .text(pattern: "^/"),
            parse: { given throws(ValueProblem) in
                guard given.utf8.first == UInt8(ascii: "/") else {
                    throw ValueProblem("must begin with /, such as /__runner")
                }
                guard isVisible(given), !given.utf8.contains(UInt8(ascii: "?")), !given.utf8.contains(UInt8(ascii: "#"))
                else {
                    throw ValueProblem("must be a plain path: no space, ? or #")
                }
                var path = given
                while path.utf8.count > 1 && path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
                return path
            },
            format: { $0 })
    }

    /// `*`, `null` or a serialized origin (RFC 6454 section 6.2).
    static var origin: ValueSyntax {
        text("ORIGIN") { text in
            if text == "*" || text == "null" { return nil }
            let example = "such as https://app.example.com"
            let parts = text.split(separator: "/", omittingEmptySubsequences: false)
            guard isVisible(text), parts.count >= 3, parts[0].utf8.last == UInt8(ascii: ":"), parts[1].isEmpty,
                !parts[2].isEmpty
            else { return "must be *, null, or an origin \(example)" }
            return parts.count > 3 ? "must be an origin, which ends after its host and port, \(example)" : nil
        }
    }

    /// A shared secret. It has to fit a header field's value (RFC 9110 section 5.5).
    static var token: ValueSyntax {
        text("TOKEN") {
            isVisible($0, spaces: true) ? nil : "must be visible ASCII characters, with no space at either end"
        }
    }

    /// A header field's name (RFC 9110 section 5.1), kept in lower case.
    static var headerName: ValueSyntax {
        ValueSyntax(
            placeholder: "NAME", schema: .text(pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"),
            parse: { text throws(ValueProblem) in
                let isToken = text.utf8.allSatisfy { byte in
                    byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
                guard isToken && !text.isEmpty else {
                    throw ValueProblem("must be the name of a header, such as x-runner-token")
                }
                return text.lowercased()
            },
            format: { $0 })
    }

    /// The host of a URL without a port, or `*`; kept in lower case, and without the dot that may end it.
    static var hostName: ValueSyntax {
        ValueSyntax(
            placeholder: "NAME", schema: .text(pattern: "^([A-Za-z0-9._-]+|\\*)$"),
            parse: { text throws(ValueProblem) in
                let isName = text.utf8.allSatisfy { byte in
                    byte &- 48 < 10 || (byte | 0x20) &- 97 < 26 || "._-".utf8.contains(byte)
                }
                guard text == "*" || (isName && text.utf8.contains { $0 != UInt8(ascii: ".") }) else {
                    throw ValueProblem("must be a host name without scheme and port, such as sidecar, or *")
                }
                return (text.utf8.last == UInt8(ascii: ".") ? String(text.dropLast()) : text).lowercased()
            },
            format: { $0 })
    }

    /// A text that `fault` finds nothing wrong with; else it says what.
    private static func text(_ placeholder: String, _ fault: @escaping @Sendable (String) -> String?) -> ValueSyntax {
        ValueSyntax(
            placeholder: placeholder, schema: .text(pattern: nil),
            parse: { text throws(ValueProblem) in
                if let fault = fault(text) { throw ValueProblem(fault) }
                return text
            },
            format: { $0 })
    }
}

/// Whether `text` is one or more visible ASCII characters; with `spaces`, also spaces between them.
func isVisible(_ text: String, spaces: Bool = false) -> Bool {
    guard let first = text.utf8.first, let last = text.utf8.last, first != 0x20, last != 0x20 else { return false }
    return text.utf8.allSatisfy { (0x21...0x7e).contains($0) || (spaces && $0 == 0x20) }
}
