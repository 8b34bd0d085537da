import Bytes

/// What the bytes so far amount to.
public enum HeadProgress: Equatable, Sendable {
    /// No fault so far; more bytes are needed.
    case incomplete
    case complete
    case failed(HTTPError)
}

/// How far a head that came in pieces has been read. All that a connection keeps between the pieces.
public struct HeadScan: Sendable, Equatable {
    /// Where the first unfinished line starts.
    var line: UInt32 = 0
    /// Bytes of the unfinished line's target or value up to here are known to be good.
    var checked: UInt32 = 0
    /// What the finished lines count against `HTTPLimits.headBytes`.
    var counted: UInt32 = 0
    var fields: UInt16 = 0
    var emptyLines: UInt8 = 0
    var hasRequestLine = false

    /// At the start of a head.
    @inlinable public init() {}
}

/// Reads the head of an HTTP/1.1 request (RFC 9112, 2-3 and 5) in place.
///
/// It is strict: whatever two implementations might understand differently is refused, since that is how requests are
/// smuggled past one of them. It is never laxer than Node's own parser.
///
/// One parser serves all connections of a loop; it has no state but its configuration.
public struct RequestHeadParser: ~Copyable, Sendable {
    public let limits: HTTPLimits
    private let custom: CustomField?

    /// `customField`: a field's name in lower case, whose value is kept besides those of the known ones.
    public init(limits: HTTPLimits = HTTPLimits(), customField: [UInt8]? = nil) {
        self.limits = limits
        custom = customField.map(CustomField.init)
    }

    /// Reads a head from the start of `bytes`.
    ///
    /// After `.incomplete`, call again with the same bytes and more behind them, and the same `scan`: no line is read
    /// again before the last piece, so a head that comes byte by byte costs no more than twice the work. The answer
    /// does not depend on how the bytes were split. After the other answers `scan` is fresh again, and `head` is
    /// meaningful only after `.complete`.
    public func parse(_ bytes: Span<UInt8>, resuming scan: inout HeadScan, into head: RequestHead) -> HeadProgress {
        let resumed = scan.line != 0 || scan.checked != 0
        head.reset()
        var progress = advance(bytes, &scan, head)
        if progress == .incomplete { return .incomplete }
        scan = HeadScan()
        if resumed && progress == .complete {
            // The lines of earlier pieces were only checked: now that all is there, note where everything is.
            head.reset()
            progress = advance(bytes, &scan, head)
            scan = HeadScan()
        }
        guard progress == .complete else { return progress }
        if let error = head.applyFieldRules(bytes) { return .failed(error) }
        return .complete
    }

    /// Reads line after line from where `scan` is.
    private func advance(_ bytes: Span<UInt8>, _ scan: inout HeadScan, _ head: RequestHead) -> HeadProgress {
        if !scan.hasRequestLine {
            let progress = skipEmptyLines(bytes, &scan)
            guard progress == .complete else { return progress }
            let requestLine = parseRequestLine(bytes, &scan, head)
            guard requestLine == .complete else { return requestLine }
        }
        return parseFields(bytes, &scan, head)
    }

    /// A client may send empty lines before its request (RFC 9112, 2.2); there, as for Node, an LF alone is one as
    /// well.
    @inline(__always)
    private func skipEmptyLines(_ bytes: Span<UInt8>, _ scan: inout HeadScan) -> HeadProgress {
        var at = Int(scan.line)
        while at < bytes.count {
            let byte = bytes[at]
            if byte != UInt8(ascii: "\r") && byte != UInt8(ascii: "\n") { break }
            if scan.emptyLines >= limits.leadingEmptyLines { return .failed(.malformedRequestLine) }
            if byte == UInt8(ascii: "\r") {
                guard at + 1 < bytes.count else { return .incomplete }
                guard bytes[at + 1] == UInt8(ascii: "\n") else { return .failed(.bareCarriageReturn) }
                at += 1
            }
            at += 1
            scan.emptyLines += 1
            scan.line = UInt32(at)
        }
        return at < bytes.count ? .complete : .incomplete
    }

    /// The field lines and the empty line behind them.
    @inline(__always)
    private func parseFields(_ bytes: Span<UInt8>, _ scan: inout HeadScan, _ head: RequestHead) -> HeadProgress {
        var line = Int(scan.line)
        var checked = Int(scan.checked)
        var counted = Int(scan.counted)
        var fields = Int(scan.fields)
        defer {
            scan.line = UInt32(line)
            scan.checked = UInt32(checked)
            scan.counted = UInt32(counted)
            scan.fields = UInt16(fields)
        }
        while line < bytes.count {
            if bytes[line] == UInt8(ascii: "\r") {
                guard line + 1 < bytes.count else { return .incomplete }
                guard bytes[line + 1] == UInt8(ascii: "\n") else { return .failed(.bareCarriageReturn) }
                head.headBytes = line + 2
                head.fieldCount = fields
                return .complete
            }
            if fields >= limits.fieldCount { return .failed(.tooManyFields) }

            let colon = bytes.endOfToken(from: line)
            let nameLength = colon - line
            if nameLength > limits.fieldNameBytes { return .failed(.headTooLarge) }
            guard colon < bytes.count else { return .incomplete }
            guard bytes[colon] == UInt8(ascii: ":") && nameLength > 0 else {
                return .failed(.ofFieldName(endingWith: bytes[colon], length: nameLength))
            }

            let end = bytes.endOfFieldCharacters(from: max(colon + 1, checked))
            // One space behind the colon is free.
            let afterColon = colon + 1
            let valueStart = afterColon < end && bytes[afterColon] == 0x20 ? afterColon + 1 : afterColon
            if counted + nameLength + (end - valueStart) >= limits.headBytes { return .failed(.headTooLarge) }
            guard end < bytes.count else {
                checked = end
                return .incomplete
            }
            guard bytes[end] == UInt8(ascii: "\r") else {
                return .failed(bytes[end] == UInt8(ascii: "\n") ? .bareLineFeed : .malformedFieldValue)
            }
            guard end + 1 < bytes.count else {
                checked = end
                return .incomplete
            }
            guard bytes[end + 1] == UInt8(ascii: "\n") else { return .failed(.bareCarriageReturn) }

            let words = FieldNameWords(bytes, line, colon)
            if let field = KnownField.named(words, bytes, line, colon) {
                head.note(field, bytes, valueStart..<end)
            } else if let custom, custom.isNamed(words, bytes, line, colon) {
                head.note(.custom, bytes, valueStart..<end)
            }
            counted += nameLength + (end - valueStart)
            fields += 1
            line = end + 2
            checked = 0
        }
        return .incomplete
    }
}

extension HTTPError {
    /// What is wrong with a field line whose name, `length` bytes long, is not followed by a colon.
    static func ofFieldName(endingWith byte: UInt8, length: Int) -> HTTPError {
        switch byte {
        case UInt8(ascii: "\n"): .bareLineFeed
        case UInt8(ascii: "\r"): .malformedField
        case _ where length == 0 && byte.isOptionalWhitespace: .foldedField
        default: .malformedFieldName
        }
    }
}
