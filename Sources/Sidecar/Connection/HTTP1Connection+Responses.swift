internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// Responses that are complete at once: a worker's result, or one of the front's own.
extension HTTP1Connection {
    func deliver(_ call: Call, _ result: WorkerResult, _ bytes: Span<UInt8>) {
        let now = serving.clock.nanoseconds
        call.update {
            $0.respond(status: result.status, rejection: nil, nowNanoseconds: now)
            if result.failure != .none { $0.fail(result.failure) }
        }
        serving.responseCame(bytes.count, of: call)
        guard call == pipeline.first else {
            write(result, bytes, of: call, into: &serving.calls.buffer(call, &loop.pool).bytes)
            return reserve(call.buffered?.bytes.count ?? 0, for: call)
        }
        prepareOutbox()
        let isLarge = result.content == .result && result.status == 200 && bytes.count >= Limits.largeBytes
        if isLarge && !(serving.isMirroring && serving.mirror.awaits(call)) {
            writeLarge(bytes, of: call)
        } else {
            write(result, bytes, of: call, into: &outbox)
        }
        finishFirst()
        flushSoon()
    }

    private func writeLarge(_ bytes: Span<UInt8>, of call: Call) {
        let before = outbox.count
        let end = end(behind: call)
        call.update { $0.setResponseBytes(bytes.count + ExposureRules.resultFrameBytes) }
        serving.exposure.rules.writeResultStart(
            payloadBytes: bytes.count, id: call.requestID, cors: call.cors, serving.exposure.tails, end, into: &outbox)
        if let trace = call.trace { trace.echo(into: &outbox, from: before) }
        writeThrough(bytes)
        outbox.append(UInt8(ascii: "}"))
    }

    private func write(
        _ result: WorkerResult, _ bytes: Span<UInt8>, of call: Call, into out: inout ByteBuffer
    ) {
        let before = out.count
        let end = end(behind: call)
        if result.status == 200 && result.content != .body {
            // `{"ok":true}`, or `{"ok":true,"result":…}`.
            let isEmpty = result.content == .empty
            serving.exposure.rules.writeResult(
                isEmpty ? nil : bytes, id: call.requestID, cors: call.cors, serving.exposure.tails, end, into: &out)
            call.update { $0.setResponseBytes(isEmpty ? 11 : bytes.count + ExposureRules.resultFrameBytes) }
        } else {
            // What these statuses carry would be read as the next response (RFC 9110, 6.4.1).
            let hasBody = call.method != .head && result.status != 204 && result.status != 304
            serving.exposure.rules.writeHead(
                status: result.status, id: call.requestID, cors: call.cors, bodyBytes: hasBody ? bytes.count : 0,
                serving.exposure.tails, end, into: &out)
            if hasBody { out.append(bytes) }
            call.update { $0.setResponseBytes(hasBody ? bytes.count : 0) }
        }
        if let trace = call.trace { trace.echo(into: &out, from: before) }
        if serving.isMirroring { mirrorResponse(call, out.bytes.extracting(droppingFirst: before)) }
    }

    // MARK: The front's own

    /// Responds with a rejection. One that names its target takes the name that `ExposureRules` has read last.
    func writeRefusal(of call: Call, _ rejection: Rejection) {
        if call.phase == .streaming {
            guard call != pipeline.first else {
                // Part of the response is out: all that is left is to cut it where the client sees that.
                serving.count(rejection, call)
                call.update { $0.note(rejection) }
                abandonCalls(reason: .clientClosed)
                return reset()
            }
            if let buffered = call.update({ $0.takeBuffered() }) { serving.calls.recycle(buffered, &loop.pool) }
        }
        serving.unstore(call)
        if rejection.answer.closes {
            call.update { $0.closeConnection() }
            endRequests()
        } else if intake == call {
            useBody(.discard)
        }
        let now = serving.clock.nanoseconds
        call.update { $0.respond(status: rejection.answer.status, rejection: rejection, nowNanoseconds: now) }
        guard call == pipeline.first else {
            write(rejection, call, into: &serving.calls.buffer(call, &loop.pool).bytes)
            reserve(call.buffered?.bytes.count ?? 0, for: call)
            return resumeSoon()
        }
        prepareOutbox()
        write(rejection, call, into: &outbox)
        finishFirst()
        flushSoon()
    }

    private func write(_ rejection: Rejection, _ call: Call, into out: inout ByteBuffer) {
        let before = out.count
        let end = end(behind: call)
        let answer = rejection.answer
        // Its length stands before it: the body is written aside first.
        var body = ByteBuffer()
        loop.pool.provide(&body)
        serving.exposure.rules.writeBody(of: rejection, into: &body)
        serving.exposure.rules.writeHead(
            status: answer.status, id: call.requestID, cors: call.cors, bodyBytes: body.count,
            retryAfterSeconds: answer.retryAfterSeconds, serving.exposure.tails, end, into: &out)
        if answer.status == 429, let refusal = serving.fairLimits.refusal {
            // Before the empty line.
            out.dropLast(2)
            refusal.appendFields(to: &out)
            out.append("\r\n")
        }
        if let trace = call.trace { trace.echo(into: &out, from: before) }
        let isHead = call.method == .head
        if !isHead { out.append(body.bytes) }
        call.update { $0.setResponseBytes(isHead ? 0 : body.count) }
        loop.pool.reclaim(&body)
    }

    func respondToPreflight(_ call: Call) {
        let now = serving.clock.nanoseconds
        call.update { $0.respond(status: 204, rejection: nil, nowNanoseconds: now) }
        let end = end(behind: call)
        guard call == pipeline.first else {
            let buffered = serving.calls.buffer(call, &loop.pool)
            serving.exposure.rules.writePreflight(call.cors, serving.exposure.tails, end, into: &buffered.bytes)
            return reserve(buffered.bytes.count, for: call)
        }
        prepareOutbox()
        serving.exposure.rules.writePreflight(call.cors, serving.exposure.tails, end, into: &outbox)
        finishFirst()
        flushSoon()
    }
}
