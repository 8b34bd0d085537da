internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Logging
internal import Metrics
internal import Settings

/// One serving loop of the front: its listeners, its connections, its links and the calls between them. Confined to one
/// thread; several of them share nothing but messages.
///
/// It is put together from a few owners, each of which alone changes what it holds, and lets them turn together.
final class ServingLoop {
    let index: Int
    let loop: Loop
    let logger: Logger
    let control: ControlHandle
    private(set) var configuration: Configuration
    private(set) var limits: Limits
    private(set) var timerBounds: ConnectionTimers.Bounds
    let frames: FrameReader

    let clock: TurnClock
    let turn = TurnWork()
    let exposure: LoopExposure
    let connections = ConnectionTable()
    let calls: CallTable
    let fairLimits: LoopFairLimits
    let stored = StoredRequests()
    let admission: Admission
    let accounts: RequestAccounts
    let mirror = LoopMirror()
    /// Whether `mirror` is on: the one thing that each call asks about it.
    private(set) var isMirroring = false
    private(set) var responseSizes = ResponseSizeEstimate()
    private(set) var responseMemory: ResponseMemory
    private(set) var bodyMemory: BodyMemory
    private(set) var proxies: TrustedProxies

    /// It was told to stop: connections are let go where that disturbs nobody.
    private(set) var isLeaving = false
    /// It takes no connections any more.
    private(set) var isDraining = false
    private var hasReportedDrained = false
    private let listeners = ClientListeners()
    private var ticker: Timer?
    private var halfCloseTimer: Timer?

    /// - Parameters:
    ///   - fairLimits: what is counted for all loops together.
    ///   - loop: what it runs on; nil for a loop of its own.
    init(
        index: Int, configuration: Configuration, logger: Logger, control: ControlHandle,
        fairLimits: FairLimits = FairLimits(), loop: Loop? = nil
    ) throws(LoopError) {
        self.index = index
        self.configuration = configuration
        self.logger = logger
        self.control = control
        let loop = if let loop { loop } else { try Loop() }
        self.loop = loop
        limits = Limits(configuration, loops: control.loopCount)
        timerBounds = ConnectionTimers.Bounds(limits, isDraining: false)
        frames = FrameReader(receiver: .front, limits: FrameLimits(resultBytes: configuration.resultLimitBytes))
        clock = TurnClock(loop: loop)
        let now = clock.date.bytes
        exposure = LoopExposure(configuration: configuration, limits: limits, date: now.span)
        admission = Admission(limits)
        self.fairLimits = LoopFairLimits(configuration, shared: fairLimits)
        calls = CallTable(self.fairLimits)
        accounts = RequestAccounts(configuration, loop: loop)
        responseMemory = ResponseMemory(limitBytes: limits.unreadLimitBytes)
        bodyMemory = BodyMemory(limitBytes: limits.unfinishedBodyLimitBytes)
        proxies = TrustedProxies(configuration)
        loop.onTurnFlushed = { [unowned self] in turnFlushed() }
        loop.onTurnEnd = { [unowned self] in endTurn() }
        let ticker = Timer(loop: loop) { [unowned self] in tick() }
        ticker.start(delayMilliseconds: Limits.tickMilliseconds, repeatMilliseconds: Limits.tickMilliseconds)
        self.ticker = ticker
        halfCloseTimer = Timer(loop: loop) { [unowned self] in
            for connection in turn.takeHalfClosed() { connection.endHalfClose() }
        }
    }

    // MARK: Turns

    @inline(__always)
    func readClock() {
        guard clock.read() else { return }
        let now = clock.date.bytes
        exposure.update(date: now.span)
    }

    /// After the reads of a turn, before its writes.
    private func endTurn() {
        while turn.hasRequests {
            for connection in turn.takeResuming() { connection.resume() }
            if turn.takeAdmits() { admitPending() }
        }
        turn.flushBatches()
        turn.returnCredits()
    }

    /// All that clients and workers take has left.
    private func turnFlushed() {
        accounts.turnFlushed(turnBeganNanoseconds: clock.turnBeganNanoseconds)
        clock.endTurn()
        if responseMemory.isDue { boundUnreadResponses() }
    }

    /// Gives the calls of a half-closed client a moment to finish.
    func halfClosed(_ connection: ClientConnection) {
        if turn.halfClose(connection) { halfCloseTimer?.start(delayMilliseconds: Limits.halfCloseMilliseconds) }
    }

    /// One ticker a loop does what timers would: deadlines of calls and connections, pings, the pending queue.
    private func tick() {
        clock.tick()
        readClock()
        watchLinks()
        if limits.taskTimeoutMilliseconds > 0 { expireCalls() }
        expirePending()
        if !admission.pending.isEmpty && admission.workers.hasRoom { turn.admitPending() }
        admission.sample(nowMilliseconds: loop.nowMilliseconds, windowMilliseconds: limits.workerWaitMilliseconds)
        connections.sweep(ticks: clock.ticks) { $0.checkTimers() }
        if isMirroring && clock.ticks % LoopMirror.reportTicks == 0 {
            if let counted = mirror.report(loop: index, calls) { control.send(counted) }
        }
    }

    // MARK: Connections

    /// Listens where every loop does. Gives the point with its real port.
    func listen(at point: ListenPoint) throws(LoopError) -> ListenPoint {
        try listeners.listen(
            at: point, on: loop, configuration, isFirst: index == 0, isAlone: control.loopCount == 1
        ) { [unowned self] listener in
            admit(listener.transport) { (connection) throws(LoopError) in try listener.accept(into: connection) }
        }
    }

    private func stopListening() {
        listeners.stop { descriptor, transport in
            admit(transport) { (connection) throws(LoopError) in
                do throws(LoopError) {
                    switch transport {
                    case .tcp: try connection.adopt(tcp: descriptor)
                    case .unixSocket: try connection.adopt(unixSocket: descriptor)
                    }
                } catch {
                    closeDescriptor(descriptor)
                    throw error
                }
            }
        }
    }

    private func admit(
        _ transport: Stream.Transport, _ connect: (ClientConnection) throws(LoopError) -> Void
    ) {
        do throws(LoopError) {
            let connection = try HTTP1Connection(serving: self, loop: loop, transport: transport)
            do throws(LoopError) {
                try connect(connection)
            } catch {
                connection.close()
                throw error
            }
            guard admit(connection) else { return }
            connection.disableNagle()
            connection.open(peer: transport == .unixSocket ? .unixSocket : connection.peerAddress ?? .unknown)
        } catch {
            logger.warning("accept failed: \(error)", metadata: ["side": "front"])
        }
    }

    /// Counts a connection, and closes it where it is one too many.
    func admit(_ connection: ClientConnection) -> Bool {
        accounts.add(.connectionsAccepted)
        guard connections.count < limits.connectionLimit else {
            accounts.add(.connectionsRefused)
            connection.close()
            return false
        }
        accounts.add(.connections, 1)
        return true
    }

    func connectionClosed() {
        accounts.add(.connections, -1)
        checkDrained()
    }

    // MARK: Memory

    /// Reserves memory for an unfinished body, up to `bytes` in all.
    func reserveBody(_ bytes: Int, _ stored: StoredRequest) -> Bool {
        let more = bytes - stored.reservedBodyBytes
        guard more > 0 else { return true }
        guard bodyMemory.reserve(more) else { return false }
        stored.reserveBody(bytes)
        return true
    }

    /// A body is complete, or serves no purpose any more.
    func releaseBody(of stored: StoredRequest) {
        bodyMemory.release(stored.reservedBodyBytes)
        stored.reserveBody(0)
    }

    @inline(__always)
    func responseCame(_ bytes: Int, of call: Call) {
        responseMemory.received(bytes)
        responseSizes.record(bytes, of: Int(call.target))
    }

    func streamCame(_ bytes: Int) { responseMemory.received(bytes) }
    func streamEnded(_ call: Call) { responseSizes.record(call.responseBytes, of: Int(call.target)) }

    private func boundUnreadResponses() {
        var holders: [ResponseMemory.Holder] = []
        connections.forEach { connection in
            guard !connection.isClosing, connection.heldBytes > 0 else { return }
            holders.append(
                ResponseMemory.Holder(
                    slot: connection.slot, bytes: connection.heldBytes, stalledTicks: connection.stalledTicks))
        }
        let closing = responseMemory.check(holders)
        for holder in closing { connections.slots[Int(holder.slot)]?.disconnectStalled() }
        guard !closing.isEmpty else { return }
        logger.warning(
            "--unread-bytes exceeded: disconnected slow readers",
            metadata: [
                "side": "client", "connections": .number(closing.count), "limitBytes": .number(limits.unreadLimitBytes),
            ])
    }

    // MARK: What the control loop asks

    func received(_ message: LoopMessage) {
        switch message {
        case .adopt(let descriptor, let hello, let worker):
            adopt(descriptor: descriptor, hello: hello, worker: worker)
        case .reconfigure(let next): reconfigure(next)
        case .leave: leave()
        case .drain: drain()
        case .cutShort: cutShort()
        case .report(let number): control.send(.report(number: number, loop: index, report()))
        case .mirror(let order):
            mirror.set(order)
            isMirroring = order != nil
        }
    }

    /// Lets clients go behind their responses, while new ones are still accepted.
    private func leave() {
        isLeaving = true
        for link in admission.workers.links { link.sendDraining(.soon) }
        // A stopping front takes no further workers.
        checkWorkersMayCome()
    }

    /// Stops accepting, and closes each connection behind its response. One without a request may bring one more: at
    /// this moment it may be on its way, and closing now would leave it without a response.
    private func drain() {
        if !isLeaving { leave() }
        isDraining = true
        timerBounds = ConnectionTimers.Bounds(limits, isDraining: true)
        stopListening()
        for link in admission.workers.links { link.sendDraining() }
        connections.forEach { $0.drainBegan() }
        checkDrained()
    }

    /// The time to finish is over. What waits is refused, and what runs is cancelled.
    private func cutShort() {
        if !isDraining { drain() }
        for entry in admission.pending.live where entry.isLive { refuse(entry.call, .draining) }
        var left: [Call] = []
        calls.forEach { call in if call.phase != .free && call.phase != .responded { left.append(call) } }
        for call in left where call.phase != .free && call.phase != .responded {
            if call.hold == .owing { link(of: call)?.cancel(call, reason: .stopping) }
            refuse(call, call.dispatchedNanoseconds != 0 ? .timeout : .draining)
        }
        connections.forEach { $0.closeWhenDrained() }
        checkDrained()
    }

    private func checkDrained() {
        guard isDraining, connections.count == 0, !hasReportedDrained else { return }
        hasReportedDrained = true
        control.send(.drained(loop: index))
    }

    /// Puts new settings into force for what comes from now on. Nothing that is under way is touched: a connection over
    /// a new limit stays, a deadline that is set stands.
    private func reconfigure(_ next: Configuration) {
        // Before anything that is decided by the new rules.
        if next.overrides != configuration.overrides {
            for link in admission.workers.links { link.sendSettings(next.overrides) }
        }
        configuration = next
        limits = Limits(next, loops: control.loopCount)
        timerBounds = ConnectionTimers.Bounds(limits, isDraining: isDraining)
        admission.setLimits(limits)
        responseMemory.setLimit(limits.unreadLimitBytes)
        bodyMemory.setLimit(limits.unfinishedBodyLimitBytes)
        accounts.reconfigure(next)
        proxies = TrustedProxies(next)
        fairLimits.reconfigure(next)
        let now = clock.date.bytes
        exposure.reconfigure(next, limits: limits, date: now.span)
        if !admission.pending.isEmpty { turn.admitPending() }
    }
}
