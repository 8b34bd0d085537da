public import Bytes

/// The member of a request body that the app is given: a task takes `input`, an event takes `payload`.
public enum MemberName: Sendable {
    case input, payload
}

/// What `JSONChecker` learns about a text on its way through. It means something only after the verdict `valid`.
public struct JSONSummary: Equatable, Sendable {
    /// The value of the asked-for member of the top-level object, without white space around it. Nil when the
    /// top-level value is no object or has no such member. Of several, the last, as in `JSON.parse`.
    public var member: ByteRange?
    /// The whole text without the white space around it.
    public var value = ByteRange.empty
    /// Whether every byte of the text is below 0x80, so that Node may decode it as latin1.
    public var isASCII = true
    /// Whether the top-level value is an object.
    public var isObject = false
    /// Whether any object key, at any depth, begins with `$` or is `__proto__`, however it is escaped. EJSON gives
    /// meaning to the former and plain assignment to the latter, so `JSON.parse` alone gives the same value only
    /// without them.
    public var hasDollarKey = false
    /// The same, asked only of the top-level object's own keys.
    public var hasTopLevelDollarKey = false

    @inlinable public init() {}
}

/// Whether a text is JSON. Offsets are in bytes from the start of the text.
public enum JSONVerdict: Equatable, Sendable {
    case valid
    /// The byte at `offset` cannot be there; at the length of the text, more was expected.
    case invalid(offset: Int)
    /// The bracket at `offset` opens one array or object more than the depth limit allows.
    case tooDeep(offset: Int)
}
