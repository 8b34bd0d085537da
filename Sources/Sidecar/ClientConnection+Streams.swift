internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// The stream lane: request and answer pass through as bytes, under credit, to and from the app's own HTTP code.
extension ClientConnection {
    /// Opens a streamed request. Only one is open on a connection, and only as the first in line: its answer is written
    /// as it comes.
    ///
    /// - Parameters:
    ///   - target: -1 when the request means none that was announced.
    ///   - isOutside: not under the base path, so that not every listener takes it.
    func startStream(_ head: RequestHead, _ bytes: Span<UInt8>, target: Int, isOutside: Bool = false) -> Int {
        guard firstCall == nil else {
            phase = .queued
            return 0
        }
        guard let link = front.workers.pickListener(everything: isOutside) else {
            let isTaken = isOutside ? front.takesEveryStream : front.takesExposureStreams
            if front.workers.hasReadyLink && !isTaken {
                return reject(head, bytes, .unsupportedMediaType, cors: .none)
            }
            return waitForWorker(bytes: head.headBytes)
        }
        guard let call = front.calls.take() else { return reject(head, bytes, .overloaded, cors: .none) }
        call.state = .running
        call.linkNumber = link.number
        call.target = Int32(target)
        call.kind = .listener
        call.cors = .none
        call.dispatchedNanoseconds = front.turnNanoseconds
        call.requestBytes = 0
        call.deadlineMilliseconds = front.callDeadline
        call.sendCredit = front.limits.streamWindowBytes
        call.owedCredit = 0
        enqueue(call, head)
        let hasBody: Bool
        switch head.framing {
        case .none:
            hasBody = false
            flags.remove(.chunked)
            bodyRemainingBytes = 0
        case .contentLength(let length):
            hasBody = length > 0
            flags.remove(.chunked)
            bodyRemainingBytes = length
        case .chunked:
            hasBody = true
            flags.insert(.chunked)
            chunks = ChunkedBody()
        }
        call.bodyIsOpen = hasBody
        phase = hasBody ? .forwarding : .answering
        let headBytes = bytes.extracting(head.start..<head.headBytes)
        if front.isLeaving && !call.hasMoreBehind {
            openLast(call, headBytes, hasBody: hasBody, link)
        } else {
            link.open(call, peer: peer, head: headBytes, hasBody: hasBody)
        }
        return head.headBytes
    }

    /// The same on a front that is leaving. The answer's head is the app's: it is told to say `Connection: close`.
    private func openLast(_ call: Call, _ head: Span<UInt8>, hasBody: Bool, _ link: WorkerLink) {
        call.closesConnection = true
        var last = ByteBuffer()
        last.append(head.extracting(first: head.count - 2))
        last.append("Connection: close\r\n\r\n")
        link.open(call, peer: peer, head: last.bytes, hasBody: hasBody)
    }

    /// Sends body bytes on as far as the worker has room; the rest stays in the kernel, and so with the client.
    func forwardBody(_ bytes: Span<UInt8>) -> Int {
        guard let call = firstCall, call.bodyIsOpen, let link = front.link(of: call) else {
            // The app answered without reading to the end.
            phase = .discarding
            return discardBody(bytes)
        }
        let allowed = min(bytes.count, call.sendCredit)
        guard allowed > 0 else {
            pause()
            return 0
        }
        var taken: Int
        var isEnd = false
        if flags.contains(.chunked) {
            let part = bytes.extracting(first: allowed)
            taken = 0
            scan: while true {
                switch chunks.next(part, at: &taken) {
                case .data: continue
                case .needMore: break scan
                case .end:
                    isEnd = true
                    break scan
                case .failed(let error):
                    link.cancel(call, reason: .clientClosed)
                    front.malformedBody(error, call)
                    abandonCalls(reason: .clientClosed)
                    if unsentBytes == 0 { refuse(error) } else { closeWhenDrained() }
                    return bytes.count
                }
            }
        } else {
            taken = min(allowed, bodyRemainingBytes)
            bodyRemainingBytes -= taken
            isEnd = bodyRemainingBytes == 0
        }
        call.sendCredit -= taken
        call.requestBytes += taken
        front.streamedIn(taken)
        link.send(bytes.extracting(first: taken), of: call, isEnd: isEnd)
        if isEnd {
            call.bodyIsOpen = false
            phase = call.closesConnection ? .finished : .answering
        }
        return taken
    }

    /// The worker made room for more of the body.
    func grant(_ bytes: Int, to call: Call) {
        call.sendCredit += bytes
        if flags.contains(.paused) { front.resumeSoon(self) }
    }

    /// Bytes of an answer that the app writes itself.
    func deliverStreamed(_ bytes: Span<UInt8>, of call: Call) {
        let isStart = !call.sawAnswerStart
        if isStart {
            call.sawAnswerStart = true
            call.state = .streaming
            call.answeredNanoseconds = front.turnNanoseconds
        }
        if call.status < 200 { call.status = statusCode(in: bytes) ?? call.status }
        call.answerBytes += bytes.count
        call.owedCredit += bytes.count
        front.streamedOut(bytes.count)
        front.answerCame(bytes.count)
        guard call == firstCall else {
            let held = front.calls.hold(call, &loop.pool)
            if isStart, let notes = call.notes {
                notes.echo(into: &held.bytes, answerStart: bytes)
            } else {
                held.bytes.append(bytes)
            }
            recountAnswer(of: call)
            return
        }
        prepareOutbox()
        if isStart, let notes = call.notes {
            notes.echo(into: &outbox, answerStart: bytes)
        } else {
            outbox.append(bytes)
        }
        flushSoon()
        front.creditSoon(self)
    }

    /// Its turn came: what a streamed answer had ready goes out.
    func releaseBuffered(_ call: Call) {
        guard let held = call.held, !held.bytes.isEmpty else { return }
        prepareOutbox()
        outbox.append(held.bytes.bytes)
        held.bytes.removeAll()
        recountAnswer(of: call)
        flushSoon()
        front.creditSoon(self)
    }

    /// Lets the app send as much again as this client has taken.
    func returnCredit(_ call: Call) {
        guard call.owedCredit > 0, unsentBytes == 0 else { return }
        front.link(of: call)?.credit(call, bytes: call.owedCredit)
        call.owedCredit = 0
    }

    /// The app's answer is complete, or cut.
    func endStreamed(_ call: Call, keepAlive: Bool, isCut: Bool) {
        if isCut { front.cut(call) }
        if call.kind != .listener { front.answerSizes.saw(call.answerBytes, of: Int(call.target)) }
        if call != firstCall {
            // Its bytes wait behind other answers; so does its end.
            call.state = .answered
            call.closesConnection = call.closesConnection || !keepAlive || isCut
            return
        }
        if !keepAlive || isCut { call.closesConnection = true }
        let bodyWasOpen = call.bodyIsOpen
        call.bodyIsOpen = false
        if bodyWasOpen && !call.closesConnection && phase == .forwarding {
            phase = .discarding
            flags.insert(.paused)
        }
        flushSoon()
        finishFirst()
    }

    /// The status of an HTTP answer, from its first line.
    private func statusCode(in bytes: Span<UInt8>) -> UInt16? {
        guard bytes.count >= 12, bytes.extracting(first: 7).equals("HTTP/1.") else { return nil }
        var code: UInt16 = 0
        for i in 9..<12 {
            guard bytes[i] &- 48 < 10 else { return nil }
            code = code * 10 + UInt16(bytes[i] &- 48)
        }
        return code
    }
}
