internal import Bytes
internal import Settings

/// What is kept of a request beside what serving it takes: only while request ids, traces or the access log are on.
final class RequestTrace {
    /// A value that the request brought, or that was made for it.
    struct Field {
        /// Empty when the request has none and none is made.
        let value: [UInt8]
        /// It was made here, so the task's view of the head lacks it.
        let isMade: Bool
    }

    let requestID: [UInt8]
    let traceparent: [UInt8]
    /// Request ids are on: the response names it.
    let echoesRequestID: Bool
    let madeRequestID: Bool
    let madeTraceparent: Bool
    /// Whom trusted proxies say the request is from.
    let forwardedFor: IPAddress?

    private(set) var receiveNanoseconds: UInt64 = 0
    private(set) var validateNanoseconds: UInt64 = 0
    private(set) var queueNanoseconds: UInt64 = 0

    init(requestID: Field, echoesRequestID: Bool, traceparent: Field, forwardedFor: IPAddress?) {
        self.requestID = requestID.value
        self.traceparent = traceparent.value
        self.echoesRequestID = echoesRequestID
        madeRequestID = requestID.isMade
        madeTraceparent = traceparent.isMade
        self.forwardedFor = forwardedFor
    }

    /// Where the request's time went before it was dispatched.
    func setStages(receive: UInt64, queue: UInt64, validate: UInt64) {
        receiveNanoseconds = receive
        queueNanoseconds = queue
        validateNanoseconds = validate
    }

    /// Whether the head that the task sees differs from the one the client sent.
    var changesHead: Bool { madeRequestID || madeTraceparent }

    /// Appends `head` with the fields that were made here, in place of what the client sent under these names: an id
    /// that was not acceptable must not reach the task beside the one that counts.
    ///
    /// - Parameter head: a request head that was parsed: every line ends with CRLF, the last is empty.
    func write(_ head: Span<UInt8>, into out: inout ByteBuffer) {
        var start = 0
        while let cr = head.firstIndex(of: UInt8(ascii: "\r"), from: start), cr > start {
            let line = head.extracting(start..<cr + 2)
            if !replaces(line) { out.append(line) }
            start = cr + 2
        }
        if madeRequestID { appendField("x-request-id: ", requestID, into: &out) }
        if madeTraceparent { appendField("traceparent: ", traceparent, into: &out) }
        out.append("\r\n")
    }

    private func replaces(_ line: Span<UInt8>) -> Bool {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let name = line.extracting(first: colon)
        if madeRequestID && name.equalsIgnoringASCIICase("x-request-id") { return true }
        // Without its parent a tracestate means nothing (W3C Trace Context, section 3.3).
        return madeTraceparent
            && (name.equalsIgnoringASCIICase("traceparent") || name.equalsIgnoringASCIICase("tracestate"))
    }

    /// Puts the request id at the end of the response head that begins at `start` in `out`.
    func echo(into out: inout ByteBuffer, from start: Int) {
        guard echoesRequestID else { return }
        guard let headEnd = Self.endOfFields(out.bytes, from: start) else { return }
        let rest = out.bytes.extracting(droppingFirst: headEnd).copied()
        out.dropLast(rest.count)
        appendField("x-request-id: ", requestID, into: &out)
        out.append(rest)
    }

    /// Appends the first bytes of an answer that the app wrote itself, with the request id in its head: unless the app
    /// set one, or the whole head is not there.
    func echo(into out: inout ByteBuffer, responseStart: Span<UInt8>) {
        guard echoesRequestID, let headEnd = Self.endOfFields(responseStart, from: 0),
            !Self.hasRequestID(responseStart.extracting(first: headEnd))
        else { return out.append(responseStart) }
        out.append(responseStart.extracting(first: headEnd))
        appendField("x-request-id: ", requestID, into: &out)
        out.append(responseStart.extracting(droppingFirst: headEnd))
    }

    private func appendField(_ name: StaticString, _ value: [UInt8], into out: inout ByteBuffer) {
        out.append(name)
        out.append(value)
        out.append("\r\n")
    }

    /// How much follows the response head that begins at `start`.
    static func bodyBytes(of bytes: Span<UInt8>, from start: Int) -> Int {
        endOfFields(bytes, from: start).map { bytes.count - $0 - 2 } ?? 0
    }

    /// Where the empty line behind the fields begins.
    private static func endOfFields(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var at = start
        while let cr = bytes.firstIndex(of: UInt8(ascii: "\r"), from: at) {
            if cr + 4 <= bytes.count, bytes.littleEndianUInt32(at: cr) == 0x0a0d_0a0d { return cr + 2 }
            at = cr + 1
        }
        return nil
    }

    private static func hasRequestID(_ head: Span<UInt8>) -> Bool {
        var at = 0
        while let lf = head.firstIndex(of: UInt8(ascii: "\n"), from: at) {
            at = lf + 1
            if at + 13 <= head.count, head.extracting(at..<at + 13).equalsIgnoringASCIICase("x-request-id:") {
                return true
            }
        }
        return false
    }
}
