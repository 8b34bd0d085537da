internal import Bytes

/// One pass over one text: the grammar as a loop with an explicit stack, so that no nesting can exhaust the thread's.
///
/// Everything the loop touches is a plain value and every step is inlined, so that it all lives in registers.
struct JSONWalk: ~Escapable {
    private let text: Span<UInt8>
    private let member: MemberName
    private let depthLimit: Int

    private var at = 0
    /// How many arrays and objects are open.
    private var depth = 0
    /// One bit for each of the up to 64 innermost open containers, the innermost lowest: 1 for an object.
    private var levels: UInt64 = 0
    /// Where the value of the member looked for begins while it is being walked, else -1.
    private var memberStart = -1
    /// All bytes of all strings or-ed together: only there can a valid text hold a byte from 0x80 up.
    private var seen = SIMD16<UInt8>(repeating: 0)

    private(set) var summary = JSONSummary()

    @_lifetime(copy text)
    init(_ text: Span<UInt8>, member: MemberName, depthLimit: Int) {
        self.text = text
        self.member = member
        self.depthLimit = depthLimit
    }

    /// - Parameter outerLevels: spare memory for the levels that do not fit into 64 bits.
    mutating func run(outerLevels: inout [UInt64]) -> JSONVerdict {
        if !outerLevels.isEmpty { outerLevels.removeAll(keepingCapacity: true) }
        at = text.endOfWhitespace(from: 0)
        let start = at

        value: while true {
            guard at < text.count else { return .invalid(offset: at) }
            let first = text[at]
            switch first {
            case ASCII.quote:
                var hasEscape = false
                at = text.endOfString(from: at + 1, seen: &seen, hasEscape: &hasEscape)
            case ASCII.minus, ASCII.zero...ASCII.nine:
                at = text.endOfNumber(from: at)
            case ASCII.openBrace, ASCII.openBracket:
                guard depth < depthLimit else { return .tooDeep(offset: at) }
                let isObject = first == ASCII.openBrace
                push(isObject: isObject, outerLevels: &outerLevels)
                at = text.endOfWhitespace(from: at + 1)
                // Each closing bracket is its opening one plus 2.
                if at < text.count && text[at] == first + 2 {
                    at += 1
                    pop(outerLevels: &outerLevels)
                    break
                }
                if isObject && !walkKey() { return .invalid(offset: ~at) }
                continue value
            default:
                at = text.endOfLiteral(from: at)
            }
            if at < 0 { return .invalid(offset: ~at) }

            // A value has just ended: what follows belongs to the container around it.
            while true {
                if depth <= 1 {
                    if depth == 0 { return finish(from: start) }
                    if memberStart >= 0 {
                        summary.member = ByteRange(offset: memberStart, length: at - memberStart)
                        memberStart = -1
                    }
                }
                at = text.endOfWhitespace(from: at)
                guard at < text.count else { return .invalid(offset: at) }
                let isObject = levels & 1 != 0
                let byte = text[at]
                if byte == ASCII.comma {
                    at = text.endOfWhitespace(from: at + 1)
                    if isObject && !walkKey() { return .invalid(offset: ~at) }
                    continue value
                }
                guard byte == (isObject ? ASCII.closeBrace : ASCII.closeBracket) else { return .invalid(offset: at) }
                at += 1
                pop(outerLevels: &outerLevels)
            }
        }
    }

    /// Walks a key, its colon and the white space around that. When it answers false, `at` is the complement of the offset
    /// of the byte that cannot be there.
    @inline(__always) private mutating func walkKey() -> Bool {
        guard at < text.count && text[at] == ASCII.quote else {
            at = ~at
            return false
        }
        let start = at + 1
        var hasEscape = false
        at = text.endOfString(from: start, seen: &seen, hasEscape: &hasEscape)
        if at < 0 { return false }
        let spelling = text.extracting(start..<at - 1)
        let key =
            hasEscape
            ? JSONKey(escaped: spelling, member: member)
            : JSONKey(plain: spelling, member: member, asksForMember: depth == 1)
        if key.isDollar {
            summary.hasDollarKey = true
            if depth == 1 { summary.hasTopLevelDollarKey = true }
        }

        at = text.endOfWhitespace(from: at)
        guard at < text.count && text[at] == ASCII.colon else {
            at = ~at
            return false
        }
        at = text.endOfWhitespace(from: at + 1)
        if key.isMember && depth == 1 { memberStart = at }
        return true
    }

    @inline(__always) private mutating func push(isObject: Bool, outerLevels: inout [UInt64]) {
        if depth & 63 == 0 && depth > 0 { outerLevels.append(levels) }
        levels = levels << 1 | (isObject ? 1 : 0)
        depth += 1
    }

    @inline(__always) private mutating func pop(outerLevels: inout [UInt64]) {
        depth -= 1
        levels >>= 1
        if depth & 63 == 0 && depth > 0 { levels = outerLevels.removeLast() }
    }

    /// The top-level value ended at `at`: only white space may follow.
    private mutating func finish(from start: Int) -> JSONVerdict {
        summary.value = ByteRange(offset: start, length: at - start)
        summary.isObject = text[start] == ASCII.openBrace
        summary.isASCII = seen.max() < 0x80
        let end = text.endOfWhitespace(from: at)
        return end == text.count ? .valid : .invalid(offset: end)
    }
}
