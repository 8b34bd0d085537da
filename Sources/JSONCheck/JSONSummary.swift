public import Bytes

/// The member of a request body that the app is given: a task takes `input`, an event takes `payload`.
public enum MemberName: Sendable {
    case input, payload
}

/// The serializer that reads what is not plain: which object keys mean something of their own to it.
public enum SerializerKeys: Sendable {
    /// EJSON: what begins with `$`. Besides, `JSON.parse` and plain assignment differ about `__proto__`.
    case ejson
    /// The runner's own, from 5.0 on: `__type` and `__graph`, what begins with `$runner.escape::`, and the names that
    /// it leaves out, `__proto__`, `constructor` and `prototype`.
    case runner

    /// Whether `key`, its escapes resolved, means something to the runner's own serializer.
    @inline(never)
    static func isOfRunner(_ key: Span<UInt8>) -> Bool {
        switch key.count {
        case 6: key.equals("__type")
        case 7: key.equals("__graph")
        case 9: key.equals("__proto__") || key.equals("prototype")
        case 11: key.equals("constructor")
        case 16...: key.extracting(first: 16).equals("$runner.escape::")
        default: false
        }
    }
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
    /// Whether no object key, at any depth and however it is escaped, has a meaning of its own to the serializer, and
    /// the text is not nested deeper than that allows: then `JSON.parse` alone gives the value that it would.
    public var isPlain = true
    /// Whether the app has to see the whole body, and not just the member asked for: there is a key with such a meaning
    /// outside the member, the body is nested too deep to be plain, or it asks for a payload to be returned.
    public var needsWhole = false

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
