internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import JSONCheck
internal import Metrics

/// What becomes of a request: its decision is carried out, once, at once or when what it waited for has come.
extension HTTP1Connection {
    /// Carries out what was decided.
    ///
    /// - Parameters:
    ///   - bytes: begin with the head.
    ///   - rest: input behind the head, as far as it is at hand.
    /// - Returns: how many bytes of `rest` were taken.
    func carryOut(
        _ decision: Decision, _ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>, rest: Span<UInt8>
    ) -> Int {
        if serving.exposure.rules.hasRequestIDs { identify(call, decision, head, bytes) }
        switch decision {
        case .stream(let target):
            openStream(call, decision, head, bytes, target: target)
        case .handOver:
            openStream(call, decision, head, bytes, target: -1)
        case .outside where serving.exposure.takesEveryStream,
            .reject(.targetIsNoURL, _) where serving.exposure.takesEveryStream:
            // What the exposure does not know, and what it takes for no URL, is the app's.
            openStream(call, .outside, head, bytes, target: -1)
        case .outside:
            return carryOut(serving.exposure.rules.decideOutside(head, bytes), call, head, bytes, rest: rest)
        case .ask:
            ask(call, decision, head, bytes)
        case .call(let target, let kind, let cors):
            call.update { $0.decide(target: target, kind: kind == .event ? .event : .task, cors: cors) }
            guard tellToContinue(call, decision, head, bytes), isWithinLimits(call, head, bytes) else { return 0 }
            return readCall(call, head, bytes, rest: rest)
        case .discovery(let target, let cors):
            call.update { $0.decide(target: target, kind: .discovery, cors: cors) }
            guard tellToContinue(call, decision, head, bytes), isWithinLimits(call, head, bytes) else { return 0 }
            useBody(.discard)
            submit(call, head, bytes, body: bytes.extracting(first: 0), CallInput())
        case .preflight(let cors):
            call.update { $0.decide(target: -1, kind: .unmatched, cors: cors) }
            guard tellToContinue(call, decision, head, bytes) else { return 0 }
            useBody(.discard)
            respondToPreflight(call)
        case .reject(let rejection, let cors):
            call.update { $0.decide(target: -1, kind: .unmatched, cors: cors) }
            serving.noteAsked(call, head, bytes)
            guard tellToContinue(call, decision, head, bytes) else { return 0 }
            writeRefusal(of: call, rejection)
        }
        return 0
    }

    /// Finds a request's id, once, however often it is gone on with.
    private func identify(_ call: Call, _ decision: Decision, _ head: RequestHead, _ bytes: Span<UInt8>) {
        guard case .none = call.requestID else { return }
        let id = serving.exposure.rules.requestID(for: decision, head, bytes)
        call.update { $0.identify(id) }
    }

    /// Counts a request to the limits of its client and its task. Gives false when it is over one of them: then it is
    /// refused.
    @inline(__always)
    func isWithinLimits(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard serving.fairLimits.isOn else { return true }
        let isAdmitted = serving.fairLimits.admitsAgain(
            call, keyBits: limited?.keyBits ?? 0, place: limited?.place ?? 0,
            nowNanoseconds: serving.clock.nanoseconds)
        guard !isAdmitted, let rejection = serving.refusalByLimits(call, of: self, head, bytes)
        else { return true }
        refuse(call, rejection)
        return false
    }

    /// Tells a client that waits for it to go on (RFC 9110 section 10.1.1), once for each request, as Node does even
    /// when the body is already there. Gives false when an earlier response has to go first: the request goes on then.
    private func tellToContinue(
        _ call: Call, _ decision: Decision, _ head: RequestHead, _ bytes: Span<UInt8>
    ) -> Bool {
        guard head.expectsContinue, !call.sentContinue else { return true }
        guard isFirst(call, decision, head, bytes) else { return false }
        call.update { $0.noteContinue() }
        prepareOutbox()
        outbox.append("HTTP/1.1 100 Continue\r\n\r\n")
        flushSoon()
        return true
    }

    /// Whether a request is the first of its connection; if not, it waits for that.
    private func isFirst(_ call: Call, _ decision: Decision, _ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        if pipeline.first == call { return true }
        store(call, head, bytes).decide(decision)
        call.update { $0.awaitTurn() }
        return false
    }

    /// Keeps a request's head for later.
    func store(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>) -> StoredRequest {
        let stored = serving.stored.take(head, bytes, &loop.pool)
        call.update { $0.store(stored) }
        return stored
    }

    /// No worker has said yet what is exposed: the request waits for one, and is decided then.
    func waitForRules(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>) {
        guard serving.queue(call, bytes: head.headBytes) else { return refuse(call, serving.admission.refusal) }
        _ = store(call, head, bytes)
    }

    // MARK: Going on

    func goOn(_ call: Call) {
        guard let stored = call.update({ $0.takeStored() }) else { preconditionFailure("it waits with its head") }
        call.update { $0.resume() }
        serving.exposure.rules.forgetTarget()
        if let decision = stored.decision { return carryOut(decision, call, stored) }
        // The rules name the header that carries the token: only now can its place be noted.
        var scan = HeadScan()
        guard serving.exposure.parser.parse(stored.headBytes.bytes, resuming: &scan, into: stored.head) == .complete
        else {
            // Limits that became narrower meanwhile.
            serving.stored.recycle(stored, &loop.pool)
            return refuse(call, serving.admission.refusal)
        }
        carryOut(serving.exposure.rules.decide(stored.head, stored.headBytes.bytes), call, stored)
    }

    func goOn(_ call: Call, _ answer: OriginAnswer) {
        guard let stored = call.update({ $0.takeStored() }), case .ask(let intent)? = stored.decision else {
            preconditionFailure("it waits with what was decided")
        }
        call.update { $0.resume() }
        carryOut(serving.exposure.rules.resolve(intent, stored.head, stored.headBytes.bytes, answer), call, stored)
    }

    private func carryOut(_ decision: Decision, _ call: Call, _ stored: StoredRequest) {
        _ = carryOut(decision, call, stored.head, stored.headBytes.bytes, rest: Span())
        serving.stored.recycle(stored, &loop.pool)
        resumeSoon()
    }

    /// The app's JavaScript judges the origin. The request waits for its answer, or for a worker to ask.
    private func ask(_ call: Call, _ decision: Decision, _ head: RequestHead, _ bytes: Span<UInt8>) {
        if serving.askOrigin(of: call, head, bytes) || serving.queue(call, bytes: head.headBytes) {
            store(call, head, bytes).decide(decision)
        } else {
            refuse(call, serving.admission.refusal)
        }
    }

    // MARK: Calls

    /// Reads a call's body; checks and submits it when it is all there.
    private func readCall(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>, rest: Span<UInt8>) -> Int {
        switch head.framing {
        case .none, .contentLength(0):
            complete(call, head, bytes, body: rest.extracting(first: 0))
            return 0
        case .contentLength(let length):
            guard length <= serving.exposure.bodyLimit.bytes else {
                refuse(call, serving.exposure.bodyLimit.rejection)
                return 0
            }
            guard rest.count >= length else { break }
            endBody(length)
            complete(call, head, bytes, body: rest.extracting(first: length))
            return length
        case .chunked: break
        }
        let stored = store(call, head, bytes)
        serving.stored.provideBody(stored, &loop.pool)
        useBody(.collect)
        return 0
    }

    func readBody(_ bytes: Span<UInt8>) -> Int {
        switch reader.use {
        case .hold: return 0
        case .collect: return reader.isChunked ? collectChunks(bytes) : collectLength(bytes)
        case .forward: return forwardBody(bytes)
        case .discard:
            var offset = 0
            if case .failed = readBody(bytes, at: &offset, data: { _ in true }) {
                // It has its response, or will have it: nothing can be said about the rest but by closing.
                noteMayStillSend()
                giveUpBody()
                return bytes.count
            }
            return offset
        }
    }

    /// A body with a length is left where it arrives until it is whole.
    private func collectLength(_ bytes: Span<UInt8>) -> Int {
        guard let call = intake, let stored = call.stored else { preconditionFailure("a body belongs to a request") }
        let length = reader.remainingBytes
        guard bytes.count >= length else {
            let wanted = min(length, bytes.count + Limits.heldInputBytes)
            guard serving.reserveBody(wanted, stored) else {
                refuse(call, .overloaded)
                return 0
            }
            neededBytes = UInt32(wanted)
            return 0
        }
        endBody(length)
        completeStored(call, body: bytes.extracting(first: length))
        return length
    }

    /// Collects the data of a chunked body, and runs the call at its end.
    private func collectChunks(_ bytes: Span<UInt8>) -> Int {
        guard let call = intake, let stored = call.stored else { preconditionFailure("a body belongs to a request") }
        var offset = 0
        var problem: Rejection?
        let progress = readBody(bytes, at: &offset) { range in
            let whole = stored.body.count + Int(range.length)
            if whole > serving.exposure.bodyLimit.bytes {
                problem = serving.exposure.bodyLimit.rejection
            } else if !serving.reserveBody(whole, stored) {
                problem = .overloaded
            } else {
                stored.append(bytes.extracting(range.range))
            }
            return problem == nil
        }
        if let problem {
            refuse(call, problem)
            return offset
        }
        switch progress {
        case .more: return offset
        case .failed(let error):
            refuse(call, .http(error))
            return bytes.count
        case .end:
            completeCollected(call)
            return offset
        }
    }

    private func completeStored(_ call: Call, body: Span<UInt8>) {
        guard let stored = takeStored(call) else { return }
        complete(call, stored.head, stored.headBytes.bytes, body: body)
        serving.stored.recycle(stored, &loop.pool)
    }

    private func completeCollected(_ call: Call) {
        guard let stored = takeStored(call) else { return }
        complete(call, stored.head, stored.headBytes.bytes, body: stored.body.bytes)
        serving.stored.recycle(stored, &loop.pool)
    }

    private func takeStored(_ call: Call) -> StoredRequest? {
        guard let stored = call.update({ $0.takeStored() }) else { return nil }
        serving.releaseBody(of: stored)
        return stored
    }

    /// All of the request is there: checks its body and hands it to a worker.
    private func complete(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>, body: Span<UInt8>) {
        call.update { $0.addRequestBytes(body.count) }
        var input = CallInput()
        if !body.isEmpty, !check(body, isEvent: call.kind == .event, into: &input) {
            return refuse(call, .invalidJSON)
        }
        submit(call, head, bytes, body: body, input)
    }

    /// Finds what a body holds for its target. Gives false when it is no JSON.
    @inline(__always)
    private func check(_ body: Span<UInt8>, isEvent: Bool, into input: inout CallInput) -> Bool {
        var summary = JSONSummary()
        guard serving.exposure.check(body, member: isEvent ? .payload : .input, into: &summary) == .valid else {
            return false
        }
        input.flags = []
        input.isASCII = summary.isASCII
        input.isPlain = summary.isPlain
        if summary.needsWhole {
            // The serializer may make something else of the whole body: it has to see all of it.
            input.flags = .whole
            input.text = ByteRange(offset: 0, length: body.count)
        } else if let member = summary.member {
            input.text = member
        } else if isEvent {
            input.flags = .noInput
        } else {
            input.text = summary.value
        }
        return true
    }

    /// Gives a complete call to a worker, or lets it wait for one.
    @inline(__always)
    private func submit(
        _ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>, body: Span<UInt8>, _ input: CallInput
    ) {
        guard let link = serving.admission.pick(Int(call.target)) else {
            guard serving.queue(call, bytes: head.headBytes + body.count) else {
                return refuse(call, serving.admission.refusal)
            }
            let stored = store(call, head, bytes)
            serving.stored.provideBody(stored, &loop.pool)
            stored.complete(body, input)
            return
        }
        run(call, on: link, head, bytes, body: body, input)
    }

    func dispatchPending(_ call: Call) -> Bool {
        guard let waiting = call.stored else { preconditionFailure("it waits with its head") }
        switch call.kind {
        case .task, .event, .discovery: return dispatchCall(call)
        case .listener: return dispatchStream(call)
        case .unmatched:
            // It waits to be decided, or to be asked about.
            guard waiting.decision == nil ? serving.exposure.hasRules : serving.admission.workers.hasRoom else {
                return false
            }
            goOn(call)
            return true
        }
    }

    private func dispatchCall(_ call: Call) -> Bool {
        let target = Int(call.target)
        let kind: Hello.TargetKind = call.kind == .event ? .event : .task
        if call.kind != .discovery, serving.exposure.rules.catalogue.availability(of: target) != .callable {
            // The worker that served it has left, and those of now do not.
            refuse(call, serving.exposure.rules.rejectionOfUnlisted(kind))
            return true
        }
        guard let link = serving.admission.pick(target), let stored = takeStored(call) else { return false }
        run(call, on: link, stored.head, stored.headBytes.bytes, body: stored.body.bytes, stored.input)
        serving.stored.recycle(stored, &loop.pool)
        resumeSoon()
        return true
    }

    private func dispatchStream(_ call: Call) -> Bool {
        guard let link = serving.admission.pickListener(everything: call.stored?.decision == .outside),
            let stored = takeStored(call)
        else { return false }
        openStream(call, on: link, stored.head, stored.headBytes.bytes)
        serving.stored.recycle(stored, &loop.pool)
        resumeSoon()
        return true
    }

    @inline(__always)
    private func run(
        _ call: Call, on link: WorkerLink, _ head: RequestHead, _ bytes: Span<UInt8>, body: Span<UInt8>,
        _ input: CallInput
    ) {
        reserve(serving.responseSizes.expected(of: Int(call.target)), for: call)
        serving.dispatched(call, to: link)
        var flags = input.flags
        if head[.runnerContext].isPresent { flags.insert(.context) }
        if call.minorVersion == 0 { flags.insert(.http10) }
        if serving.isMirroring { mirrorRequest(call, head, bytes, body: body) }
        link.add(
            call, flags: flags, text: body.extracting(input.text.range), peer: peer,
            head: bytes.extracting(head.start..<head.headBytes), isASCII: input.isASCII, isPlain: input.isPlain)
    }
}
