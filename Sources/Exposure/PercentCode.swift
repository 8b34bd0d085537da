internal import Bytes

/// Percent-encoding (RFC 3986, 2.1), as browsers and JavaScript do it.
enum PercentCode {
    /// The value of a hexadecimal digit, nil if `byte` is none.
    static func hexValue(_ byte: UInt8) -> UInt8? {
        if byte &- 0x30 < 10 { return byte &- 0x30 }
        let letter = (byte | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }

    /// The byte that `%XX` at `at` stands for, nil if that is not there.
    static func byte(in text: Span<UInt8>, at: Int) -> UInt8? {
        guard at + 2 < text.count, text[at] == UInt8(ascii: "%"), let high = hexValue(text[at + 1]),
            let low = hexValue(text[at + 2])
        else { return nil }
        return high << 4 | low
    }

    /// Decodes what is encoded and leaves a percent sign that encodes nothing (URL Standard, 1.3, "percent-decode").
    static func decodeLeniently(_ text: Span<UInt8>, into out: inout [UInt8]) {
        var at = 0
        while at < text.count {
            if let byte = byte(in: text, at: at) {
                out.append(byte)
                at += 3
            } else {
                out.append(text[at])
                at += 1
            }
        }
    }

    /// `decodeURIComponent` of an ASCII text: false where it throws, at a percent sign that encodes nothing or at bytes
    /// that are not UTF-8. `out` is overwritten.
    static func decodeURIComponent(_ text: Span<UInt8>, into out: inout [UInt8]) -> Bool {
        out.removeAll(keepingCapacity: true)
        var isASCII = true
        var at = 0
        while at < text.count {
            guard text[at] == UInt8(ascii: "%") else {
                out.append(text[at])
                at += 1
                continue
            }
            guard let byte = byte(in: text, at: at) else { return false }
            if byte >= 0x80 { isASCII = false }
            out.append(byte)
            at += 3
        }
        return isASCII || UTF8Text.isWellFormed(out.span)
    }

    /// Appends `byte`, a character of a path, encoded where a URL's path needs it (URL Standard, 1.3, "path
    /// percent-encode set", as Node 20 has it). Node reads a request target as latin1, so a byte from 0x80 up is a code
    /// point.
    static func appendPathCharacter(_ byte: UInt8, to out: inout [UInt8]) {
        switch byte {
        case 0x00...0x20, 0x7F, UInt8(ascii: "\""), UInt8(ascii: "#"), UInt8(ascii: "<"), UInt8(ascii: ">"),
            UInt8(ascii: "?"), UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "}"):
            appendEncoded(byte, to: &out)
        case 0x80...:
            appendEncoded(0xC0 | byte >> 6, to: &out)
            appendEncoded(0x80 | byte & 0x3F, to: &out)
        default: out.append(byte)
        }
    }

    private static func appendEncoded(_ byte: UInt8, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "%"))
        for digit in [byte >> 4, byte & 15] { out.append(digit < 10 ? 0x30 + digit : 0x37 + digit) }
    }
}

/// UTF-8 (RFC 3629).
enum UTF8Text {
    /// Whether `text` is UTF-8 without overlong forms, surrogates and code points beyond U+10FFFF.
    static func isWellFormed(_ text: Span<UInt8>) -> Bool {
        var at = 0
        while at < text.count {
            let first = text[at]
            at += 1
            if first < 0x80 { continue }
            // How many bytes follow, and what the first of them may be (RFC 3629, section 4).
            let following: Int
            var range: ClosedRange<UInt8> = 0x80...0xBF
            switch first {
            case 0xC2...0xDF: following = 1
            case 0xE0: (following, range) = (2, 0xA0...0xBF)
            case 0xED: (following, range) = (2, 0x80...0x9F)
            case 0xE1...0xEF: following = 2
            case 0xF0: (following, range) = (3, 0x90...0xBF)
            case 0xF1...0xF3: following = 3
            case 0xF4: (following, range) = (3, 0x80...0x8F)
            default: return false
            }
            for _ in 0..<following {
                guard at < text.count, range.contains(text[at]) else { return false }
                range = 0x80...0xBF
                at += 1
            }
        }
        return true
    }
}
