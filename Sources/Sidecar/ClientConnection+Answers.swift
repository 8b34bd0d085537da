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
        if call === firstCall {
            prepareOutbox()
            writeResult(of: call, outcome: outcome, isEmpty: isEmpty, bytes: bytes, into: &outbox)
            finishFirst()
            flushSoon()
        } else {
            loop.pool.provide(&call.answer)
            writeResult(of: call, outcome: outcome, isEmpty: isEmpty, bytes: bytes, into: &call.answer)
            call.state = .answered
        }
    }

    private func writeResult(
        of call: Call, outcome: Outcome, isEmpty: Bool, bytes: Span<UInt8>, into out: inout ByteBuffer
    ) {
        guard let exposure = front.exposure else { return }
        let before = out.count
        let length: Int
        switch outcome {
        case .result: length = isEmpty ? 11 : bytes.count + 21
        case .body: length = bytes.count
        }
        let date = front.date.bytes
        exposure.writeJSONHead(
            status: Int(call.status), cors: Int(call.cors), contentLength: length, date: date.span,
            keepAlive: !call.closesConnection, minorVersion: call.minorVersion, into: &out)
        if let notes = call.notes { notes.echo(into: &out, from: before) }
        switch outcome {
        case .result where isEmpty:
            out.append("{\"ok\":true}")
        case .result:
            out.append("{\"ok\":true,\"result\":")
            out.append(bytes)
            out.append(UInt8(ascii: "}"))
        case .body:
            out.append(bytes)
        }
        call.answerBytes = length
    }

    /// An answer of the front's own to a request that no call exists for yet.
    func answer(_ problem: Problem, head: borrowing RequestHead, target: Int, cors: Int, requestBytes: Int) {
        guard let call = front.calls.take() else { return close() }
        call.state = .running
        call.link = nil
        call.target = Int32(target)
        call.kind = .unmatched
        call.cors = Int32(cors)
        call.dispatchedNanoseconds = 0
        call.requestBytes = requestBytes
        call.deadlineMilliseconds = 0
        enqueue(call, head)
        deliver(call, problem: problem)
    }

    /// An answer of the front's own for a call: the worker is lost, time ran out.
    func deliver(_ call: Call, problem: Problem) {
        if call.state == .streaming && call.answerBytes > 0 {
            // Part of the answer is out: all that is left is to cut it where the client sees that.
            front.count(problem, call)
            abandonCalls(reason: .clientClosed)
            reset()
            return
        }
        if problem.closesConnection {
            call.closesConnection = true
            phase = .finished
        }
        call.status = UInt16(problem.status)
        call.problem = problem
        call.answeredNanoseconds = front.turnNanoseconds
        if call === firstCall {
            prepareOutbox()
            writeProblem(problem, call, into: &outbox)
            finishFirst()
            flushSoon()
        } else {
            call.answer.removeAll()
            loop.pool.provide(&call.answer)
            writeProblem(problem, call, into: &call.answer)
            call.state = .answered
        }
    }

    private func writeProblem(_ problem: Problem, _ call: Call, into out: inout ByteBuffer) {
        let before = out.count
        let date = front.date.bytes
        front.problems.write(
            problem, exposure: front.exposure, cors: Int(call.cors), date: date.span,
            keepAlive: !call.closesConnection, minorVersion: call.minorVersion, into: &out)
        call.answerBytes = RequestNotes.bodyBytes(of: out.bytes, from: before)
        if let notes = call.notes { notes.echo(into: &out, from: before) }
    }

    /// Refuses bytes that are no request, and the connection with them (RFC 9112 section 2.2: nobody knows where the next
    /// request would start).
    func refuse(_ error: HTTPError) {
        phase = .finished
        stopReading()
        guard let call = front.calls.take() else { return close() }
        call.state = .running
        call.target = -1
        call.kind = .unmatched
        call.cors = Int32(CORSBlock.none)
        call.receivedNanoseconds = front.turnNanoseconds
        call.requestBytes = 0
        call.minorVersion = 1
        call.method = .other
        call.connection = self
        if let last = lastCall { last.next = call } else { firstCall = call }
        lastCall = call
        callCount += 1
        call.closesConnection = true
        deliver(call, problem: .http(error))
    }

    // MARK: The line

    /// The first call's answer is written: lets the ones behind it follow.
    func finishFirst() {
        while let call = firstCall {
            firstCall = call.next
            if firstCall == nil { lastCall = nil }
            callCount -= 1
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
                outbox.append(next.answer.bytes)
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
        if flags.contains(.paused) || unconsumedBytes > 0 { front.resumeSoon(self) }
    }

    /// Leaves further requests where they are: this client has enough of them unanswered.
    func pause() {
        flags.insert(.paused)
        stopReading()
    }

    /// Goes on after an answer made room.
    func resume() {
        flags.remove(.resuming)
        guard !isClosing else { return }
        if flags.contains(.paused) {
            guard unsentBytes < front.limits.unsentLimitBytes else { return }
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
    func reject(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ rejection: Rejection, cors: Int) -> Int {
        reject(head, bytes, .exposure(rejection), cors: cors)
    }

    func reject(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, _ problem: Problem, cors: Int) -> Int {
        guard sendContinueIfExpected(head) else { return 0 }
        let skipped = skipBody(head, bytes)
        answer(problem, head: head, target: -1, cors: cors, requestBytes: 0)
        return skipped
    }

    func answerPreflight(_ head: borrowing RequestHead, _ bytes: Span<UInt8>, cors: Int) -> Int {
        reject(head, bytes, .preflight, cors: cors)
    }

    /// Consumes a head and arranges for its body to be dropped.
    func skipBody(_ head: borrowing RequestHead, _ bytes: Span<UInt8>) -> Int {
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
            front.clientLeft(self)
            abandonCalls(reason: .clientClosed)
            close()
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
            if call.state != .answered { call.link?.cancel(call, reason: reason) }
            front.abandoned(call)
        }
        lastCall = nil
        callCount = 0
    }
}
