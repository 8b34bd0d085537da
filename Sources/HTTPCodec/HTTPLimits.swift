/// Every bound of the HTTP side, in bytes unless the name says otherwise. A peer that goes past one is answered
/// with the status named here, and its connection ends.
public struct HTTPLimits: Sendable, Equatable {
    /// Request target, field names and field values together, as Node counts its `maxHeaderSize`: reaching it is 431.
    /// Of the white space before a value the first space is free; of the rest of the head, nothing counts.
    public var headBytes = 16_384
    /// The request target by itself: reaching it is 414. (Node has no bound but that of the whole head.)
    public var targetBytes = 16_384
    /// Field lines in one head: more are 431. (Node keeps the first 2,000 and silently drops the rest.)
    public var fieldCount = 2_000
    /// One field name: a longer one is 431.
    public var fieldNameBytes = 256
    /// Empty lines before a request line, which RFC 9112, 2.2 asks to ignore: more are 400.
    public var leadingEmptyLines = 8
    /// Spaces in a row between the parts of a request line: more are 400.
    public var separatorSpaces = 8
    /// A body's data, transfer framing not counted: more is 413. The head's reader and `ChunkedBody` leave this one to
    /// the caller.
    public var bodyBytes = 10 * 1024 * 1024
    /// The line before a chunk, size and extensions: more is 413.
    public var chunkLineBytes = 1_024
    /// The trailer section as it is on the wire: more is 431.
    public var trailerBytes = 8_192

    public init() {}
}
