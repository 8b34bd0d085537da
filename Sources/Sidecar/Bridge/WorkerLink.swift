internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import Metrics

/// One loop's link to one Node process: calls out, results in.
///
/// Every frame that names a call is held against that call's state before it changes anything (`WorkerHold.verdict`).
final class WorkerLink: Stream {
    let serving: ServingLoop
    /// Which of all the links its loop ever had this is, from 1.
    let number: UInt32
    /// The Node process at the other end.
    let worker: WorkerIdentity
    private(set) var health = LinkHealth()
    /// What the last PONG told of the process.
    private(set) var processLoad: WorkerLoad.ProcessLoad?
    /// Calls that the worker has not let go of.
    private(set) var inFlight = 0
    /// Calls written to it since it joined.
    private(set) var callsTotal = 0
    /// What the front's target index is in the worker's own table; -1 where the worker does not serve it.
    private var indexes: [Int32] = []
    private var wantsHead: [Bool] = []
    private(set) var servesStreams = false
    private(set) var servesEverything = false
    private var batch = CallBatch()
    private var isBatchQueued = false
    private(set) var traffic = LinkTraffic()
    private var cancelled = CancelledCalls()
    /// It was welcomed.
    private var hasJoined = false
    /// Why it ended, where the other side is to blame for more than leaving.
    private(set) var brokeProtocol = false

    init(serving: ServingLoop, loop: Loop, transport: Transport, worker: WorkerIdentity) throws(LoopError) {
        self.serving = serving
        self.number = serving.admission.nextLinkNumber()
        self.worker = worker
        try super.init(loop: loop, transport: transport)
        health.joined(nowMilliseconds: loop.nowMilliseconds)
    }

    // MARK: What the worker can do

    /// Takes over a HELLO's table. `indexes` maps the front's targets to the worker's.
    func announce(_ hello: Hello, indexes: [Int32], wantsHead: [Bool]) {
        self.indexes = indexes
        self.wantsHead = wantsHead
        servesStreams = hello.listener.takesExposure
        servesEverything = hello.listener.takesEverything
    }

    @inline(__always)
    func serves(_ target: Int) -> Bool {
        target < indexes.count && indexes[target] >= 0
    }

    var isReady: Bool { health.takesCalls && !isClosing }

    // MARK: Calls

    /// Room for heads that the task is to see otherwise than they were sent; empty between two of them.
    private var changedHead = ByteBuffer()

    /// A call goes to this worker.
    @inline(__always)
    func began() {
        inFlight += 1
        callsTotal += 1
    }

    /// The worker has let go of a call.
    @inline(__always)
    func ended() { inFlight -= 1 }

    /// Adds a call to this turn's batch.
    func add(
        _ call: Call, flags: CallFlags, text: Span<UInt8>, peer: SocketAddress, head: Span<UInt8>, isASCII: Bool,
        isPlain: Bool
    ) {
        let target = Int(call.target)
        let index = Int(indexes[target])
        guard wantsHead[target] else {
            return add(
                call, index: index, flags: flags.subtracting(.context), text: text, peer: PeerBlock(),
                head: head.extracting(first: 0), isASCII: isASCII, isPlain: isPlain)
        }
        let requestID = call.requestID
        let trace = call.trace.flatMap { $0.changesHead ? $0 : nil }
        guard trace != nil || requestID.changesHead else {
            return add(
                call, index: index, flags: flags, text: text, peer: PeerBlock(peer), head: head, isASCII: isASCII,
                isPlain: isPlain)
        }
        var changed = ByteBuffer()
        swap(&changed, &changedHead)
        if requestID.changesHead { requestID.writeHead(head, into: &changed) } else { changed.append(head) }
        if let trace {
            var noted = ByteBuffer()
            trace.write(changed.bytes, into: &noted)
            swap(&changed, &noted)
        }
        add(
            call, index: index, flags: flags, text: text, peer: PeerBlock(peer), head: changed.bytes, isASCII: isASCII,
            isPlain: isPlain)
        changed.removeAll()
        swap(&changed, &changedHead)
    }

    @inline(__always)
    private func add(
        _ call: Call, index: Int, flags: CallFlags, text: Span<UInt8>, peer: PeerBlock, head: Span<UInt8>,
        isASCII: Bool, isPlain: Bool
    ) {
        guard text.count < Limits.largeBytes else {
            // Its text goes from the client's input to the kernel without a copy between, in a write of its own.
            prepareOutbox()
            let start = outbox.count
            batch.beginLarge(
                call: call.id, target: index, flags: flags, textBytes: text.count, head: head, isASCII: isASCII,
                isPlain: isPlain, into: &outbox)
            sent(since: start, frames: 1)
            writeThrough(text)
            traffic.sent(bytes: text.count, frames: 0)
            let end = outbox.count
            batch.endLarge(textBytes: text.count, peer: peer, head: head, into: &outbox)
            sent(since: end, frames: 0)
            return flushSoon()
        }
        let before = outbox.count
        batch.add(
            call: call.id, target: index, flags: flags, text: text, peer: peer, head: head, isASCII: isASCII,
            isPlain: isPlain, into: &outbox)
        sent(since: before, frames: outbox.count > before ? 1 : 0)
        guard !isBatchQueued else { return }
        isBatchQueued = true
        serving.turn.flush(self)
    }

    /// Puts this turn's batch into the outbox; the loop writes it when the turn ends.
    func flushBatch() {
        isBatchQueued = false
        guard !isClosing else { return }
        flushCalls()
        flushSoon()
    }

    /// Appends the frame of the calls that wait, if any.
    private func flushCalls() {
        let before = outbox.count
        batch.flush(into: &outbox)
        sent(since: before, frames: outbox.count > before ? 1 : 0)
    }

    @inline(__always)
    private func sent(since before: Int, frames: Int) { traffic.sent(bytes: outbox.count - before, frames: frames) }

    /// Writes a frame behind the calls of this turn.
    private func write(frames: Int = 1, _ frame: (inout ByteBuffer) -> Void) {
        guard !isClosing else { return }
        prepareOutbox()
        flushCalls()
        let before = outbox.count
        frame(&outbox)
        sent(since: before, frames: frames)
        flushSoon()
    }

    /// Nobody waits for a call any more. Its id stays the worker's until it has let go of it.
    func cancel(_ call: Call, reason: CancelReason) {
        call.update { $0.cancel() }
        write { FrameWriter.cancel(call: call.id, reason: reason, into: &$0) }
        if cancelled.add(call.id, behindPing: health.pingNumber) { ping() }
    }

    func open(_ call: Call, peer: SocketAddress, head: Span<UInt8>, hasBody: Bool) {
        let flags: RequestFlags = hasBody ? .bodyFollows : []
        guard let trace = call.trace, trace.changesHead else {
            return write {
                FrameWriter.request(call: call.id, flags: flags, peer: PeerBlock(peer), head: head, into: &$0)
            }
        }
        var changed = ByteBuffer()
        trace.write(head, into: &changed)
        write {
            FrameWriter.request(call: call.id, flags: flags, peer: PeerBlock(peer), head: changed.bytes, into: &$0)
        }
    }

    func send(_ body: Span<UInt8>, of call: Call, isEnd: Bool) {
        write(frames: (body.count > 0 ? 1 : 0) + (isEnd ? 1 : 0)) {
            if body.count > 0 { FrameWriter.requestData(call: call.id, body, into: &$0) }
            if isEnd { FrameWriter.requestEnd(call: call.id, into: &$0) }
        }
    }

    func credit(_ call: Call, bytes: Int) {
        write { FrameWriter.credit(call: call.id, byteCount: UInt32(bytes), into: &$0) }
    }

    /// Writes a question for the app.
    func ask(_ question: (inout ByteBuffer) -> Void) { write(question) }

    func welcome(_ welcome: Welcome) {
        hasJoined = true
        write { welcome.write(into: &$0) }
    }

    /// Ends a link that was not welcomed.
    func refuse(_ reason: String) {
        prepareOutbox()
        Refused(reason: reason, retry: true).write(into: &outbox)
        closeWhenDrained()
    }

    /// Tells which options rule over the app's own settings.
    func sendSettings(_ overrides: Overrides) {
        write { overrides.write(into: &$0) }
    }

    func sendDraining(_ flags: DrainingFlags = []) {
        write { FrameWriter.draining(flags, into: &$0) }
    }

    // MARK: Liveness

    /// Asks for a sign of life.
    func ping() {
        let number = health.ping(nowMilliseconds: loop.nowMilliseconds)
        write { FrameWriter.ping(number: number, into: &$0) }
    }

    func checkOverdue(nowMilliseconds: UInt64, patienceMilliseconds: Int) {
        let was = health.state
        health.checkOverdue(nowMilliseconds: nowMilliseconds, patienceMilliseconds: patienceMilliseconds)
        if health.state != was { serving.becameUnresponsive(self) }
    }

    private func pong(_ number: UInt32, _ load: WorkerLoad) {
        let was = health.state
        let lagMicroseconds = load.lagMicroseconds
        processLoad = load.process
        guard health.pong(number: number, nowMilliseconds: loop.nowMilliseconds, lagMicroseconds: lagMicroseconds)
        else { return breakOff("PONG \(number) answers no PING") }
        if health.state != was { serving.becameResponsive(self) }
        serving.accounts.recordLag(.node, nanoseconds: UInt64(lagMicroseconds) * 1000)
        // It has read every CANCEL before that PING, and sent all it had to say before this PONG.
        while let id = cancelled.next(answered: number) {
            if let call = serving.calls.find(id, of: self.number), call.hold == .cancelled { serving.letGo(call, self) }
        }
        serving.linkHasRoom(self)
    }

    // MARK: Input

    override func received(_ bytes: Span<UInt8>) -> Int {
        serving.readClock()
        neededBytes = 0
        var consumed = 0
        defer { traffic.received(bytes: consumed) }
        while !isClosing {
            switch serving.frames.next(in: bytes, at: consumed) {
            case .frame(let header, let payload, let total):
                handle(header, bytes.extracting(payload.range))
                consumed += total
                traffic.receivedFrame()
            case .incomplete(let needed):
                neededBytes = UInt32(clamping: needed)
                return consumed
            case .failed(let error):
                breakOff("\(error)")
                return consumed
            }
        }
        return consumed
    }

    private func handle(_ header: FrameHeader, _ payload: Span<UInt8>) {
        switch header.type {
        case .result: handle(.result, header, payload)
        case .responseData: handle(.responseData, header, payload)
        case .responseEnd: handle(.responseEnd, header, payload)
        case .credit: handle(.credit, header, payload)
        case .pong: pong(header.field, WorkerLoad(payload: payload))
        case .originAnswer:
            let answer = OriginAnswer(flags: OriginAnswerFlags(rawValue: header.flags), value: payload.copied())
            serving.originAnswered(header.call, by: self, answer)
        case .draining:
            health.drain()
            sendDraining()
            serving.workersChanged()
        case .hello:
            do throws(HelloError) {
                if let reason = serving.reannounced(self, try Hello(parsing: payload)) { breakOff(reason) }
            } catch {
                breakOff("\(error)")
            }
        default:
            breakOff("\(header.type.name) does not belong here")
        }
    }

    /// A frame that names a call.
    @inline(__always)
    private func handle(_ frame: WorkerFrame, _ header: FrameHeader, _ payload: Span<UInt8>) {
        guard let call = serving.calls.find(header.call, of: number) else { return }
        switch call.hold.verdict(on: frame, in: call.phase) {
        case .ignore: return
        case .letGo: serving.letGo(call, self)
        case .violate: breakOff("\(header.type.name) for a call whose response is streamed")
        case .take where frame == .result && call.kind == .listener:
            // It is no call that has a result; what came as REQUEST has a response with a head.
            breakOff("RESULT for a streamed request")
        case .take: take(frame, header, payload, for: call)
        }
    }

    @inline(__always)
    private func take(_ frame: WorkerFrame, _ header: FrameHeader, _ payload: Span<UInt8>, for call: Call) {
        guard let connection = serving.connections[call] else { return }
        switch frame {
        case .result:
            serving.letGo(call, self)
            let flags = ResultFlags(rawValue: header.flags)
            connection.respond(
                call,
                WorkerResult(
                    status: Int(header.detail),
                    content: flags.contains(.empty) ? .empty : flags.contains(.result) ? .result : .body,
                    failure: TaskFailure(flags)), payload)
        case .responseData:
            guard call.owedCredit + payload.count <= serving.limits.streamWindowBytes else {
                return breakOff("RESPONSE_DATA beyond the window of \(serving.limits.streamWindowBytes) bytes")
            }
            connection.stream(payload, of: call)
        case .responseEnd:
            serving.letGo(call, self)
            let flags = ResponseEndFlags(rawValue: header.flags)
            connection.endStream(
                of: call, keepAlive: flags.contains(.keepAlive), isCut: flags.contains(.abort))
        case .credit:
            guard call.bodyIsOpen else { return }
            call.update { $0.grant(Int(header.field)) }
            connection.granted(call)
        }
    }

    /// The other side broke a rule: the link ends, and the reason is logged.
    private func breakOff(_ reason: String) {
        brokeProtocol = true
        serving.linkBroke(self, reason)
        close()
    }

    override func drained() { serving.linkHasRoom(self) }

    override func ended(_ error: LoopError?) { close() }

    override func closed() {
        health.lose()
        if hasJoined { serving.lost(self) }
    }
}

/// Which Node process a link leads to.
struct WorkerIdentity: Sendable, Equatable {
    var name: String
    var pid: Int
    var runner: String?
    var node: String?
    var shim: String?
}
