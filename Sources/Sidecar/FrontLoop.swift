internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import JSONCheck
internal import Logging
internal import Metrics
internal import Settings

/// One loop of the front: its listener, its connections, its links and the calls between them. Confined to one thread;
/// several of them share nothing but messages.
final class FrontLoop {
    let index: Int
    let loop: Loop
    var limits: Limits
    var configuration: Configuration
    let logger: Logger
    let control: ControlHandle

    var parser: RequestHeadParser {
        didSet { recentRequests.forgetAll() }
    }
    let recentRequests = RecentRequests()
    var checker: JSONChecker
    /// What is exposed and how; worth asking only once a worker has said so.
    var rules: ExposureRules
    var hasRules = false
    var settings = ExposureSettings.unannounced
    /// What a worker announced last, before the options had their say.
    var announced = ExposureSettings.unannounced
    /// Which streams a worker of now takes, or took when there was one: while it is away they wait for it.
    var takesExposureStreams = false
    var takesEveryStream = false
    /// The ends of answers' heads, with this second's date.
    var tails: AnswerTails
    /// Where the metrics of a target are, by target.
    var targetSlots: [LoopMetrics.RouteSlot] = []
    /// What a target is called in the access log.
    var targetRoutes: [TargetRoute] = []
    var workers: Workers
    var calls = CallTable()
    var assemblies: [BodyAssembly] = []
    let frames: FrameReader
    var metrics: LoopMetrics
    private(set) var date = HTTPDateCache()
    /// It was told to stop: connections are let go where that disturbs nobody.
    var isLeaving = false
    /// It takes no connections any more.
    var isDraining = false
    var hasReportedDrained = false

    var listeners: [Listener] = []
    private(set) var connections: ContiguousArray<ClientConnection?> = []
    private var freeSlots: [Int32] = []
    private(set) var connectionCount = 0
    var waitingRoom: WaitingRoom
    var queuePace = QueuePace()
    var lastTicket: UInt32 = 0
    private var batches: [WorkerLink] = []
    private var resuming: [ClientConnection] = []
    private var creditors: [ClientConnection] = []
    var questions: [UInt32: OriginQuestion] = [:]
    var lastQuestion: UInt32 = 0
    var originAnswer: (connection: ClientConnection, answer: OriginAnswer)?
    private var ticker: Timer?
    private var lingering: [ClientConnection] = []
    private var lingerTimer: Timer?
    var ticks: UInt32 = 1
    /// The monotonic clock at the last read of this turn.
    var turnNanoseconds: UInt64 = 0
    /// The same at the first read of this turn; 0 before it.
    var turnBeganNanoseconds: UInt64 = 0
    /// When the request that is being looked at again had entered the waiting room; 0 when it had not.
    var queuedSinceNanoseconds: UInt64 = 0
    /// Loop time until which it may wait there, in all; set together with that.
    var queuedUntilMilliseconds: UInt64 = 0
    var sending: [SendRun] = []
    var noting: RequestNoting
    /// Of the request whose head was looked at last.
    var noted: RequestNotes?
    var accessLog: AccessLog
    var roomForWaiting = false
    var answerSizes = AnswerSizes()
    /// Bytes of answers that may come before what connections hold is added up.
    var bytesUntilLook = 0
    /// What a connection's input held from the request on that is being looked at; kept only while the front is
    /// leaving.
    var offeredBytes = 0

    static let tickMilliseconds = 100
    /// What a task may still take when its client has sent FIN: the bridge's round trip, not a task's work.
    static let lingerMilliseconds = 20
    /// How long an idle connection may still bring a request once the front takes no connections any more: longer than
    /// an answer and the next request of a busy client are on their way.
    static let partingMilliseconds = 250

    /// - Parameter loop: what it runs on; nil for a loop of its own.
    init(
        index: Int, configuration: Configuration, logger: Logger, control: ControlHandle, loop: Loop? = nil
    ) throws(LoopError) {
        self.index = index
        self.configuration = configuration
        self.logger = logger
        self.control = control
        let loop = if let loop { loop } else { try Loop() }
        self.loop = loop
        self.limits = Limits(configuration, loops: control.loopCount)
        self.parser = RequestHeadParser(limits: limits.http)
        self.checker = JSONChecker(depthLimit: configuration.jsonDepthLimit)
        self.workers = Workers(
            inFlightLimit: limits.inFlightLimit, workerInFlightLimit: limits.workerInFlightLimit)
        self.bytesUntilLook = limits.unreadLimitBytes / 2
        self.waitingRoom = WaitingRoom(guestLimit: limits.queueLimit, byteLimit: limits.queueLimitBytes)
        self.metrics = LoopMetrics(
            targetLabelLimit: configuration.metricsTaskLabelLimit, failures: FailureCause.labels)
        self.frames = FrameReader(
            receiver: .front, limits: FrameLimits(resultBytes: configuration.resultLimitBytes))
        self.rules = ExposureRules(settings)
        _ = date.refresh(nowMilliseconds: loop.nowMilliseconds, wallClock: loop.wallClock)
        let now = date.bytes
        self.tails = AnswerTails(
            date: now.span, keepAliveSeconds: limits.idleTimeoutMilliseconds / 1000)
        self.noting = RequestNoting(configuration)
        self.accessLog = AccessLog(configuration)
        loop.onTurnFlushed = { [unowned self] in
            turnFlushed()
            boundUnreadAnswers()
        }
        loop.onTurnEnd = { [unowned self] in endTurn() }
        let ticker = Timer(loop: loop) { [unowned self] in tick() }
        ticker.start(delayMilliseconds: Self.tickMilliseconds, repeatMilliseconds: Self.tickMilliseconds)
        self.ticker = ticker
        lingerTimer = Timer(loop: loop) { [unowned self] in endLingering() }
    }

    // MARK: Turns

    func readTurnClock() {
        turnNanoseconds = loop.nanoseconds
        if turnBeganNanoseconds == 0 { turnBeganNanoseconds = turnNanoseconds }
        if date.refresh(nowMilliseconds: loop.nowMilliseconds, wallClock: loop.wallClock) {
            let now = date.bytes
            tails.update(date: now.span)
        }
    }

    func flushSoon(_ link: WorkerLink) { batches.append(link) }

    func resumeSoon(_ connection: ClientConnection) {
        guard !connection.flags.contains(.resuming) else { return }
        connection.flags.insert(.resuming)
        resuming.append(connection)
    }

    /// Gives the calls of a half-closed client a moment to finish.
    func linger(_ connection: ClientConnection) {
        lingering.append(connection)
        if lingering.count == 1 { lingerTimer?.start(delayMilliseconds: Self.lingerMilliseconds) }
    }

    private func endLingering() {
        let over = lingering
        lingering.removeAll()
        for connection in over { connection.endLinger() }
    }

    func creditSoon(_ connection: ClientConnection) { creditors.append(connection) }

    /// After the reads of a turn, before its writes.
    private func endTurn() {
        while !resuming.isEmpty || roomForWaiting {
            let ready = resuming
            resuming.removeAll(keepingCapacity: true)
            for connection in ready { connection.resume() }
            if roomForWaiting {
                roomForWaiting = false
                admitWaiting()
            }
        }
        for link in batches { link.flushBatch() }
        batches.removeAll(keepingCapacity: true)
        for connection in creditors where !connection.isClosing {
            connection.flush()
            if let call = connection.firstCall, call.state == .streaming { connection.returnCredit(call) }
        }
        creditors.removeAll(keepingCapacity: true)
    }

    // MARK: Connections

    /// Listens on `address`; every loop does, and the kernel spreads the connections.
    func listen(on address: SocketAddress) throws(LoopError) -> SocketAddress? {
        let listener = try Listener(
            loop: loop, address: address, sharesPort: configuration.sharesPort || index > 0,
            leadsPort: !configuration.sharesPort && index == 0 && control.loopCount > 1,
            backlog: Int32(configuration.backlog)
        ) { [unowned self] listener in accept(from: listener) }
        listeners.append(listener)
        return listener.address
    }

    private func accept(from listener: Listener) {
        admit { (connection) throws(LoopError) in try listener.accept(into: connection) }
    }

    /// Stops listening. Who is connected in the kernel already is taken, since closing would reset them.
    func stopListening() {
        for listener in listeners {
            while let descriptor = listener.takeWaiting() {
                admit { (connection) throws(LoopError) in
                    do throws(LoopError) {
                        try connection.adopt(tcp: descriptor)
                    } catch {
                        closeDescriptor(descriptor)
                        throw error
                    }
                }
            }
            listener.close()
        }
        listeners.removeAll()
    }

    private func admit(_ connect: (ClientConnection) throws(LoopError) -> Void) {
        do throws(LoopError) {
            let connection = try ClientConnection(front: self, loop: loop)
            do throws(LoopError) {
                try connect(connection)
            } catch {
                connection.close()
                throw error
            }
            metrics.add(.connectionsAccepted)
            guard connectionCount < limits.connectionLimit else {
                metrics.add(.connectionsRefused)
                connection.close()
                return
            }
            let slot = freeSlots.popLast() ?? Int32(connections.count)
            connection.slot = slot
            if Int(slot) == connections.count {
                connections.append(connection)
            } else {
                connections[Int(slot)] = connection
            }
            connectionCount += 1
            metrics.add(.connections, 1)
            connection.open()
        } catch {
            logger.warning("accept failed: \(error)", metadata: ["side": "front"])
        }
    }

    /// Where a call's answer goes.
    @inline(__always)
    func connection(of call: Call) -> ClientConnection? {
        let slot = Int(call.connectionSlot)
        return slot >= 0 ? connections[slot] : nil
    }

    /// The link to the worker that has a call; nil when none has it, or that is gone.
    func link(of call: Call) -> WorkerLink? {
        call.linkNumber != 0 ? workers.link(call.linkNumber) : nil
    }

    func removed(_ connection: ClientConnection) {
        guard connection.slot >= 0 else { return }
        connections[Int(connection.slot)] = nil
        freeSlots.append(connection.slot)
        connection.slot = -1
        connectionCount -= 1
        metrics.add(.connections, -1)
        checkDrained()
    }
}
