internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec

/// One client's connection: requests in, answers out in the order of the requests (RFC 9112 section 9.3).
///
/// Requests are parsed where they were read. A request whose body is not there yet is simply looked at again once it
/// is: the stream is told how many bytes that takes. What a request needs beyond that lives in pooled objects, so an
/// idle connection is this object and libuv's handle.
final class ClientConnection: Stream {
    /// What the next byte of input is.
    enum Phase: UInt8 {
        /// The head of a request, or its body while that is short enough to wait for.
        case request
        /// A chunked body of a call, collected in `assembly`.
        case collecting
        /// The request is complete and sits in the waiting room.
        case waiting
        /// The request must be first in line before it goes on.
        case queued
        /// Body of a request that was answered without it.
        case discarding
        /// Body that goes to a worker as it comes.
        case forwarding
        /// Nothing: the streamed request has been forwarded, its answer is under way.
        case answering
        /// Nothing: no request will be read any more.
        case finished
    }

    struct Flags: OptionSet {
        let rawValue: UInt8
        static let sentContinue = Flags(rawValue: 1)
        static let paused = Flags(rawValue: 2)
        static let halfClosed = Flags(rawValue: 4)
        static let resuming = Flags(rawValue: 8)
        static let chunked = Flags(rawValue: 16)
        static let timingRequest = Flags(rawValue: 32)
    }

    let front: FrontLoop
    /// Where the front keeps it.
    var slot: Int32 = -1
    var phase: Phase = .request
    var flags: Flags = []
    var callCount: UInt16 = 0
    /// Which stay in the waiting room this is.
    var ticket: UInt32 = 0
    /// What the client had not taken when it was last looked at.
    var stalledBytes: UInt32 = 0
    var firstCall: Call?
    var lastCall: Call?
    /// How far the head under way was looked at.
    var scan = HeadScan()
    /// Tick at which patience ends; 0 is never.
    var deadlineTick: UInt32 = 0
    /// Tick at which a client that takes nothing of its answer is cut; 0 while nothing is stalled.
    var writeDeadlineTick: UInt32 = 0
    var chunks = ChunkedBody()
    /// Body bytes to come, where the length was declared.
    var bodyRemainingBytes = 0
    /// What the calls in line have for answers, and are likely to get.
    var promisedBytes = 0
    var assembly: BodyAssembly?
    var peer = SocketAddress.unknown
    /// When the first byte of the request came that is not complete yet; 0 when there is none.
    var beganNanoseconds: UInt64 = 0

    init(front: FrontLoop, loop: Loop) throws(LoopError) {
        self.front = front
        try super.init(loop: loop, transport: .tcp)
    }

    /// Starts to serve a connection that was just accepted.
    func open() {
        disableNagle()
        peer = peerAddress ?? .unknown
        deadlineTick = front.tick(after: front.limits.headerTimeoutMilliseconds)
        startReading()
    }

    // MARK: Input

    /// Input that is kept while none is taken; the request itself, when that is larger.
    static let heldInputLimitBytes = 64 << 10

    /// Whether input has to wait for something else to happen.
    var holdsInput: Bool { phase == .waiting || phase == .queued || phase == .answering }

    /// Whether the answer to one more request may be held, should the client read none of them.
    @inline(__always)
    var hasRoomForAnswers: Bool { unsentBytes + promisedBytes < front.limits.unsentLimitBytes }

    override func received(_ bytes: Span<UInt8>) -> Int {
        front.readTurnClock()
        neededBytes = 0
        var consumed = 0
        while consumed < bytes.count, !isClosing {
            let rest = bytes.extracting(droppingFirst: consumed)
            if front.isLeaving { front.offeredBytes = rest.count }
            let step =
                switch phase {
                case .request: readRequest(rest)
                case .collecting: collectChunks(rest)
                case .discarding: discardBody(rest)
                case .forwarding: forwardBody(rest)
                case .waiting, .queued, .answering: 0
                case .finished: rest.count
                }
            if step == 0 { break }
            consumed += step
        }
        guard !isClosing else { return consumed }
        // What comes behind a request that waits is left with the client.
        if holdsInput && bytes.count - consumed >= Self.heldInputLimitBytes { pause() }
        setDeadline(unconsumed: bytes.count - consumed)
        return consumed
    }

    override func drained() { outputDrained() }

    override func ended(_ error: LoopError?) { clientEnded(error) }

    override func closed() {
        abandonCalls(reason: .clientClosed)
        endAssembly()
        if phase == .waiting { front.waitingRoom.noteLeaving() }
        phase = .finished
        front.removed(self)
    }

    /// Reads one request. Gives the bytes it took, or 0 when it has to see more of them or wait.
    private func readRequest(_ bytes: Span<UInt8>) -> Int {
        guard callCount < front.limits.pipelineLimit, hasRoomForAnswers else {
            pause()
            return 0
        }
        let request = front.recentRequests.place(forByteCount: bytes.count)
        if request.isMet(by: bytes) {
            scan = HeadScan()
        } else {
            request.forget()
            switch front.parser.parse(bytes, resuming: &scan, into: request.head) {
            case .incomplete:
                return 0
            case .failed(let error):
                refuse(error)
                return bytes.count
            case .complete:
                request.keep(bytes)
            }
        }
        let taken = route(request, bytes)
        if taken > 0 { flags.remove(.sentContinue) }
        return taken
    }

    /// Sends a request whose head is complete on its way. Gives the bytes taken, 0 to be asked again.
    private func route(_ request: RecentRequest, _ bytes: Span<UInt8>) -> Int {
        let head = request.head
        if front.noting.isOn { front.noted = front.noting.notes(head, bytes, from: peer) }
        guard front.hasRules else { return waitForWorker(bytes: bytes.count) }
        let originAnswer = front.takeOriginAnswer(for: self)
        switch front.rules.decide(request, bytes, originAnswer: originAnswer) {
        case .call(let target, let kind, let cors):
            let taken = readCall(head, bytes, target: target, kind: kind, cors: cors)
            // Whoever is not on the way yet will be decided again, and gets CORS lines then.
            if taken == 0 || phase == .collecting { front.rules.release(cors) }
            return taken
        case .discovery(let target, let cors):
            let taken = startDiscovery(head, bytes, target: target, cors: cors)
            if taken == 0 { front.rules.release(cors) }
            return taken
        case .stream(let target):
            return startStream(head, bytes, target: target)
        case .handOver:
            return startStream(head, bytes, target: -1)
        case .outside:
            if front.takesEveryStream { return startStream(head, bytes, target: -1, isOutside: true) }
            guard
                case .reject(let rejection, let cors) = front.rules.decideOutside(
                    head, bytes, originAnswer: originAnswer)
            else { return askOrigin(head, bytes) }
            return reject(head, bytes, rejection, cors: cors)
        case .preflight(let cors):
            return answerPreflight(head, bytes, cors: cors)
        case .reject(let rejection, let cors):
            return reject(head, bytes, rejection, cors: cors)
        case .ask:
            return askOrigin(head, bytes)
        }
    }
}
