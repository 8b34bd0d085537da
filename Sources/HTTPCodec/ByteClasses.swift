import Bytes

extension UInt8 {
    /// Whether this may be in a token, such as a method or a field name (RFC 9110, 5.6.2).
    @inline(__always)
    var isTokenCharacter: Bool {
        // One bit for each ASCII character: ! # $ % & ' * + - . 0-9, then A-Z ^ _ ` a-z | ~
        let bits: UInt64 = self < 64 ? 0x03FF_6CFA_0000_0000 : 0x57FF_FFFF_C7FF_FFFE
        return self < 128 && bits >> UInt64(self & 63) & 1 == 1
    }

    /// Whether this may be in a field value (RFC 9110, 5.5): no control character but HTAB; obs-text is let through.
    @inline(__always)
    var isFieldCharacter: Bool {
        self >= 0x20 ? self != 0x7F : self == 0x09
    }

    /// Space or horizontal tab.
    @inline(__always)
    var isOptionalWhitespace: Bool {
        self == 0x20 || self == 0x09
    }

    @inline(__always)
    var isDigit: Bool {
        self &- 0x30 < 10
    }

    @inline(__always)
    var isLetter: Bool {
        (self | 0x20) &- 0x61 < 26
    }

    /// The value of a hexadecimal digit, nil if this is none.
    @inline(__always)
    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter &+ 10 : nil
    }
}

/// Searches, sixteen bytes at a time, for the end of something: each answers `count` if all bytes to the end belong.
extension Span where Element == UInt8 {
    /// The first byte at or after `start` that may not be in a field value.
    @inline(__always)
    func endOfFieldCharacters(from start: Int) -> Int {
        var i = start
        while i <= count - 16 {
            let v = simd16(at: i)
            let control = (v .< SIMD16<UInt8>(repeating: 0x20)) .& (v .!= SIMD16<UInt8>(repeating: 0x09))
            let stop = (control .| (v .== SIMD16<UInt8>(repeating: 0x7F))).firstTrueLane
            if let stop { return i + stop }
            i += 16
        }
        while i < count && self[i].isFieldCharacter { i += 1 }
        return i
    }

    /// The first byte at or after `start` that is not visible ASCII.
    @inline(__always)
    func endOfVisibleASCII(from start: Int) -> Int {
        var i = start
        while i <= count - 16 {
            let v = simd16(at: i)
            let stop = ((v &- SIMD16<UInt8>(repeating: 0x21)) .>= SIMD16<UInt8>(repeating: 0x5E)).firstTrueLane
            if let stop { return i + stop }
            i += 16
        }
        while i < count && self[i] &- 0x21 < 0x5E { i += 1 }
        return i
    }

    /// The first byte at or after `start` that may not be in a token.
    @inline(__always)
    func endOfToken(from start: Int) -> Int {
        var i = start
        if i <= count - 16 {
            let v = simd16(at: i)
            let letter =
                ((v | SIMD16<UInt8>(repeating: 0x20)) &- SIMD16<UInt8>(repeating: 0x61)) .< SIMD16<UInt8>(repeating: 26)
            let digit = (v &- SIMD16<UInt8>(repeating: 0x30)) .< SIMD16<UInt8>(repeating: 10)
            // Letters, digits and dashes are what names are made of; the loop below knows the rest.
            i += (.!(letter .| digit .| (v .== SIMD16<UInt8>(repeating: 0x2D)))).firstTrueLane ?? 16
            if i < count && self[i] == UInt8(ascii: ":") { return i }
        }
        while i < count && self[i].isTokenCharacter { i += 1 }
        return i
    }

    /// `range` without the optional white space at both its ends.
    @inline(__always)
    func trimmingWhitespace(_ range: Range<Int>) -> ByteRange {
        var start = range.lowerBound
        var end = range.upperBound
        while start < end && self[start].isOptionalWhitespace { start += 1 }
        while end > start && self[end - 1].isOptionalWhitespace { end -= 1 }
        return ByteRange(offset: start, length: end - start)
    }
}
