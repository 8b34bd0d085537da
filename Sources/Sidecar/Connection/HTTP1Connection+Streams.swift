internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// The stream lane: request and response pass through as bytes, under credit, to and from the app's own HTTP code.
extension HTTP1Connection {
    /// Opens a streamed request. Only one is open on a connection, and only as the first of it: its response is written
    /// as it comes.
    ///
    /// - Parameters:
    ///   - decision: what it came from. Not every listener takes what is `.outside`.
    ///   - target: -1 when the request means none that was announced.
    func openStream(
        _ call: Call, _ decision: Decision, _ head: RequestHead, _ bytes: Span<UInt8>, target: Int
    ) {
        call.update { $0.decide(target: target, kind: .listener, cors: .none) }
        guard pipeline.first == call else {
            store(call, head, bytes).decide(decision)
            return call.update { $0.awaitTurn() }
        }
        guard isWithinLimits(call, head, bytes) else { return }
        let isOutside = decision == .outside
        if let link = serving.admission.pickListener(everything: isOutside) {
            return openStream(call, on: link, head, bytes)
        }
        let isTaken = isOutside ? serving.exposure.takesEveryStream : serving.exposure.takesExposureStreams
        if serving.admission.workers.hasReadyLink && !isTaken {
            return refuse(call, .unsupportedMediaType)
        }
        guard serving.queue(call, bytes: head.headBytes) else { return refuse(call, serving.admission.refusal) }
        store(call, head, bytes).decide(decision)
    }

    /// Hands a streamed request to a worker.
    func openStream(_ call: Call, on link: WorkerLink, _ head: RequestHead, _ bytes: Span<UInt8>) {
        let hasBody = reader.position == .body
        serving.dispatched(call, to: link)
        if hasBody {
            call.update { $0.openBody(sendCredit: serving.limits.streamWindowBytes) }
            useBody(.forward)
        }
        let headBytes = bytes.extracting(head.start..<head.headBytes)
        if serving.isLeaving && !call.hasMoreBehind && !call.closesConnection {
            openLast(call, headBytes, hasBody: hasBody, link)
        } else {
            link.open(call, peer: peer, head: headBytes, hasBody: hasBody)
        }
    }

    /// The same on a front that is leaving. The response's head is the app's: it is told to say `Connection: close`.
    private func openLast(_ call: Call, _ head: Span<UInt8>, hasBody: Bool, _ link: WorkerLink) {
        call.update { $0.closeConnection() }
        var last = ByteBuffer()
        last.append(head.extracting(first: head.count - 2))
        last.append("Connection: close\r\n\r\n")
        link.open(call, peer: peer, head: last.bytes, hasBody: hasBody)
    }

    /// Sends body bytes on as far as the worker has room; the rest stays in the kernel, and so with the client.
    func forwardBody(_ bytes: Span<UInt8>) -> Int {
        guard let call = pipeline.first, call.bodyIsOpen, let link = serving.link(of: call) else {
            // The app responded without reading to the end.
            useBody(.discard)
            return readBody(bytes)
        }
        let part = bytes.extracting(first: min(bytes.count, call.sendCredit))
        guard !part.isEmpty else { return 0 }
        var taken = 0
        let progress = readBody(part, at: &taken) { _ in true }
        if case .failed(let error) = progress {
            link.cancel(call, reason: .clientClosed)
            noteMayStillSend()
            refuse(call, .http(error))
            return bytes.count
        }
        let isEnd = progress == .end
        call.update { $0.sendBody(taken, isEnd: isEnd) }
        serving.accounts.add(.streamBytesReceived, taken)
        link.send(part.extracting(first: taken), of: call, isEnd: isEnd)
        return taken
    }

    // MARK: The response

    func deliverStream(_ bytes: Span<UInt8>, of call: Call) {
        let isStart = call.phase == .running
        if isStart {
            let now = serving.clock.nanoseconds
            let isDelimited = call.minorVersion > 0 && ResponseHeadFacts.isDelimited(bytes)
            call.update { $0.startResponse(nowNanoseconds: now, isDelimited: isDelimited) }
        }
        if call.status < 200, let status = ResponseHeadFacts.status(bytes) { call.update { $0.setStatus(status) } }
        call.update { $0.addStreamedBytes(bytes.count) }
        serving.accounts.add(.streamBytesSent, bytes.count)
        serving.streamCame(bytes.count)
        guard call == pipeline.first else {
            append(bytes, isStart: isStart, of: call, to: &serving.calls.buffer(call, &loop.pool).bytes)
            return reserve(call.buffered?.bytes.count ?? 0, for: call)
        }
        prepareOutbox()
        append(bytes, isStart: isStart, of: call, to: &outbox)
        flushSoon()
        serving.turn.credit(self)
    }

    private func append(_ bytes: Span<UInt8>, isStart: Bool, of call: Call, to out: inout ByteBuffer) {
        if isStart, let trace = call.trace {
            trace.echo(into: &out, responseStart: bytes)
        } else {
            out.append(bytes)
        }
    }

    /// Its turn came: what a streamed response had ready goes out.
    func releaseBuffered(_ call: Call) {
        guard let buffered = call.update({ $0.takeBuffered() }) else { return }
        prepareOutbox()
        outbox.append(buffered.bytes.bytes)
        serving.calls.recycle(buffered, &loop.pool)
        reserve(0, for: call)
        flushSoon()
        serving.turn.credit(self)
    }

    func giveCredit() {
        guard let call = pipeline.first, call.phase == .streaming else { return }
        flush()
        guard unsentBytes == 0, !isClosing, call.owedCredit > 0 else { return }
        serving.link(of: call)?.credit(call, bytes: call.update { $0.takeCredit() })
    }

    func finishStream(of call: Call, keepAlive: Bool, isCut: Bool) {
        guard call.phase == .streaming else {
            // An end without a beginning is no response.
            return refuse(call, .malformedWorkerAnswer)
        }
        if call.kind != .listener { serving.streamEnded(call) }
        let wasFirst = call == pipeline.first
        if isCut {
            call.update { $0.cut() }
            // Where only the end of the connection tells the end of the response, a cut one must not look whole.
            if wasFirst && !call.isDelimited { return cutVisibly() }
        }
        if !keepAlive || isCut { call.update { $0.closeConnection() } }
        // The app may respond without reading to the end.
        if reader.use == .forward { useBody(.discard) }
        call.update { $0.endResponse() }
        guard wasFirst else { return }
        finishFirst()
        flushSoon()
    }

    /// Writes what there is of the response, and resets.
    func cutVisibly() {
        flush()
        abandonCalls(reason: .clientClosed)
        reset()
    }
}

/// What the first bytes of a streamed response say of it.
private enum ResponseHeadFacts {
    /// The status of an HTTP response, from its first line; nil where there is none.
    static func status(_ bytes: Span<UInt8>) -> UInt16? {
        guard bytes.count >= 12, bytes.extracting(first: 7).equals("HTTP/1.") else { return nil }
        var code: UInt16 = 0
        for i in 9..<12 {
            guard bytes[i] &- 48 < 10 else { return nil }
            code = code * 10 + UInt16(bytes[i] &- 48)
        }
        return code
    }

    /// Whether the head says where the body ends, so that a client sees when it breaks off (RFC 9112, 6.3).
    static func isDelimited(_ bytes: Span<UInt8>) -> Bool {
        var at = 0
        while let lf = bytes.firstIndex(of: UInt8(ascii: "\n"), from: at) {
            at = lf + 1
            let line = bytes.extracting(droppingFirst: at)
            if line.isEmpty || line[0] == UInt8(ascii: "\r") { return false }
            if starts(line, with: "content-length:") || starts(line, with: "transfer-encoding:") { return true }
        }
        return false
    }

    private static func starts(_ line: Span<UInt8>, with name: StaticString) -> Bool {
        line.count >= name.utf8CodeUnitCount
            && line.extracting(first: name.utf8CodeUnitCount).equalsIgnoringASCIICase(name)
    }
}
