import Bytes

@testable import HTTPCodec

/// What a parse came to, in a form that compares.
struct Parsed: Equatable {
    var progress: HeadProgress
    var method = ""
    var target = ""
    var minorVersion: UInt8 = 0
    var start = 0
    var headBytes = 0
    var fieldCount = 0
    var framing = BodyFraming.none
    var keepAlive = false
    var expectsContinue = false
    var slots: [FieldSlot] = []

    init(_ progress: HeadProgress, _ head: RequestHead, _ bytes: [UInt8]) {
        self.progress = progress
        guard progress == .complete else { return }
        method = text(bytes, head.methodRange)
        target = text(bytes, head.target)
        minorVersion = head.minorVersion
        start = head.start
        headBytes = head.headBytes
        fieldCount = head.fieldCount
        framing = head.framing
        keepAlive = head.keepAlive
        expectsContinue = head.expectsContinue
        slots = KnownField.allCases.map { head[$0] }
    }
}

func text(_ bytes: [UInt8], _ range: ByteRange) -> String {
    String(decoding: bytes[range.range], as: UTF8.self)
}

/// The head at the start of `bytes`, given whole.
func parseWhole(_ bytes: [UInt8], _ parser: borrowing RequestHeadParser = RequestHeadParser()) -> (
    HeadProgress, RequestHead
) {
    let head = RequestHead()
    var scan = HeadScan()
    let progress = parser.parse(bytes.span, resuming: &scan, into: head)
    return (progress, head)
}

func parsed(_ bytes: [UInt8], _ parser: borrowing RequestHeadParser = RequestHeadParser()) -> Parsed {
    let (progress, head) = parseWhole(bytes, parser)
    return Parsed(progress, head, bytes)
}

/// The same, given in pieces that end at `cuts` and at the end; stops at the first answer that is not `.incomplete`.
/// Another connection's head is parsed in between into the same `RequestHead`, as on a loop.
func parsedInPieces(_ bytes: [UInt8], cuts: [Int], _ parser: borrowing RequestHeadParser = RequestHeadParser())
    -> Parsed
{
    let head = RequestHead()
    var scan = HeadScan()
    let other = Array("POST /other HTTP/1.1\r\nHost: o\r\nContent-Type: x\r\nContent-Length: 1\r\n\r\n".utf8)
    for end in cuts + [bytes.count] {
        let progress = parser.parse(bytes.span.extracting(0..<end), resuming: &scan, into: head)
        if progress != .incomplete { return Parsed(progress, head, bytes) }
        var otherScan = HeadScan()
        _ = parser.parse(other.span, resuming: &otherScan, into: head)
    }
    return Parsed(.incomplete, head, bytes)
}

func failure(_ text: String) -> HTTPError? {
    failure(Array(text.utf8))
}

/// The error that a head ends with, nil if it is good or goes on.
func failure(_ bytes: [UInt8], _ parser: borrowing RequestHeadParser = RequestHeadParser()) -> HTTPError? {
    if case .failed(let error) = parseWhole(bytes, parser).0 { error } else { nil }
}

/// A head with this after its request line and Host.
func headWith(_ fields: String, method: String = "POST") -> String {
    "\(method) /x HTTP/1.1\r\nHost: a\r\n\(fields)\r\n"
}

/// What is left of a chunked body.
struct Dechunked: Equatable {
    var data: [UInt8] = []
    /// nil while the body goes on.
    var outcome: ChunkEvent?
    /// Bytes read.
    var consumed = 0
}

/// Reads a chunked body given in pieces that end at `cuts` and at the end.
func dechunk(_ bytes: [UInt8], cuts: [Int] = [], limits: HTTPLimits = HTTPLimits()) -> Dechunked {
    var body = ChunkedBody(limits: limits)
    var result = Dechunked()
    var start = 0
    for end in cuts + [bytes.count] {
        let piece = Array(bytes[start..<end])
        var offset = 0
        reading: while true {
            let event = body.next(piece.span, at: &offset)
            switch event {
            case .data(let range):
                precondition(range.length > 0)
                result.data += piece[range.range]
            case .needMore:
                precondition(offset == piece.count)
                break reading
            case .end, .failed:
                result.outcome = event
                result.consumed = start + offset
                return result
            }
        }
        start = end
    }
    result.consumed = bytes.count
    return result
}

/// SplitMix64: the same numbers for the same seed everywhere.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
