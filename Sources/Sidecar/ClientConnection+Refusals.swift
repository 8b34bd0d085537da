internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// Answers of the front's own: what is wrong with a request, or what became of its call.
extension ClientConnection {
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
}
