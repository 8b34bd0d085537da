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
    let limits: Limits
    var configuration: Configuration
    let logger: Logger
    let control: ControlHandle

    private(set) var parser: RequestHeadParser
    var checker: JSONChecker
    /// What to expose; nil until a worker has said so.
    var exposure: ExposureEngine?
    var lastHello: Hello?
    /// Where the metrics of a target are, by target.
    var targetSlots: [LoopMetrics.RouteSlot] = []
    let workers: Workers
    let calls: CallTable
    var assemblies: [BodyAssembly] = []
    let frames: FrameReader
    let problems = ProblemWriter()
    var metrics: LoopMetrics
    private(set) var date = HTTPDateCache()
    var isDraining = false
    var hasReportedDrained = false

    var listeners: [Listener] = []
    private(set) var connections: ContiguousArray<ClientConnection?> = []
    private var freeSlots: [Int32] = []
    private(set) var connectionCount = 0
    var waitingRoom: WaitingRoom
    var lastTicket: UInt32 = 0
    private var batches: [WorkerLink] = []
    private var resuming: [ClientConnection] = []
    private var creditors: [ClientConnection] = []
    var questions: [UInt32: OriginQuestion] = [:]
    var lastQuestion: UInt32 = 0
    private var ticker: Timer?
    var ticks: UInt32 = 1
    /// The monotonic clock at the last read of this turn.
    private(set) var turnNanoseconds: UInt64 = 0
    var roomForWaiting = false

    static let tickMilliseconds = 100

    init(index: Int, configuration: Configuration, logger: Logger, control: ControlHandle) throws(LoopError) {
        self.index = index
        self.configuration = configuration
        self.logger = logger
        self.control = control
        self.loop = try Loop()
        self.limits = Limits(configuration)
        self.parser = RequestHeadParser(limits: limits.http)
        self.checker = JSONChecker(depthLimit: configuration.jsonDepthLimit)
        self.workers = Workers(inFlightLimit: configuration.workerInFlightLimit)
        self.calls = CallTable(pool: loop.pool)
        self.waitingRoom = WaitingRoom(guestLimit: configuration.queueLimit, byteLimit: configuration.queueBytes)
        self.metrics = LoopMetrics(
            targetLabelLimit: configuration.metricsTaskLabelLimit, failures: Problem.labels)
        self.frames = FrameReader(
            receiver: .front, limits: FrameLimits(resultBytes: configuration.resultLimitBytes))
        date.refresh(nowMilliseconds: loop.nowMilliseconds)
        loop.onTurnEnd = { [unowned self] in endTurn() }
        let ticker = Timer(loop: loop) { [unowned self] in tick() }
        ticker.start(delayMilliseconds: Self.tickMilliseconds, repeatMilliseconds: Self.tickMilliseconds)
        self.ticker = ticker
    }

    // MARK: Turns

    func readTurnClock() {
        turnNanoseconds = Loop.nanoseconds
        date.refresh(nowMilliseconds: loop.nowMilliseconds)
    }

    func flushSoon(_ link: WorkerLink) { batches.append(link) }

    func resumeSoon(_ connection: ClientConnection) {
        guard !connection.flags.contains(.resuming) else { return }
        connection.flags.insert(.resuming)
        resuming.append(connection)
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
            loop: loop, address: address, sharesPort: true, backlog: Int32(configuration.backlog)
        ) { [unowned self] listener in accept(from: listener) }
        listeners.append(listener)
        return listener.address
    }

    private func accept(from listener: Listener) {
        do throws(LoopError) {
            let connection = try ClientConnection(front: self, loop: loop)
            do throws(LoopError) {
                try listener.accept(into: connection)
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
