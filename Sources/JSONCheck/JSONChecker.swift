internal import Bytes

/// Says whether a text is JSON exactly as V8 does, that is whether `JSON.parse(buffer.toString('utf8'))` would take
/// it, and learns what a `JSONSummary` holds in the same pass. It builds nothing and, at ordinary depth, allocates
/// nothing.
///
/// The grammar is RFC 8259's. V8 adds no extension and only these readings: numbers of any size, duplicate keys and
/// surrogate escapes without a partner are taken; a byte order mark is not; ill-formed UTF-8 is U+FFFD, which a
/// string may hold and nothing else may.
public struct JSONChecker: Sendable {
    /// How many arrays and objects may be open at once unless told otherwise. V8 knows no limit, but what walks the
    /// parsed value afterwards does: nodeExposure 4.8.6 takes a depth of 5,001 and refuses 10,001 as invalid JSON.
    public static let defaultDepthLimit = 10_000

    /// How many arrays and objects may be open at once.
    public let depthLimit: Int
    /// With more of them open a text is not plain.
    private let plainDepthLimit: Int
    private let serializer: SerializerKeys
    private let watchesReturnPayload: Bool

    /// The levels that `Nesting` has no room for: kept between checks for its memory.
    private var outerLevels: [UInt64] = []

    /// - Parameters:
    ///   - depthLimit: how many arrays and objects may be open at once; 0 allows only scalars.
    ///   - plainDepthLimit: how many may be in a text that is plain.
    ///   - serializer: what will read the texts that are not plain.
    ///   - watchesReturnPayload: whether the member `returnPayload` beside `payload` takes the whole body.
    public init(
        depthLimit: Int = JSONChecker.defaultDepthLimit, plainDepthLimit: Int = .max,
        serializer: SerializerKeys = .ejson, watchesReturnPayload: Bool = false
    ) {
        self.depthLimit = depthLimit
        self.plainDepthLimit = min(plainDepthLimit, depthLimit)
        self.serializer = serializer
        self.watchesReturnPayload = watchesReturnPayload
    }

    /// Checks `text`, which must be shorter than 4 GiB.
    ///
    /// - Parameter member: which member of the top-level object to look for.
    /// - Parameter summary: is overwritten; means something only if the answer is `valid`.
    public mutating func check(
        _ text: Span<UInt8>, member: MemberName, into summary: inout JSONSummary
    ) -> JSONVerdict {
        // A loop for each, in which the keys that mean something are constants.
        switch serializer {
        case .ejson: check(text, member, .ejson, into: &summary)
        case .runner: check(text, member, .runner, into: &summary)
        }
    }

    @inline(__always)
    private mutating func check(
        _ text: Span<UInt8>, _ member: MemberName, _ serializer: SerializerKeys, into summary: inout JSONSummary
    ) -> JSONVerdict {
        // A refused text leaves its levels behind.
        if !outerLevels.isEmpty { outerLevels.removeAll(keepingCapacity: true) }
        // All the loop touches are local values and inlined steps, so that they live in registers.
        var nesting = Nesting()
        var seen = SIMD16<UInt8>(repeating: 0)
        var isPlain = true
        var needsWhole = false
        let plainDepthLimit = plainDepthLimit
        var memberStart = -1
        summary.member = nil

        let start = text.endOfWhitespace(from: 0)
        var at = start
        element: while true {
            if nesting.isInObject {
                guard at < text.count && text[at] == ASCII.quote else { return .invalid(offset: at) }
                let keyStart = at + 1
                var hasEscape = false
                at = text.endOfString(from: keyStart, seen: &seen, hasEscape: &hasEscape)
                if at < 0 { return .invalid(offset: ~at) }
                let askedFor = nesting.depth == 1 ? member : nil
                let key =
                    hasEscape
                    ? JSONKey(escaped: text.extracting(keyStart..<at - 1), member: askedFor, serializer)
                    : JSONKey(plain: text, from: keyStart, to: at - 1, member: askedFor, serializer)
                at = text.endOfWhitespace(from: at)
                guard at < text.count && text[at] == ASCII.colon else { return .invalid(offset: at) }
                at = text.endOfWhitespace(from: at + 1)
                if !key.isEmpty {
                    if key.contains(.member) { memberStart = at }
                    if key.contains(.meaningful) {
                        isPlain = false
                        // Beside the member, too: the serializer may refuse what it finds there. And to the
                        // runner's own a graph is all of a text.
                        if serializer == .runner || memberStart < 0 { needsWhole = true }
                    }
                    if key.contains(.returnPayload) && watchesReturnPayload { needsWhole = true }
                }
            }

            guard at < text.count else { return .invalid(offset: at) }
            let first = text[at]
            switch first {
            case ASCII.quote:
                var hasEscape = false
                at = text.endOfString(from: at + 1, seen: &seen, hasEscape: &hasEscape)
            case ASCII.minus, ASCII.zero...ASCII.nine:
                at = text.endOfNumber(from: at)
            case ASCII.openBrace, ASCII.openBracket:
                if nesting.depth >= plainDepthLimit {
                    guard nesting.depth < depthLimit else { return .tooDeep(offset: at) }
                    // The serializer counts from the body's own level: it has to see all of it.
                    isPlain = false
                    needsWhole = true
                }
                nesting.open(object: first == ASCII.openBrace, outer: &outerLevels)
                at = text.endOfWhitespace(from: at + 1)
                // In ASCII each closing bracket is its opening one plus 2.
                guard at < text.count && text[at] == first &+ 2 else { continue element }
                nesting.close(outer: &outerLevels)
                at += 1
            default:
                at = text.endOfLiteral(from: at)
            }
            if at < 0 { return .invalid(offset: ~at) }

            // A value has just ended: what follows belongs to the container around it.
            while true {
                if nesting.depth <= 1 {
                    if nesting.depth == 0 { break element }
                    if memberStart >= 0 {
                        summary.member = ByteRange(offset: memberStart, length: at - memberStart)
                        memberStart = -1
                    }
                }
                at = text.endOfWhitespace(from: at)
                guard at < text.count else { return .invalid(offset: at) }
                let byte = text[at]
                if byte == ASCII.comma {
                    at = text.endOfWhitespace(from: at + 1)
                    continue element
                }
                guard byte == (nesting.isInObject ? ASCII.closeBrace : ASCII.closeBracket) else {
                    return .invalid(offset: at)
                }
                nesting.close(outer: &outerLevels)
                at += 1
            }
        }

        let end = text.endOfWhitespace(from: at)
        guard end == text.count else { return .invalid(offset: end) }
        summary.value = ByteRange(offset: start, length: at - start)
        summary.isObject = text[start] == ASCII.openBrace
        // Only strings can hold a byte from 0x80 up, and all of theirs were seen.
        summary.isASCII = (seen .>= SIMD16<UInt8>(repeating: 0x80)).firstTrueLane == nil
        summary.isPlain = isPlain
        summary.needsWhole = needsWhole
        return .valid
    }
}
