internal import Bytes

/// What an object key says once its escapes are resolved, as far as the checker asks. Most say nothing.
struct JSONKey: OptionSet {
    var rawValue: UInt8

    /// Means something of its own to the serializer.
    static let meaningful = JSONKey(rawValue: 1)
    /// Is the name of the member looked for.
    static let member = JSONKey(rawValue: 2)
    /// Is `returnPayload`, where the member looked for is `payload`.
    static let returnPayload = JSONKey(rawValue: 4)

    @inline(__always) init(rawValue: UInt8) { self.rawValue = rawValue }

    /// A key without any backslash, `text[start..<end]`.
    /// - Parameter member: the name to compare it with, nil when none is asked for.
    @inline(__always) init(
        plain text: Span<UInt8>, from start: Int, to end: Int, member: MemberName?, _ serializer: SerializerKeys
    ) {
        self = []
        guard start < end else { return }
        let first = text[start]
        if let member {
            if member.isSpelled(in: text, from: start, to: end) { self = .member }
            if member == .payload && end - start == 13
                && text.extracting(start..<end).equals("returnPayload")
            {
                self = .returnPayload
            }
        }
        switch serializer {
        case .ejson:
            if first == ASCII.dollar
                || (first == ASCII.underscore && text.extracting(start..<end).equals("__proto__"))
            {
                insert(.meaningful)
            }
        case .runner:
            // All of them begin with one of four characters.
            if first == ASCII.dollar || first == ASCII.underscore || first == UInt8(ascii: "c")
                || first == UInt8(ascii: "p")
            {
                if SerializerKeys.isOfRunner(text.extracting(start..<end)) { insert(.meaningful) }
            }
        }
    }

    /// A key with escapes, all of them known to be well-formed.
    @inline(never) init(escaped key: Span<UInt8>, member: MemberName?, _ serializer: SerializerKeys) {
        // As long as the longest beginning asked for, and longer than every name, so that a longer key never looks like
        // one.
        var resolved = InlineArray<16, UInt8>(repeating: 0)
        var length = 0
        var at = 0
        while at < key.count && length < 16 {
            let unit = key.codeUnit(at: &at)
            // All names asked for are ASCII: any other code unit only has to match none of them.
            resolved[length] = unit < 0x80 ? UInt8(unit) : 0xFF
            length += 1
        }
        self.init(plain: resolved.span, from: 0, to: length, member: member, serializer)
    }
}

extension MemberName {
    /// Whether `text[start..<end]` is this name: two loads that overlap instead of a loop over its letters.
    @inline(__always) fileprivate func isSpelled(in text: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        switch self {
        case .input:
            return end - start == 5 && text.littleEndianUInt32(at: start) == 0x7570_6E69  // "inpu"
                && text.littleEndianUInt32(at: start + 1) == 0x7475_706E  // "nput"
        case .payload:
            return end - start == 7 && text.littleEndianUInt32(at: start) == 0x6C79_6170  // "payl"
                && text.littleEndianUInt32(at: start + 3) == 0x6461_6F6C  // "load"
        }
    }
}

extension Span where Element == UInt8 {
    /// The byte at `at`, or the UTF-16 code unit that the well-formed escape there stands for; `at` moves behind it.
    func codeUnit(at: inout Int) -> UInt16 {
        let byte = self[at]
        guard byte == ASCII.backslash else {
            at += 1
            return UInt16(byte)
        }
        let letter = self[at + 1]
        at += 2
        switch letter {
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "u"):
            var unit: UInt16 = 0
            for digit in at..<at + 4 { unit = unit << 4 | (self[digit].hexDigitValue ?? 0) }
            at += 4
            return unit
        default: return UInt16(letter)
        }
    }
}
