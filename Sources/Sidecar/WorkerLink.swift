internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Metrics

/// One loop's link to one Node process: calls out, results in.
final class WorkerLink: Stream {
    let front: FrontLoop
    /// Which of all the links its loop ever had this is, from 1.
    let number: UInt32
    /// The Node process at the other end.
    let worker: WorkerIdentity
    private(set) var health = LinkHealth()
    private(set) var inFlight = 0
    /// What the front's target index is in the worker's own table; -1 where the worker does not serve it.
    private var indexes: [Int32] = []
    private var wantsHead: [Bool] = []
    private(set) var servesStreams = false
    private(set) var servesEverything = false
    private var batch = CallBatch()
    /// Calls written to it since it joined.
    private(set) var callsTotal = 0
    private var isBatchQueued = false
    private(set) var traffic = LinkTraffic()

    /// Why it ended, where the other side is to blame for more than leaving.
    private(set) var brokeProtocol = false

    init(front: FrontLoop, loop: Loop, worker: WorkerIdentity) throws(LoopError) {
        self.front = front
        self.number = front.workers.nextNumber()
        self.worker = worker
        try super.init(loop: loop, transport: .unixSocket)
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

    /// Texts from here on go from the client's input to the kernel without a copy between, in a write of their own.
    private static let largeTextBytes = 32 << 10

    private func addLarge(
        _ call: Call, flags: CallFlags, text: Span<UInt8>, peer: PeerBlock, head: Span<UInt8>, isASCII: Bool,
        isPlain: Bool
    ) {
        prepareOutbox()
        batch.beginLarge(
            call: call.id, target: Int(indexes[Int(call.target)]), flags: flags, textBytes: text.count, head: head,
            isASCII: isASCII, isPlain: isPlain, into: &outbox)
        writeThrough(text)
        batch.endLarge(textBytes: text.count, peer: peer, head: head, into: &outbox)
        flushSoon()
    }

    /// Adds a call to this turn's batch.
    func add(
        _ call: Call, flags: CallFlags, text: Span<UInt8>, peer: SocketAddress, head: Span<UInt8>, isASCII: Bool,
        isPlain: Bool
    ) {
        let target = Int(call.target)
        begin()
        let wanted = wantsHead[target]
        let before = outbox.count
        defer { sent(since: before, frames: outbox.count > before ? 1 : 0) }
        if wanted, let notes = call.notes, notes.changesHead {
            var changed = ByteBuffer()
            notes.write(head, into: &changed)
            batch.add(
                call: call.id, target: Int(indexes[target]), flags: flags, text: text, peer: PeerBlock(peer),
                head: changed.bytes, isASCII: isASCII, isPlain: isPlain, into: &outbox)
            return batchSoon()
        }
        if text.count >= Self.largeTextBytes {
            addLarge(
                call, flags: wanted ? flags : flags.subtracting(.context), text: text, peer: PeerBlock(peer),
                head: wanted ? head : head.extracting(first: 0), isASCII: isASCII, isPlain: isPlain)
            return
        }
        batch.add(
            call: call.id, target: Int(indexes[target]), flags: wanted ? flags : flags.subtracting(.context),
            text: text,
            peer: wanted ? PeerBlock(peer) : PeerBlock(), head: wanted ? head : head.extracting(first: 0),
            isASCII: isASCII, isPlain: isPlain, into: &outbox)
        batchSoon()
    }

    @inline(__always)
    private func batchSoon() {
        if !isBatchQueued {
            isBatchQueued = true
            front.flushSoon(self)
        }
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
    private func sent(since before: Int, frames: Int) {
        traffic.sentBytes &+= outbox.count - before
        traffic.sentFrames &+= frames
    }

    /// Writes a frame behind the calls of this turn.
    private func write(_ frame: (inout ByteBuffer) -> Void) {
        guard !isClosing else { return }
        prepareOutbox()
        flushCalls()
        let before = outbox.count
        frame(&outbox)
        sent(since: before, frames: 1)
        flushSoon()
    }

    func cancel(_ call: Call, reason: CancelReason) {
        write { FrameWriter.cancel(call: call.id, reason: reason, into: &$0) }
    }

    func open(_ call: Call, peer: SocketAddress, head: Span<UInt8>, hasBody: Bool) {
        begin()
        guard !isClosing else { return }
        prepareOutbox()
        flushCalls()
        let before = outbox.count
        if let notes = call.notes, notes.changesHead {
            var changed = ByteBuffer()
            notes.write(head, into: &changed)
            FrameWriter.request(
                call: call.id, flags: hasBody ? .bodyFollows : [], peer: PeerBlock(peer), head: changed.bytes,
                into: &outbox)
        } else {
            FrameWriter.request(
                call: call.id, flags: hasBody ? .bodyFollows : [], peer: PeerBlock(peer), head: head, into: &outbox)
        }
        sent(since: before, frames: 1)
        flushSoon()
    }

    func send(_ body: Span<UInt8>, of call: Call, isEnd: Bool) {
        guard !isClosing else { return }
        prepareOutbox()
        let before = outbox.count
        if body.count > 0 { FrameWriter.requestData(call: call.id, body, into: &outbox) }
        if isEnd { FrameWriter.requestEnd(call: call.id, into: &outbox) }
        sent(since: before, frames: (body.count > 0 ? 1 : 0) + (isEnd ? 1 : 0))
        flushSoon()
    }

    func credit(_ call: Call, bytes: Int) {
        write { FrameWriter.credit(call: call.id, byteCount: UInt32(bytes), into: &$0) }
    }

    func askOrigin(question: UInt32, origin: Span<UInt8>?) {
        guard !isClosing else { return }
        prepareOutbox()
        let before = outbox.count
        FrameWriter.originQuestion(question: question, origin: origin, into: &outbox)
        sent(since: before, frames: 1)
        flushSoon()
    }

    func welcome(_ welcome: Welcome) {
        write { welcome.write(into: &$0) }
    }

    func sendDraining() {
        write { FrameWriter.draining(into: &$0) }
    }

    private func begin() {
        inFlight += 1
        callsTotal += 1
        front.workers.callsInFlight += 1
    }

    /// A call of this link is over, whatever way.
    func callEnded() {
        inFlight -= 1
        front.linkHasRoom(self)
    }

    // MARK: Liveness

    /// Asks for a sign of life.
    func ping(nowMilliseconds: UInt64) {
        let number = health.ping(nowMilliseconds: nowMilliseconds)
        write { FrameWriter.ping(number: number, into: &$0) }
    }

    func checkOverdue(nowMilliseconds: UInt64, patienceMilliseconds: Int) {
        health.checkOverdue(nowMilliseconds: nowMilliseconds, patienceMilliseconds: patienceMilliseconds)
    }

    // MARK: Input

    override func received(_ bytes: Span<UInt8>) -> Int {
        front.readTurnClock()
        neededBytes = 0
        var consumed = 0
        defer { traffic.receivedBytes &+= consumed }
        while !isClosing {
            switch front.frames.next(in: bytes, at: consumed) {
            case .frame(let header, let payload, let total):
                handle(header, bytes.extracting(payload.range))
                consumed += total
                traffic.receivedFrames &+= 1
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
        case .result:
            guard let call = front.calls.find(header.call), call.linkNumber == number else { return }
            guard call.state == .running, let connection = front.connection(of: call) else { return }
            let flags = ResultFlags(rawValue: header.flags)
            if flags.contains(.failed) { call.taskFailed = true }
            connection.deliver(
                call, status: Int(header.detail),
                outcome: flags.isDisjoint(with: [.result, .empty]) ? .body : .result,
                isEmpty: flags.contains(.empty), bytes: payload)
        case .responseData:
            guard let call = front.calls.find(header.call), call.linkNumber == number else { return }
            guard call.owedCredit + payload.count <= front.limits.streamWindowBytes else {
                return breakOff("RESPONSE_DATA beyond the window of \(front.limits.streamWindowBytes) bytes")
            }
            front.connection(of: call)?.deliverStreamed(payload, of: call)
        case .responseEnd:
            guard let call = front.calls.find(header.call), call.linkNumber == number else { return }
            let flags = ResponseEndFlags(rawValue: header.flags)
            front.connection(of: call)?.endStreamed(
                call, keepAlive: flags.contains(.keepAlive), isCut: flags.contains(.abort))
        case .credit:
            guard let call = front.calls.find(header.call), call.linkNumber == number else { return }
            front.connection(of: call)?.grant(Int(header.field), to: call)
        case .pong:
            let was = health.state
            health.pong(
                number: header.field, nowMilliseconds: loop.nowMilliseconds,
                lagMicroseconds: payload.littleEndianUInt32(at: 0))
            if health.state != was { front.answersAgain(self) }
            front.metrics.recordLag(.node, nanoseconds: UInt64(health.eventLoopLagMicroseconds) * 1000)
            front.linkHasRoom(self)
        case .originAnswer:
            front.originAnswered(
                question: header.call, flags: OriginAnswerFlags(rawValue: header.flags), value: payload)
        case .draining:
            health.drain()
            sendDraining()
            front.workersChanged()
        case .hello:
            do throws(HelloError) {
                front.reannounced(self, try Hello(parsing: payload))
            } catch {
                breakOff("\(error)")
            }
        default:
            breakOff("\(header.type.name) does not belong here")
        }
    }

    /// The other side broke a rule: the link ends, and the reason is logged.
    private func breakOff(_ reason: String) {
        brokeProtocol = true
        front.linkBroke(self, reason)
        close()
    }

    override func drained() { front.linkHasRoom(self) }

    override func ended(_ error: LoopError?) {
        close()
    }

    override func closed() {
        health.lose()
        front.lost(self)
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
