public import Bytes

/// Where a request's body ends (RFC 9112, 6.3).
public enum BodyFraming: Equatable, Sendable {
    case none
    case contentLength(Int)
    case chunked
}

/// What a request head says. Every range is an offset into the bytes that were parsed, so nothing is copied.
///
/// An object, filled anew by each parse, since it is too large to be handed on by value: one serves a whole loop.
public final class RequestHead {
    public internal(set) var method = HTTPMethod.other
    /// The method as it was sent.
    public internal(set) var methodRange = ByteRange.empty
    /// The request target as it was sent, in whichever form: visible ASCII only.
    public internal(set) var target = ByteRange.empty
    /// 1 for HTTP/1.1, 0 for HTTP/1.0.
    public internal(set) var minorVersion: UInt8 = 1
    /// Where the request line starts: behind the empty lines that a client may send before it.
    public internal(set) var start = 0
    /// Where the field lines start.
    public internal(set) var fieldsStart = 0
    /// All bytes up to the body: skipped empty lines, request line, fields and the empty line.
    public internal(set) var headBytes = 0
    /// How many field lines there were.
    public internal(set) var fieldCount = 0
    public internal(set) var framing = BodyFraming.none
    /// Whether the client lets the connection serve another request (RFC 9112, 9.3).
    public internal(set) var keepAlive = false
    /// Whether the client waits for 100 (Continue) before it sends the body.
    public internal(set) var expectsContinue = false
    /// The known fields, in place.
    private var fields = FieldSlots()

    public init() {}

    @inline(__always)
    public subscript(field: KnownField) -> FieldSlot { fields[field] }

    /// Forgets what an earlier head left that a new one does not always overwrite.
    @inline(__always)
    func reset() {
        fields.clear()
        expectsContinue = false
    }

    /// Counts one more `field`, and keeps its value if it is the first.
    @inline(__always)
    func note(_ field: KnownField, _ bytes: Span<UInt8>, _ value: Range<Int>) {
        fields.note(field, bytes, value)
    }

    /// Becomes the same as `other`, whose bytes stand elsewhere from now on: at the same offsets from their start.
    public func copy(_ other: RequestHead) {
        method = other.method
        methodRange = other.methodRange
        target = other.target
        minorVersion = other.minorVersion
        start = other.start
        fieldsStart = other.fieldsStart
        headBytes = other.headBytes
        fieldCount = other.fieldCount
        framing = other.framing
        keepAlive = other.keepAlive
        expectsContinue = other.expectsContinue
        fields.copy(other.fields)
    }

    /// Calls `body` with the ranges of every field's name and value, in order. For what a `FieldSlot` does not tell.
    ///
    /// `bytes`: the very bytes that were parsed.
    public func forEachField(in bytes: Span<UInt8>, _ body: (_ name: ByteRange, _ value: ByteRange) -> Void) {
        let end = headBytes - 2
        var line = fieldsStart
        while line < end {
            guard let colon = bytes.firstIndex(of: UInt8(ascii: ":"), from: line) else { return }
            guard let cr = bytes.firstIndex(of: UInt8(ascii: "\r"), from: colon) else { return }
            body(ByteRange(offset: line, length: colon - line), bytes.trimmingWhitespace(colon + 1..<cr))
            line = cr + 2
        }
    }

    /// Calls `body` with every value of the field `name` (lower case), in order, so that a caller can join them.
    public func forEachValue(of name: Span<UInt8>, in bytes: Span<UInt8>, _ body: (ByteRange) -> Void) {
        forEachField(in: bytes) { field, value in
            if bytes.extracting(field.range).equalsIgnoringASCIICase(name) { body(value) }
        }
    }

    /// Calls `body` with every value of the field `name` (lower case), in order.
    public func forEachValue(of name: StaticString, in bytes: Span<UInt8>, _ body: (ByteRange) -> Void) {
        forEachField(in: bytes) { field, value in
            if bytes.extracting(field.range).equalsIgnoringASCIICase(name) { body(value) }
        }
    }
}
