internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// A client's HTTP/1.1 connection: requests in, responses out in the order of the requests (RFC 9112 section 9.3).
///
/// What is decided about its state is decided by three values: `reader` (what the next byte of input is), `pipeline`
/// (which response is next) and `timers` (how long it may stay so). This class carries bytes to them and out.
///
/// Requests are read where they arrived. One that cannot go on at once is stored in its call, so that an idle
/// connection is this object and libuv's handle.
final class HTTP1Connection: ClientConnection {
    private struct Flags: OptionSet {
        let rawValue: UInt8
        /// `resume` is called at the end of this turn.
        static let resuming = Flags(rawValue: 1)
        /// The client has sent FIN.
        static let halfClosed = Flags(rawValue: 2)
        /// The last response is written, and the client's last bytes are dropped until it closes.
        static let lingering = Flags(rawValue: 4)
        /// The client may still send behind the last request.
        static let mayStillSend = Flags(rawValue: 8)
    }

    private(set) var reader = RequestReader()
    private(set) var pipeline = ResponsePipeline()
    private var timers = ConnectionTimers()
    private var flags: Flags = []
    /// When the first byte of the request came that is not complete yet; 0 when there is none. It wraps around after
    /// longer than a head may take.
    private var beganMicroseconds: UInt32 = 0

    override init(serving: ServingLoop, loop: Loop, transport: Transport = .tcp) throws(LoopError) {
        try super.init(serving: serving, loop: loop, transport: transport)
    }

    override func opened() {
        if serving.proxies.expectHeader(from: peer) { reader.expectProxyHeader() }
        // A client that says nothing is bounded like one that says half a head.
        timers.expect(.head, now: serving.clock.ticks, serving.timerBounds)
        startReading()
    }

    /// The request read last, until it is handed on: its body is on the way, or it waits. Nothing is read behind it.
    @inline(__always)
    var intake: Call? {
        guard let last = pipeline.last else { return nil }
        switch last.phase {
        case .receiving, .asking, .awaitingTurn, .pending: return last
        case .free, .running, .streaming, .responded: return nil
        }
    }

    // MARK: Input

    override func received(_ bytes: Span<UInt8>) -> Int {
        serving.readClock()
        neededBytes = 0
        var consumed = 0
        while consumed < bytes.count, !isClosing {
            let rest = bytes.extracting(droppingFirst: consumed)
            let step: Int
            switch reader.position {
            case .proxyHeader: step = readProxyHeader(rest)
            case .head where wasLastRequest:
                reader.end()
                continue
            case .head: step = mayReadHead ? readHead(rest) : 0
            case .body: step = readBody(rest)
            case .end:
                reader.drop(rest.count)
                step = rest.count
            }
            if step == 0 { break }
            consumed += step
        }
        if !isClosing { settle(unconsumed: bytes.count - consumed) }
        return consumed
    }

    /// Whether the request read last ends the connection.
    private var wasLastRequest: Bool { intake == nil && pipeline.last?.closesConnection == true }

    /// Whether one more request may be read: none is on its way, none is streamed, and there is room for its response,
    /// should the client read none of them.
    @inline(__always)
    private var mayReadHead: Bool {
        guard let last = pipeline.last else { return unsentBytes < serving.limits.unsentLimitBytes }
        guard intake == nil else { return false }
        return last.kind != .listener && pipeline.count < serving.limits.pipelineLimit
            && unsentBytes + pipeline.reservedBytes < serving.limits.unsentLimitBytes
    }

    /// Whether input serves a purpose now.
    private var takesInput: Bool {
        switch reader.position {
        case .head: mayReadHead
        case .body:
            switch reader.use {
            case .hold: false
            case .collect, .discard: true
            case .forward: (pipeline.first?.sendCredit ?? 1) > 0
            }
        case .proxyHeader, .end: true
        }
    }

    /// Brings reading and deadline in line with what the connection waits for. Called after everything that changes
    /// that: so whatever stopped the reading, the end of it starts it again.
    @inline(__always)
    private func settle(unconsumed: Int) {
        if unconsumed == 0 && reader.position == .head && isReading {
            // Between requests, which is most of the time, there is nothing to stop or to start.
            let next: ConnectionTimers.Wait = pipeline.isEmpty ? .idle : .none
            return timers.expect(next, now: serving.clock.ticks, serving.timerBounds)
        }
        settleRest(unconsumed: unconsumed)
    }

    private func settleRest(unconsumed: Int) {
        if takesInput {
            if !isReading { startReading() }
        } else if unconsumed >= heldInputBytes {
            stopReading()
            if unsentBytes > 0 { awaitDrain() }
        }
        if unconsumed > 0 && beganMicroseconds == 0 {
            beganMicroseconds = Self.microseconds(serving.clock.nanoseconds)
        }
        timers.expect(wait(unconsumed: unconsumed), now: serving.clock.ticks, serving.timerBounds)
    }

    /// Input from which on reading stops, where it serves no purpose now. Behind a request that waits some is kept
    /// while reading goes on, so that the client's FIN or reset is seen.
    private var heldInputBytes: Int {
        intake != nil || pipeline.last?.kind == .listener ? Limits.heldInputBytes : 1
    }

    private func wait(unconsumed: Int) -> ConnectionTimers.Wait {
        switch reader.position {
        case .proxyHeader: return .head
        case .head:
            guard unconsumed == 0 else { return mayReadHead ? .head : .none }
            return pipeline.isEmpty ? .idle : .none
        case .body: return reader.use == .hold ? .none : .body
        case .end: return flags.contains(.lingering) ? .lingering : .none
        }
    }

    override func resume() {
        flags.remove(.resuming)
        guard !isClosing else { return }
        if let intake, intake.phase == .awaitingTurn, pipeline.first == intake { goOn(intake) }
        if takesInput { resumeInput() }
        if !isClosing { settle(unconsumed: unconsumedBytes) }
    }

    /// Goes on at the end of this turn, where something waits.
    func resumeSoon() {
        guard unconsumedBytes > 0 || !isReading || intake != nil else { return settle(unconsumed: 0) }
        guard !flags.contains(.resuming) else { return }
        flags.insert(.resuming)
        serving.turn.resume(self)
    }

    override func drained() {
        giveCredit()
        if !isReading || unconsumedBytes > 0 { resumeSoon() }
    }

    // MARK: What the rest of the front asks

    override func respond(_ call: Call, _ result: WorkerResult, _ bytes: Span<UInt8>) { deliver(call, result, bytes) }
    override func stream(_ bytes: Span<UInt8>, of call: Call) { deliverStream(bytes, of: call) }
    override func endStream(of call: Call, keepAlive: Bool, isCut: Bool) {
        finishStream(of: call, keepAlive: keepAlive, isCut: isCut)
    }
    override func proceed(_ call: Call) { goOn(call) }
    override func proceed(_ call: Call, _ answer: OriginAnswer) { goOn(call, answer) }
    override func dispatch(_ call: Call) -> Bool { dispatchPending(call) }
    override func granted(_ call: Call) { if !isReading || unconsumedBytes > 0 { resumeSoon() } }
    override func returnCredit() { giveCredit() }

    override func refuse(_ call: Call, _ rejection: Rejection) {
        if rejection.namesTarget, let stored = call.stored {
            serving.exposure.rules.forgetTarget()
            serving.exposure.rules.readTarget(of: stored.head, stored.headBytes.bytes)
        }
        writeRefusal(of: call, rejection)
    }

    // MARK: Requests

    private func readHead(_ bytes: Span<UInt8>) -> Int {
        let request = serving.exposure.recentRequests.place(forByteCount: bytes.count)
        if request.isMet(by: bytes) {
            reader.skipHead()
        } else {
            request.forget()
            switch reader.parseHead(bytes, by: serving.exposure.parser, into: request.head) {
            case .incomplete:
                return 0
            case .failed(let error):
                refuseMalformed(error)
                return bytes.count
            case .complete:
                request.keep(bytes)
            }
        }
        let head = request.head
        let rest = bytes.extracting(droppingFirst: head.headBytes)
        guard let call = open(head, bytes, behind: rest.count) else { return bytes.count }
        reader.beginBody(head.framing)
        guard serving.exposure.hasRules else {
            waitForRules(call, head, bytes)
            return head.headBytes
        }
        let decision = serving.exposure.rules.decide(request, bytes)
        return head.headBytes + carryOut(decision, call, head, bytes, rest: rest)
    }

    /// The one way to open a call: it takes its place in the pipeline, with all that its head says.
    private func open(_ head: RequestHead, _ bytes: Span<UInt8>, behind: Int) -> Call? {
        guard let call = serving.calls.take() else {
            close()
            return nil
        }
        let bodyBytes =
            switch head.framing {
            case .none: 0
            case .contentLength(let length): length
            case .chunked: Int.max
            }
        let trace = serving.accounts.isNoting ? serving.accounts.trace(head, bytes, from: peer) : nil
        let received = takeBegan()
        call.update {
            $0.open(
                head, connectionSlot: slot, receivedNanoseconds: received, hasMoreBehind: behind > bodyBytes,
                trace: trace)
        }
        pipeline.append(call)
        return call
    }

    private func takeBegan() -> UInt64 {
        defer { beganMicroseconds = 0 }
        timers.requestRead()
        let now = serving.clock.nanoseconds
        guard beganMicroseconds != 0 else { return now }
        return now - UInt64(Self.microseconds(now) &- beganMicroseconds) * 1000
    }

    /// Odd, so that none is 0.
    private static func microseconds(_ nanoseconds: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: nanoseconds / 1000) | 1
    }

    /// Refuses bytes that are no request, and the connection with them (RFC 9112 section 2.2: nobody knows where the
    /// next request would start).
    func refuseMalformed(_ error: HTTPError) { refuseUnread(.http(error)) }

    /// Refuses what is not a whole head.
    func refuseUnread(_ rejection: Rejection) {
        guard let call = serving.calls.take() else { return close() }
        let received = takeBegan()
        call.update { $0.open(connectionSlot: slot, receivedNanoseconds: received) }
        pipeline.append(call)
        noteMayStillSend()
        refuse(call, rejection)
    }

    // MARK: What the extensions may change

    func endProxyHeader() { reader.endProxyHeader() }

    @inline(__always)
    func useBody(_ use: RequestReader.BodyUse) {
        reader.useBody(use)
        // What was waited for as a whole is taken as it comes.
        neededBytes = 0
    }

    @inline(__always)
    func endBody(_ bytes: Int) { reader.endBody(bytes) }

    func readBody(_ bytes: Span<UInt8>, at offset: inout Int, data: (ByteRange) -> Bool) -> RequestReader.BodyProgress {
        reader.readBody(bytes, at: &offset, data: data)
    }

    @inline(__always)
    func reserve(_ bytes: Int, for call: Call) { pipeline.reserve(bytes, for: call) }

    /// No further request is read, behind a response that says so.
    func endRequests() {
        if reader.position == .body { flags.insert(.mayStillSend) }
        reader.end()
        neededBytes = 0
    }

    /// The client may have sent more than was read of it.
    func noteMayStillSend() { flags.insert(.mayStillSend) }

    /// The first call's response is written: lets the ones behind it follow.
    func finishFirst() {
        while let call = pipeline.removeFirst() {
            let closes = call.closesConnection
            if closes && call.hasMoreBehind { flags.insert(.mayStillSend) }
            let wasCutUnseen = call.responseWasCut && !call.isDelimited
            serving.finished(call)
            if wasCutUnseen { return cutVisibly() }
            if closes { return endAfterLastResponse() }
            guard let next = pipeline.first else { break }
            if next.phase == .streaming { releaseBuffered(next) }
            guard next.phase == .responded else { break }
            prepareOutbox()
            if let buffered = next.update({ $0.takeBuffered() }) {
                outbox.append(buffered.bytes.bytes)
                serving.calls.recycle(buffered, &loop.pool)
            }
            flushSoon()
        }
        if pipeline.isEmpty && flags.contains(.halfClosed) { return closeWhenDrained() }
        resumeSoon()
    }

    // MARK: Ending

    /// The last response is written. A client that may still be sending keeps its connection for a while: closing with
    /// unread input resets it, and the response could be lost (RFC 9112, section 9.6).
    private func endAfterLastResponse() {
        endRequests()
        abandonCalls(reason: .clientClosed)
        let mayBeSending = flags.contains(.mayStillSend) || unconsumedBytes > 0 || !isReading
        guard mayBeSending, !flags.contains(.halfClosed) else { return closeWhenDrained() }
        flags.insert(.lingering)
        shutdownOutput()
        settle(unconsumed: unconsumedBytes)
    }

    override func ended(_ error: LoopError?) {
        guard error == nil else {
            abandonCalls(reason: .clientClosed)
            return close()
        }
        if let intake, intake.phase == .receiving, reader.position == .body {
            // Half a request, then the end: Node's parser calls that an error, too.
            cancelWorker(of: intake, reason: .clientClosed)
            refuse(intake, .http(.malformedRequestLine))
        } else if pipeline.isEmpty, reader.position == .head, unconsumedBytes > 0 {
            refuseMalformed(.malformedRequestLine)
        }
        guard !isClosing else { return }
        flags.insert(.halfClosed)
        reader.end()
        guard !pipeline.isEmpty else {
            // After FIN the client may still read.
            return closeWhenDrained()
        }
        // FIN while calls run: Node aborts them and closes, but what a quick task has responded by then gets out. The
        // bridge takes longer than Node's own microtasks, so the same quick tasks get a moment here.
        serving.halfClosed(self)
    }

    override func endHalfClose() {
        guard !isClosing else { return }
        // What only the end of the connection ends would look whole.
        if let first = pipeline.first, first.phase == .streaming, !first.isDelimited { return cutVisibly() }
        abandonCalls(reason: .clientHalfClosed)
        closeWhenDrained()
    }

    override func abandoned() {
        abandonCalls(reason: .clientClosed)
        reader.end()
    }

    /// Nobody will read the responses of the calls that are left.
    func abandonCalls(reason: CancelReason) {
        while let call = pipeline.removeFirst() {
            cancelWorker(of: call, reason: reason)
            serving.abandoned(call)
        }
    }

    /// Tells the worker that has a call that nobody waits for it any more.
    func cancelWorker(of call: Call, reason: CancelReason) {
        if call.hold == .owing { serving.link(of: call)?.cancel(call, reason: reason) }
    }

    // MARK: Time

    override func checkTimers() {
        if !isReading && peerIsGone { return ended(.connectionReset) }
        let verdict = timers.check(
            now: serving.clock.ticks, bytes: Int(reader.bodyBytes &+ UInt32(truncatingIfNeeded: unconsumedBytes)),
            isReading: isReading,
            untaken: untakenBytes, serving.timerBounds)
        switch verdict {
        case .fine: return
        case .stalled: disconnectStalled()
        case .late(let wait): late(wait)
        }
    }

    private func late(_ wait: ConnectionTimers.Wait) {
        switch wait {
        case .none: return
        case .head where unconsumedBytes > 0:
            // Part of a request and then nothing: Node answers 408 there, too.
            refuseUnread(.requestTimeout)
        case .idle where unsentBytes > 0:
            // Its response is still being read, however slowly: it is not idle yet.
            timers.restart(now: serving.clock.ticks, serving.timerBounds)
        case .head, .idle, .lingering:
            close()
        case .body:
            guard let call = intake ?? streamed else { return giveUpBody() }
            noteMayStillSend()
            cancelWorker(of: call, reason: .clientClosed)
            refuse(call, .requestTimeout)
        }
    }

    /// The rest of a body that serves no purpose does not come, or is none: the responses under way are the last ones.
    func giveUpBody() {
        endRequests()
        guard let last = pipeline.last else { return closeWhenDrained() }
        last.update { $0.closeConnection() }
    }

    /// The call whose body goes to a worker as it comes.
    private var streamed: Call? {
        guard let first = pipeline.first, first.bodyIsOpen else { return nil }
        return first
    }

    override func drainBegan() {
        // Who has said nothing yet is idle from now on.
        timers.requestRead()
        settle(unconsumed: unconsumedBytes)
    }

    override var stalledTicks: UInt32 { timers.stalledTicks(now: serving.clock.ticks, serving.timerBounds) }

    override var heldBytes: Int { unsentBytes + pipeline.bufferedBytes }

    override func disconnectStalled() {
        serving.clientStalled(self, first: pipeline.first)
        abandonCalls(reason: .clientClosed)
        reset()
    }

    /// Whether the connection lives on behind a response; decided when the response is written.
    ///
    /// A front that is leaving lets its clients go behind a response that says so, and that nothing waits behind. A
    /// client that is told does not send the request that a close would meet on its way (RFC 9112, section 9.6).
    @inline(__always)
    func end(behind call: Call) -> ConnectionEnd {
        if serving.isLeaving { closeIfLast(call) }
        return call.closesConnection ? .close : .keepAlive
    }

    private func closeIfLast(_ call: Call) {
        guard pipeline.count == 1, unconsumedBytes == 0, !call.hasMoreBehind, reader.position == .head else { return }
        call.update { $0.closeConnection() }
        reader.end()
    }
}
