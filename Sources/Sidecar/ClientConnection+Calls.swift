internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics
internal import JSONCheck

/// The call lane: a JSON body is checked, and one entry of a CALLS frame goes to a worker.
extension ClientConnection {
    /// Reads a call's body; runs it when it is all there.
    func readCall(
        _ head: RequestHead, _ bytes: Span<UInt8>, target: Int, kind: Hello.TargetKind, cors: CORSBlock
    ) -> Int {
        switch head.framing {
        case .none:
            return runCall(head, bytes, bodyBytes: 0, target: target, kind: kind, cors: cors)
        case .contentLength(let length):
            guard length <= front.limits.bodyLimitBytes else {
                return reject(head, bytes, .payloadTooLarge, target: target, cors: cors)
            }
            let whole = head.headBytes + length
            guard bytes.count >= whole else {
                guard sendContinueIfExpected(head) else { return 0 }
                neededBytes = UInt32(whole)
                return 0
            }
            return runCall(head, bytes, bodyBytes: length, target: target, kind: kind, cors: cors)
        case .chunked:
            guard sendContinueIfExpected(head) else { return 0 }
            let assembly = front.assemblies.popLast() ?? BodyAssembly()
            loop.pool.provide(&assembly.head)
            assembly.head.append(bytes.extracting(first: head.headBytes))
            self.assembly = assembly
            chunks = ChunkedBody()
            if beganNanoseconds == 0 { beganNanoseconds = front.turnNanoseconds }
            phase = .collecting
            return head.headBytes
        }
    }

    /// Tells a client that waits for it to go on (RFC 9110 section 10.1.1), once for each request, as Node does even
    /// when the body is already there. Gives false when an earlier answer has to go first.
    func sendContinueIfExpected(_ head: RequestHead) -> Bool {
        guard head.expectsContinue, !flags.contains(.sentContinue) else { return true }
        guard firstCall == nil else {
            phase = .queued
            return false
        }
        flags.insert(.sentContinue)
        prepareOutbox()
        outbox.append("HTTP/1.1 100 Continue\r\n\r\n")
        flushSoon()
        return true
    }

    private func runCall(
        _ head: RequestHead, _ bytes: Span<UInt8>, bodyBytes: Int, target: Int, kind: Hello.TargetKind,
        cors: CORSBlock
    ) -> Int {
        guard sendContinueIfExpected(head) else { return 0 }
        let whole = head.headBytes + bodyBytes
        let sent = dispatch(
            head, headBytes: bytes.extracting(head.start..<head.headBytes),
            body: bytes.extracting(head.headBytes..<whole), target: target, kind: kind, cors: cors)
        return sent ? whole : 0
    }

    /// Checks a complete call and hands it to a worker, or answers it. Gives false when it has to wait for a worker.
    private func dispatch(
        _ head: RequestHead, headBytes: Span<UInt8>, body: Span<UInt8>, target: Int, kind: Hello.TargetKind,
        cors: CORSBlock
    ) -> Bool {
        var flags: CallFlags = []
        var text = ByteRange.empty
        var isASCII = true
        var isPlain = true
        if body.isEmpty {
            flags = .noInput
        } else {
            var summary = JSONSummary()
            let verdict = front.checker.check(body, member: kind == .event ? .payload : .input, into: &summary)
            guard verdict == .valid else {
                answer(.invalidJSON, head: head, target: target, cors: cors, requestBytes: body.count)
                return true
            }
            isASCII = summary.isASCII
            isPlain = summary.isPlain
            if summary.needsWhole {
                // The serializer may make something else of the whole body: it has to see all of it.
                flags = .whole
                text = ByteRange(offset: 0, length: body.count)
            } else if let member = summary.member {
                text = member
            } else if kind == .event {
                flags = .noInput
            } else {
                text = summary.value
            }
        }
        if head[.runnerContext].isPresent { flags.insert(.context) }

        guard let link = front.workers.pick(target) else {
            return waitOrRefuse(bytes: headBytes.count + body.count, head: head, target: target, cors: cors)
        }
        guard let call = front.calls.take() else {
            answer(.overloaded, head: head, target: target, cors: cors, requestBytes: body.count)
            return true
        }
        call.state = .running
        call.linkNumber = link.number
        call.target = Int32(target)
        call.kind = kind == .event ? .event : .task
        call.cors = cors
        call.requestBytes = body.count
        call.deadlineMilliseconds = front.callDeadline
        enqueue(call, head)
        expectAnswer(to: call)
        front.stageDispatched(call)
        link.add(
            call, flags: flags, text: body.extracting(text.range), peer: peer, head: headBytes, isASCII: isASCII,
            isPlain: isPlain)
        return true
    }

    /// A discovery request: no input, whatever its body is.
    func startDiscovery(_ head: RequestHead, _ bytes: Span<UInt8>, target: Int, cors: CORSBlock) -> Int {
        guard sendContinueIfExpected(head) else { return 0 }
        guard let link = front.workers.pick(target) else { return waitForWorker(bytes: bytes.count) }
        guard let call = front.calls.take() else {
            return reject(head, bytes, .overloaded, target: target, cors: cors)
        }
        call.state = .running
        call.linkNumber = link.number
        call.target = Int32(target)
        call.kind = .discovery
        call.cors = cors
        call.requestBytes = 0
        call.deadlineMilliseconds = front.callDeadline
        enqueue(call, head)
        expectAnswer(to: call)
        front.stageDispatched(call)
        link.add(
            call, flags: .noInput, text: bytes.extracting(first: 0), peer: peer,
            head: bytes.extracting(head.start..<head.headBytes), isASCII: true, isPlain: true)
        return skipBody(head, bytes)
    }

    /// Puts a call at the end of this connection's line.
    func enqueue(_ call: Call, _ head: RequestHead) {
        call.connectionSlot = slot
        call.method = MethodLabel(head.method)
        call.receivedNanoseconds = beganNanoseconds != 0 ? beganNanoseconds : front.turnNanoseconds
        beganNanoseconds = 0
        if front.noting.isOn { takeNotes(call) }
        call.minorVersion = head.minorVersion
        call.closesConnection = !head.keepAlive
        if front.isLeaving { noteWhatFollows(call, head) }
        call.answerBytes = 0
        if let last = lastCall { last.next = call } else { firstCall = call }
        lastCall = call
        callCount += 1
        if call.closesConnection { phase = .finished }
    }

    /// Makes room for the answer of a call that goes to a worker.
    @inline(__always)
    private func expectAnswer(to call: Call) {
        call.promisedBytes = front.answerSizes.expected(of: Int(call.target))
        promisedBytes += call.promisedBytes
    }

    /// Gives a call what was noted of its request.
    func takeNotes(_ call: Call) {
        call.notes = front.noted
        front.noted = nil
    }

    // MARK: Chunked bodies

    /// Collects the data of a chunked body, and runs the call at its end.
    func collectChunks(_ bytes: Span<UInt8>) -> Int {
        guard let assembly else { return bytes.count }
        var offset = 0
        while true {
            switch chunks.next(bytes, at: &offset) {
            case .data(let range):
                guard assembly.body.count + Int(range.length) <= front.limits.bodyLimitBytes else {
                    endAssembly()
                    phase = .finished
                    refuse(.bodyTooLarge)
                    return bytes.count
                }
                loop.pool.provide(&assembly.body)
                assembly.body.append(bytes.extracting(range.range))
            case .needMore:
                return offset
            case .failed(let error):
                endAssembly()
                refuse(error)
                return bytes.count
            case .end:
                phase = .request
                runAssembled()
                return offset
            }
        }
    }

    /// Runs the call whose body was collected; again, when it had to wait for a worker.
    func runAssembled() {
        guard let assembly else { return }
        // Out of the object for the time being: what is read here must not change meanwhile.
        var headBytes = ByteBuffer()
        var body = ByteBuffer()
        swap(&headBytes, &assembly.head)
        swap(&body, &assembly.body)
        let head = RequestHead()
        var scan = HeadScan()
        var isSent = true
        // The head is parsed once more from its copy: cheaper than keeping it, and only chunked bodies pay.
        if case .complete = front.parser.parse(headBytes.bytes, resuming: &scan, into: head),
            case .call(let target, let kind, let cors) = front.rules.decide(
                head, headBytes.bytes, originAnswer: front.takeOriginAnswer(for: self))
        {
            if front.noting.isOn { front.noted = front.noting.notes(head, headBytes.bytes, from: peer) }
            isSent = dispatch(
                head, headBytes: headBytes.bytes.extracting(head.start..<head.headBytes), body: body.bytes,
                target: target, kind: kind, cors: cors)
            if !isSent { front.rules.release(cors) }
        } else {
            // The worker that served this left, and another announced something else meanwhile.
            answerOverload(.noWorker)
        }
        swap(&headBytes, &assembly.head)
        swap(&body, &assembly.body)
        if isSent {
            flags.remove(.sentContinue)
            endAssembly()
        }
    }

    func endAssembly() {
        guard let assembly else { return }
        self.assembly = nil
        assembly.head.removeAll()
        assembly.body.removeAll()
        loop.pool.reclaim(&assembly.head)
        loop.pool.reclaim(&assembly.body)
        front.assemblies.append(assembly)
    }
}

/// Head and collected body of a chunked call.
final class BodyAssembly {
    var head = ByteBuffer()
    var body = ByteBuffer()
}
