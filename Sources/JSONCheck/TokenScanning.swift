internal import Bytes

/// How far each of JSON's tokens reaches.
///
/// A scan answers the offset just behind the token, or, where the token is broken, the complement (`~`) of the
/// offset of the byte that cannot be there: an `Int` in a register is what the checker's loop can afford. Offsets
/// are never negative, so the sign tells which.
extension Span where Element == UInt8 {
    /// The first byte at or after `start` that is no white space, `count` when there is none.
    @inline(__always) func endOfWhitespace(from start: Int) -> Int {
        // Most texts are written without any white space, or with one space behind a colon.
        guard start < count else { return start }
        let byte = self[start]
        if byte > ASCII.space { return start }
        if byte == ASCII.space && start + 1 < count && self[start + 1] > ASCII.space { return start + 1 }
        return endOfWhitespaceRun(from: start)
    }

    private func endOfWhitespaceRun(from start: Int) -> Int {
        var at = start
        while at <= count - 16 {
            let chunk = simd16(at: at)
            let white =
                (chunk .== SIMD16<UInt8>(repeating: ASCII.space))
                .| (chunk .== SIMD16<UInt8>(repeating: ASCII.lineFeed))
                .| (chunk .== SIMD16<UInt8>(repeating: ASCII.carriageReturn))
                .| (chunk .== SIMD16<UInt8>(repeating: ASCII.tab))
            if let length = (.!white).firstTrueLane { return at + length }
            at += 16
        }
        while at < count && self[at].isJSONWhitespace { at += 1 }
        return at
    }

    /// Scans a string whose opening quote is just before `start`.
    ///
    /// UTF-8 need not be looked at: a decoder turns what is ill-formed into U+FFFD, which a string may hold, and
    /// never takes a byte below 0x80 for part of a longer sequence, so every quote stays a quote.
    /// - Parameter seen: every byte of the string is or-ed into it (and a few behind the string may be).
    /// - Parameter hasEscape: becomes true when there is a backslash.
    @inline(__always) func endOfString(from start: Int, seen: inout SIMD16<UInt8>, hasEscape: inout Bool) -> Int {
        var at = start
        while true {
            while at <= count - 16 {
                let chunk = simd16(at: at)
                seen |= chunk
                if let length = chunk.firstStringSpecial {
                    at += length
                    break
                }
                at += 16
            }
            guard at < count else { return ~count }
            let byte = self[at]
            if byte == ASCII.quote { return at + 1 }
            if byte == ASCII.backslash {
                hasEscape = true
                at = endOfEscape(from: at)
                if at < 0 { return at }
            } else if byte < ASCII.space {
                return ~at
            } else {
                seen[0] |= byte
                at += 1
            }
        }
    }

    /// The first byte at or after `start` that a string may hold only as an escape, `count` when there is none.
    func endOfUnescapedRun(from start: Int) -> Int {
        var at = start
        while at <= count - 16 {
            if let length = simd16(at: at).firstStringSpecial { return at + length }
            at += 16
        }
        while at < count && !self[at].isStringSpecial { at += 1 }
        return at
    }

    /// Scans the escape whose backslash is at `start`.
    func endOfEscape(from start: Int) -> Int {
        guard start + 1 < count else { return ~count }
        switch self[start + 1] {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            // Any four digits will do: JSON.parse takes surrogates that have no partner.
            for at in start + 2..<start + 6 {
                guard at < count else { return ~count }
                guard self[at].hexDigitValue != nil else { return ~at }
            }
            return start + 6
        default:
            return ~(start + 1)
        }
    }

    /// Scans a number that begins at `start` with a minus sign or a digit. Its size does not matter.
    @inline(__always) func endOfNumber(from start: Int) -> Int {
        var at = start
        if self[at] == ASCII.minus { at += 1 }
        if at < count && self[at] == ASCII.zero {
            at += 1
        } else {
            at = endOfDigits(from: at)
            if at < 0 { return at }
        }
        guard at < count else { return at }
        if self[at] == ASCII.period {
            at = endOfDigits(from: at + 1)
            if at < 0 { return at }
            guard at < count else { return at }
        }
        if self[at] | 0x20 == UInt8(ascii: "e") {
            at += 1
            if at < count && (self[at] == ASCII.plus || self[at] == ASCII.minus) { at += 1 }
            return endOfDigits(from: at)
        }
        return at
    }

    /// Scans one digit or more, byte by byte: numbers are short, and eight at a time measured slower.
    @inline(__always) private func endOfDigits(from start: Int) -> Int {
        var at = start
        while at < count && self[at].isDigit { at += 1 }
        return at > start ? at : ~at
    }

    /// Scans `true`, `false` or `null`, which `start` may be the first letter of.
    @inline(__always) func endOfLiteral(from start: Int) -> Int {
        if start <= count - 4 {
            let word = littleEndianUInt32(at: start)
            if word == 0x6575_7274 || word == 0x6C6C_756E { return start + 4 }  // "true", "null"
            if start <= count - 5 && self[start] == UInt8(ascii: "f")
                && littleEndianUInt32(at: start + 1) == 0x6573_6C61
            {
                return start + 5  // "f" and "alse"
            }
        }
        return brokenLiteral(from: start)
    }

    /// The first byte by which the text at `start`, known to be no literal, differs from the one it begins like.
    private func brokenLiteral(from start: Int) -> Int {
        let expected: [UInt8] =
            switch self[start] {
            case UInt8(ascii: "t"): Array("true".utf8)
            case UInt8(ascii: "f"): Array("false".utf8)
            case UInt8(ascii: "n"): Array("null".utf8)
            default: []
            }
        var at = start
        while at < count && at - start < expected.count && self[at] == expected[at - start] { at += 1 }
        return ~at
    }
}

extension SIMD16<UInt8> {
    /// The first lane that holds a byte with a meaning inside a string: the quote, the backslash, a control
    /// character.
    @inline(__always) fileprivate var firstStringSpecial: Int? {
        let special =
            (self .== SIMD16<UInt8>(repeating: ASCII.quote)) .| (self .== SIMD16<UInt8>(repeating: ASCII.backslash))
            .| (self .< SIMD16<UInt8>(repeating: ASCII.space))
        return special.firstTrueLane
    }
}

extension UInt8 {
    fileprivate var isStringSpecial: Bool { self == ASCII.quote || self == ASCII.backslash || self < ASCII.space }
}
