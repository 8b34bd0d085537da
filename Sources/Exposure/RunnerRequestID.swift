public import Bytes

/// The `x-runner-request-id` of a request: the one it brought, or one made for it. Releases from 5.5 on name it in
/// their responses and show it to the task.
public enum RunnerRequestID: Equatable, Sendable {
    /// The release has none, or the request did not get so far.
    case none
    /// A UUID of version 4 (RFC 9562, 5.4), kept as its 128 bits until it is written.
    case made(UInt64, UInt64)
    /// Verbatim, the field's value is just the id.
    case brought([UInt8], isVerbatim: Bool)

    /// How long the id may be that a request brings.
    static let longest = 128

    /// The id in a field's value, nil if that cannot be one: JavaScript's `trim`, then 1 to 128 of `[A-Za-z0-9._:-]`.
    static func id(in value: Span<UInt8>) -> Range<Int>? {
        var start = 0
        var end = value.count
        while start < end, isTrimmed(value[start]) { start += 1 }
        while end > start, isTrimmed(value[end - 1]) { end -= 1 }
        guard start < end, end - start <= longest else { return nil }
        for at in start..<end where !isAcceptable(value[at]) { return nil }
        return start..<end
    }

    /// White space that a field's value may hold, read as latin1.
    private static func isTrimmed(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0xA0
    }

    private static func isAcceptable(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: ":"),
            UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // MARK: Writing

    private static let fieldName: StaticString = "x-runner-request-id"

    /// Appends the response's line; nothing for `none`.
    @inline(__always)
    func writeLine(into buffer: inout ByteBuffer) {
        if case .none = self { return }
        writeField(into: &buffer)
    }

    private func writeField(into buffer: inout ByteBuffer) {
        buffer.append(Self.fieldName)
        buffer.append(": ")
        switch self {
        case .none: break
        case .made(let high, let low): Self.writeUUID(high, low, into: &buffer)
        case .brought(let text, _): buffer.append(text.span)
        }
        buffer.append("\r\n")
    }

    private static func writeUUID(_ high: UInt64, _ low: UInt64, into buffer: inout ByteBuffer) {
        var text = InlineArray<36, UInt8>(repeating: UInt8(ascii: "-"))
        // The version, and the variant that RFC 9562 describes, at their places among the digits.
        var rest = high & ~0xF000 | 0x4000
        var at = 0
        for digits in 0..<32 {
            if digits == 16 { rest = low & ~(0b11 << 62) | 0b10 << 62 }
            if digits == 8 || digits == 12 || digits == 16 || digits == 20 { at += 1 }
            let digit = UInt8(rest &>> 60)
            text[at] = digit < 10 ? digit &+ 0x30 : digit &+ 0x57
            rest = rest &<< 4
            at += 1
        }
        buffer.append(text.span)
    }

    /// Whether the task is to see another head than the client sent.
    public var changesHead: Bool {
        switch self {
        case .none: false
        case .made: true
        case .brought(_, let isVerbatim): !isVerbatim
        }
    }

    /// Appends the request head as the task is to see it: with this id for its last field. An id that was made stands
    /// behind what the client sent, which was none; one that had to be trimmed, in its place.
    ///
    /// - Parameter head: the head that this id was found for: every line ends with CRLF, the last is empty.
    public func writeHead(_ head: Span<UInt8>, into out: inout ByteBuffer) {
        if case .brought = self {
            Self.appendOtherLines(of: head, to: &out)
        } else {
            out.append(head.extracting(first: head.count - 2))
        }
        writeLine(into: &out)
        out.append("\r\n")
    }

    private static func appendOtherLines(of head: Span<UInt8>, to out: inout ByteBuffer) {
        var start = 0
        while let cr = head.firstIndex(of: UInt8(ascii: "\r"), from: start), cr > start {
            let line = head.extracting(start..<cr + 2)
            if !isOfThisField(line) { out.append(line) }
            start = cr + 2
        }
    }

    private static func isOfThisField(_ line: Span<UInt8>) -> Bool {
        let length = fieldName.utf8CodeUnitCount
        return line.count > length && line[length] == UInt8(ascii: ":")
            && line.extracting(first: length).equalsIgnoringASCIICase(fieldName)
    }
}

/// Makes request ids. They tell requests apart and are no secret, so a small generator does (xoshiro256**).
struct RunnerRequestIDs: Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    init() {
        var random = SystemRandomNumberGenerator()
        // Never all zero, which would stay so.
        state = (random.next(), random.next(), random.next(), random.next() | 1)
    }

    mutating func next() -> RunnerRequestID { .made(number(), number()) }

    private mutating func number() -> UInt64 {
        let product = state.1 &* 5
        let result = (product &<< 7 | product &>> 57) &* 9
        let shifted = state.1 &<< 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = state.3 &<< 45 | state.3 &>> 19
        return result
    }
}
