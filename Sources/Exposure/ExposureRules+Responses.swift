public import Bytes
internal import BridgeProtocol
internal import HTTPCodec

/// The bytes of responses, as the release that the rules describe writes them.
extension ExposureRules {
    // What writes responses is `mutating`, although it changes nothing: this value is large, and the compiler copies
    // all of it for each call of a method that only reads.

    /// Appends the body of a rejection; it may name the target of the request that was decided, or read, last.
    public func writeBody(of rejection: Rejection, into buffer: inout ByteBuffer) {
        let isPretty = settings.rules.prettyErrors && rejection != .outside
        let message = texts.message(of: rejection)
        if let shown = targets.shown(id.span) {
            ErrorEnvelope.write(rejection, message: message.span, id: shown.span, isPretty: isPretty, into: &buffer)
        } else {
            ErrorEnvelope.write(rejection, message: message.span, id: id.span, isPretty: isPretty, into: &buffer)
        }
    }

    /// Appends the head of an answer with a JSON body.
    ///
    /// - Parameters:
    ///   - status: 200 to 599.
    ///   - id: as `requestID` gave it for this request.
    ///   - bodyBytes: what `content-length` says; the body itself is the caller's to append, unless the request was
    ///     HEAD.
    ///   - retryAfterSeconds: adds Retry-After.
    public mutating func writeHead(
        status: Int, id: RunnerRequestID = .none, cors block: CORSBlock, bodyBytes: Int,
        retryAfterSeconds: Int? = nil, _ tails: borrowing ResponseHeadSuffix, _ end: ConnectionEnd,
        into buffer: inout ByteBuffer
    ) {
        if status == 200 {
            cors.appendOKPrefix(block, id, to: &buffer)
        } else {
            StatusLine.write(status: status, into: &buffer)
            id.writeLine(into: &buffer)
            cors.appendLines(block, to: &buffer)
            buffer.append(CORSBlocks.jsonStart)
        }
        buffer.append(decimal: bodyBytes)
        if let retryAfterSeconds {
            buffer.append("\r\nRetry-After: ")
            buffer.append(decimal: retryAfterSeconds)
        }
        tails.append(end, secured: hasSecurityHeaders, to: &buffer)
    }

    /// Appends the whole answer to a preflight request.
    public mutating func writePreflight(
        _ block: CORSBlock, _ tails: borrowing ResponseHeadSuffix, _ end: ConnectionEnd, into buffer: inout ByteBuffer
    ) {
        buffer.append("HTTP/1.1 204 No Content\r\n")
        cors.appendLines(block, to: &buffer)
        buffer.append("content-length: 0")
        tails.append(end, secured: false, to: &buffer)
    }

    /// Appends the whole answer with a task's result: `{"ok":true,"result":`payload`}`.
    ///
    /// - Parameter payload: JSON text; nil if there is none, as for an event: `{"ok":true}`.
    public mutating func writeResult(
        _ payload: Span<UInt8>?, id: RunnerRequestID = .none, cors block: CORSBlock,
        _ tails: borrowing ResponseHeadSuffix,
        _ end: ConnectionEnd, into buffer: inout ByteBuffer
    ) {
        guard let payload else {
            writeHead(status: 200, id: id, cors: block, bodyBytes: 11, tails, end, into: &buffer)
            return buffer.append(#"{"ok":true}"#)
        }
        // Room for head and body at once.
        buffer.reserve(payload.count + 512)
        writeResultStart(payloadBytes: payload.count, id: id, cors: block, tails, end, into: &buffer)
        buffer.append(payload)
        buffer.append(UInt8(ascii: "}"))
    }

    /// Appends an answer up to where a result's `payloadBytes` of JSON text have to follow, and then a `}`.
    public mutating func writeResultStart(
        payloadBytes: Int, id: RunnerRequestID = .none, cors block: CORSBlock, _ tails: borrowing ResponseHeadSuffix,
        _ end: ConnectionEnd, into buffer: inout ByteBuffer
    ) {
        cors.appendOKPrefix(block, id, to: &buffer)
        buffer.append(decimal: payloadBytes + Self.resultFrameBytes)
        tails.appendWithResultStart(end, secured: hasSecurityHeaders, to: &buffer)
    }

    /// Bytes of a body around a result's text.
    public static let resultFrameBytes = ResponseHeadSuffix.resultStart.utf8CodeUnitCount + 1
}

/// The messages that the app words itself.
struct RejectionTexts: Sendable {
    private var notConfigured: [UInt8] = []
    private var invalidBody: [UInt8]

    init(_ settings: ExposureSettings) {
        if case .closed(let message) = settings.auth { notConfigured = Array(message.utf8) }
        invalidBody = Array(settings.rules.invalidBodyText.utf8)
    }

    /// Empty for what every release words alike.
    func message(of rejection: Rejection) -> [UInt8] {
        switch rejection {
        case .authNotConfigured: notConfigured
        case .invalidJSON: invalidBody
        default: []
        }
    }
}
