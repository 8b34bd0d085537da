internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// Answers, written in the order of the requests.
extension ClientConnection {
    /// What a worker said about a call.
    enum Outcome {
        /// The JSON text of a task's result; empty for none.
        case result
        /// A whole JSON body.
        case body
    }

    /// A worker's result for one of this connection's calls.
    func deliver(_ call: Call, status: Int, outcome: Outcome, isEmpty: Bool, bytes: Span<UInt8>) {
        call.status = UInt16(truncatingIfNeeded: status)
        call.answeredNanoseconds = front.turnNanoseconds
        front.answerCame(bytes.count)
        front.answerSizes.saw(bytes.count, of: Int(call.target))
        if call == firstCall {
            prepareOutbox()
            if outcome == .result && call.status == 200 && bytes.count >= Self.largeResultBytes {
                writeLargeResult(of: call, bytes)
            } else {
                writeResult(of: call, outcome: outcome, isEmpty: isEmpty, bytes: bytes, into: &outbox)
            }
            finishFirst()
            flushSoon()
        } else {
            writeResult(
                of: call, outcome: outcome, isEmpty: isEmpty, bytes: bytes,
                into: &front.calls.hold(call, &loop.pool).bytes)
            keepWaiting(call)
        }
    }

    /// Results from here on go from the worker's input to the kernel without a copy between.
    private static let largeResultBytes = 32 << 10

    private func writeLargeResult(of call: Call, _ bytes: Span<UInt8>) {
        let before = outbox.count
        let end = end(behind: call)
        call.answerBytes = bytes.count + ExposureRules.resultFrameBytes
        front.rules.writeResultStart(
            payloadBytes: bytes.count, cors: call.cors, front.tails, end, into: &outbox)
        if let notes = call.notes { notes.echo(into: &outbox, from: before) }
        writeThrough(bytes)
        outbox.append(UInt8(ascii: "}"))
    }

    private func writeResult(
        of call: Call, outcome: Outcome, isEmpty: Bool, bytes: Span<UInt8>, into out: inout ByteBuffer
    ) {
        let before = out.count
        let end = end(behind: call)
        switch outcome {
        case .result where call.status == 200:
            // `{"ok":true}`, or `{"ok":true,"result":…}`.
            front.rules.writeResult(isEmpty ? nil : bytes, cors: call.cors, front.tails, end, into: &out)
            call.answerBytes = isEmpty ? 11 : bytes.count + ExposureRules.resultFrameBytes
        default:
            front.rules.writeHead(
                status: Int(call.status), cors: call.cors, bodyBytes: bytes.count, front.tails, end, into: &out)
            call.answerBytes = bytes.count
            out.append(bytes)
        }
        if let notes = call.notes { notes.echo(into: &out, from: before) }
    }

    /// An answer of the front's own to a request that no call exists for yet.
    func answer(_ rejection: Rejection, head: RequestHead, target: Int, cors: CORSBlock, requestBytes: Int) {
        guard let call = front.calls.take() else { return close() }
        call.state = .running
        call.linkNumber = 0
        call.target = Int32(target)
        call.kind = .unmatched
        call.cors = cors
        call.dispatchedNanoseconds = 0
        call.requestBytes = requestBytes
        call.deadlineMilliseconds = 0
        enqueue(call, head)
        deliver(call, rejection: rejection)
    }

    /// An answer of the front's own for a call: the worker is lost, time ran out.
    func deliver(_ call: Call, rejection: Rejection) {
        if call.state == .streaming && call.answerBytes > 0 {
            // Part of the answer is out: all that is left is to cut it where the client sees that.
            front.count(rejection, call)
            abandonCalls(reason: .clientClosed)
            reset()
            return
        }
        if rejection.answer.closes {
            call.closesConnection = true
            phase = .finished
        }
        call.status = UInt16(rejection.answer.status)
        call.rejection = rejection
        call.answeredNanoseconds = front.turnNanoseconds
        if call == firstCall {
            prepareOutbox()
            writeRejection(rejection, call, into: &outbox)
            finishFirst()
            flushSoon()
        } else {
            let held = front.calls.hold(call, &loop.pool)
            held.bytes.removeAll()
            writeRejection(rejection, call, into: &held.bytes)
            keepWaiting(call)
        }
    }

    private func writeRejection(_ rejection: Rejection, _ call: Call, into out: inout ByteBuffer) {
        let before = out.count
        let end = end(behind: call)
        let answer = rejection.answer
        // Its length stands before it: the body is written aside first.
        var body = ByteBuffer()
        loop.pool.provide(&body)
        front.rules.writeBody(of: rejection, into: &body)
        front.rules.writeHead(
            status: answer.status, cors: call.cors, bodyBytes: body.count,
            retryAfterSeconds: answer.retryAfterSeconds, front.tails, end, into: &out)
        if let notes = call.notes { notes.echo(into: &out, from: before) }
        call.answerBytes = call.method == .head ? 0 : body.count
        if call.method != .head { out.append(body.bytes) }
        loop.pool.reclaim(&body)
    }

    /// Refuses bytes that are no request, and the connection with them (RFC 9112 section 2.2: nobody knows where the
    /// next request would start).
    func refuse(_ error: HTTPError) {
        phase = .finished
        stopReading()
        guard let call = front.calls.take() else { return close() }
        call.state = .running
        call.target = -1
        call.kind = .unmatched
        call.cors = .none
        call.receivedNanoseconds = front.turnNanoseconds
        call.requestBytes = 0
        call.minorVersion = 1
        call.method = .other
        call.connectionSlot = slot
        if let last = lastCall { last.next = call } else { firstCall = call }
        lastCall = call
        callCount += 1
        call.closesConnection = true
        deliver(call, rejection: .http(error))
    }

    // MARK: The line

    /// The first call's answer is written: lets the ones behind it follow.
    func finishFirst() {
        while let call = firstCall {
            firstCall = call.next
            if firstCall == nil { lastCall = nil }
            callCount -= 1
            promisedBytes -= call.promisedBytes
            let closes = call.closesConnection
            front.finished(call)
            if closes {
                abandonCalls(reason: .clientClosed)
                closeWhenDrained()
                return
            }
            guard let next = firstCall else { break }
            if next.state == .answered {
                prepareOutbox()
                if let held = next.held { outbox.append(held.bytes.bytes) }
                flushSoon()
                continue
            }
            if next.state == .streaming { releaseBuffered(next) }
            break
        }
        if firstCall == nil && flags.contains(.halfClosed) {
            closeWhenDrained()
            return
        }
        if phase == .queued && firstCall == nil { phase = .request }
        if phase == .answering && firstCall == nil { phase = .request }
        if flags.contains(.paused) || unconsumedBytes > 0 { front.resumeSoon(self) } else { setDeadline(unconsumed: 0) }
    }

    /// Leaves further requests where they are: this client has enough of them unanswered.
    func pause() {
        flags.insert(.paused)
        stopReading()
        if unsentBytes > 0 { awaitDrain() }
    }

    /// Goes on after an answer made room.
    func resume() {
        flags.remove(.resuming)
        guard !isClosing else { return }
        if flags.contains(.paused) {
            guard unsentBytes < front.limits.unsentLimitBytes else { return awaitDrain() }
            // The next answer that leaves the line asks again.
            guard hasRoomForAnswers else { return }
            guard !holdsInput || unconsumedBytes < Self.heldInputLimitBytes else { return }
            flags.remove(.paused)
            startReading()
        }
        if phase == .waiting { return }
        resumeInput()
    }

    func outputDrained() {
        if let call = firstCall, call.state == .streaming { returnCredit(call) }
        if flags.contains(.paused) { front.resumeSoon(self) }
    }

    // MARK: Bodies nobody waits for

    /// Answers without the body, which is read and dropped so that the next request can be found behind it.
    /// - Parameter target: the task or event that was asked for, where the request is known to ask for one.
    func reject(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ rejection: Rejection, target: Int = -1, cors: CORSBlock
    ) -> Int {
        guard sendContinueIfExpected(head) else {
            front.rules.release(cors)
            return 0
        }
        let skipped = skipBody(head, bytes)
        answer(rejection, head: head, target: target, cors: cors, requestBytes: 0)
        return skipped
    }

    func answerPreflight(_ head: RequestHead, _ bytes: Span<UInt8>, cors: CORSBlock) -> Int {
        guard sendContinueIfExpected(head) else {
            front.rules.release(cors)
            return 0
        }
        guard let call = front.calls.take() else {
            front.rules.release(cors)
            close()
            return bytes.count
        }
        let skipped = skipBody(head, bytes)
        call.state = .running
        call.cors = cors
        call.status = 204
        call.kind = .unmatched
        call.receivedNanoseconds = front.turnNanoseconds
        enqueue(call, head)
        let end = end(behind: call)
        if call == firstCall {
            prepareOutbox()
            front.rules.writePreflight(cors, front.tails, end, into: &outbox)
            finishFirst()
            flushSoon()
        } else {
            front.rules.writePreflight(cors, front.tails, end, into: &front.calls.hold(call, &loop.pool).bytes)
            keepWaiting(call)
        }
        return skipped
    }

    /// Consumes a head and arranges for its body to be dropped.
    func skipBody(_ head: RequestHead, _ bytes: Span<UInt8>) -> Int {
        switch head.framing {
        case .none:
            return head.headBytes
        case .contentLength(let length):
            flags.remove(.chunked)
            bodyRemainingBytes = length
        case .chunked:
            flags.insert(.chunked)
            chunks = ChunkedBody()
            bodyRemainingBytes = 0
        }
        if phase == .request { phase = .discarding }
        return head.headBytes
    }

    func discardBody(_ bytes: Span<UInt8>) -> Int {
        if flags.contains(.chunked) {
            var offset = 0
            while true {
                switch chunks.next(bytes, at: &offset) {
                case .data: continue
                case .needMore: return offset
                case .failed(let error):
                    refuse(error)
                    return bytes.count
                case .end:
                    phase = .request
                    return offset
                }
            }
        }
        let dropped = min(bytes.count, bodyRemainingBytes)
        bodyRemainingBytes -= dropped
        if bodyRemainingBytes == 0 { phase = .request }
        return dropped
    }

    // MARK: The client leaves

    func clientEnded(_ error: LoopError?) {
        guard error == nil, firstCall != nil else {
            if error == nil, phase == .request, unconsumedBytes > 0, firstCall == nil {
                // Half a request, then the end: Node's parser calls that an error, too.
                refuse(.malformedRequestLine)
                return
            }
            abandonCalls(reason: .clientClosed)
            // Who has said all it will say may still be reading.
            if error == nil && unsentBytes > 0 {
                phase = .finished
                closeWhenDrained()
            } else {
                close()
            }
            return
        }
        // FIN while calls run: Node aborts them and closes, but what a quick task has answered by then gets out. The
        // bridge takes longer than Node's own microtasks, so the same quick tasks get a moment here.
        flags.insert(.halfClosed)
        phase = .finished
        front.linger(self)
    }

    /// The moment after a half-close is over: what still runs is aborted.
    func endLinger() {
        guard !isClosing else { return }
        abandonCalls(reason: .clientHalfClosed)
        closeWhenDrained()
    }

    /// Nobody will read the answers of the calls that are left.
    func abandonCalls(reason: CancelReason) {
        while let call = firstCall {
            firstCall = call.next
            if call.state != .answered { front.link(of: call)?.cancel(call, reason: reason) }
            front.abandoned(call)
        }
        lastCall = nil
        callCount = 0
        promisedBytes = 0
    }
}
