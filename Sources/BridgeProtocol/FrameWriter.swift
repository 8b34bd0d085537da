public import Bytes

/// Appends whole frames, padding included. Calls are `CallBatch`'s to write.
public enum FrameWriter {
    /// Appends a frame whose payload is `payload`.
    @inlinable public static func write(_ header: FrameHeader, payload: Span<UInt8>, into buffer: inout ByteBuffer) {
        precondition(payload.count <= FrameLimits.largestPayloadBytes)
        var header = header
        header.payloadBytes = UInt32(payload.count)
        buffer.reserve(header.totalBytes)
        header.write(into: &buffer)
        buffer.append(payload)
        buffer.append(zeros: header.totalBytes - FrameHeader.byteCount - payload.count)
    }

    // MARK: Front to shim

    /// Gives up `call`: its task's signal aborts, and nothing more comes for it.
    public static func cancel(call: UInt32, reason: CancelReason, into buffer: inout ByteBuffer) {
        FrameHeader(type: .cancel, detail: reason.rawValue, call: call).write(into: &buffer)
    }

    /// Opens a stream.
    ///
    /// - Parameter head: request line and header section as received, the empty line included; not empty.
    public static func request(
        call: UInt32, flags: RequestFlags, peer: PeerBlock, head: Span<UInt8>, into buffer: inout ByteBuffer
    ) {
        precondition(!head.isEmpty)
        let payloadBytes = PeerBlock.byteCount + head.count
        FrameHeader(type: .request, flags: flags.rawValue, call: call, payloadBytes: payloadBytes).write(into: &buffer)
        peer.write(into: &buffer)
        buffer.append(head)
        buffer.append(zeros: -payloadBytes & 7)
    }

    /// Bytes of a request's body as they were on the wire.
    public static func requestData(call: UInt32, _ data: Span<UInt8>, into buffer: inout ByteBuffer) {
        write(FrameHeader(type: .requestData, call: call), payload: data, into: &buffer)
    }

    public static func requestEnd(call: UInt32, into buffer: inout ByteBuffer) {
        FrameHeader(type: .requestEnd, call: call).write(into: &buffer)
    }

    /// - Parameter number: comes back in PONG.
    public static func ping(number: UInt32, into buffer: inout ByteBuffer) {
        FrameHeader(type: .ping, field: number).write(into: &buffer)
    }

    /// - Parameter origin: the value of Origin; nil if the request has none.
    public static func originQuestion(question: UInt32, origin: Span<UInt8>?, into buffer: inout ByteBuffer) {
        guard let origin else {
            let flags = OriginQuestionFlags.noOrigin.rawValue
            return FrameHeader(type: .originQuestion, flags: flags, call: question).write(into: &buffer)
        }
        write(FrameHeader(type: .originQuestion, call: question), payload: origin, into: &buffer)
    }

    // MARK: Both ways

    /// Grants `byteCount` more bytes of data for `call`.
    public static func credit(call: UInt32, byteCount: UInt32, into buffer: inout ByteBuffer) {
        FrameHeader(type: .credit, call: call, field: byteCount).write(into: &buffer)
    }

    public static func draining(_ flags: DrainingFlags = [], into buffer: inout ByteBuffer) {
        FrameHeader(type: .draining, flags: flags.rawValue).write(into: &buffer)
    }

    // MARK: Shim to front, for a stand-in in tests

    /// - Parameter hello: JSON text.
    public static func hello(
        version: UInt32 = BridgeProtocol.version, _ hello: Span<UInt8>, into buffer: inout ByteBuffer
    ) {
        write(FrameHeader(type: .hello, field: version), payload: hello, into: &buffer)
    }

    public static func result(
        call: UInt32, status: UInt16, flags: ResultFlags, _ payload: Span<UInt8>, into buffer: inout ByteBuffer
    ) {
        write(
            FrameHeader(type: .result, flags: flags.rawValue, detail: status, call: call), payload: payload,
            into: &buffer)
    }

    public static func responseData(call: UInt32, _ data: Span<UInt8>, into buffer: inout ByteBuffer) {
        write(FrameHeader(type: .responseData, call: call), payload: data, into: &buffer)
    }

    public static func responseEnd(call: UInt32, flags: ResponseEndFlags, into buffer: inout ByteBuffer) {
        FrameHeader(type: .responseEnd, flags: flags.rawValue, call: call).write(into: &buffer)
    }

    public static func pong(number: UInt32, _ load: WorkerLoad, into buffer: inout ByteBuffer) {
        FrameHeader(type: .pong, field: number, payloadBytes: load.byteCount).write(into: &buffer)
        load.write(into: &buffer)
    }

    /// - Parameter value: the value of Access-Control-Allow-Origin; empty unless `flags` has `allowed`.
    public static func originAnswer(
        question: UInt32, flags: OriginAnswerFlags, value: Span<UInt8>, into buffer: inout ByteBuffer
    ) {
        write(FrameHeader(type: .originAnswer, flags: flags.rawValue, call: question), payload: value, into: &buffer)
    }
}

/// What both sides must agree on before they talk.
public enum BridgeProtocol {
    /// The version that this front speaks.
    public static let version: UInt32 = 2
}
