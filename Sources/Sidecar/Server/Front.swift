internal import BridgeProtocol
internal import EventLoop
public import Logging
internal import Metrics
public import Settings

/// The server as a whole: a control loop on the calling thread (signals, bridge handshakes, admin) and serving loops on
/// threads of their own. It starts, passes workers on to the loops, and ends in order.
public final class Front {
    let control: Loop
    var configuration: Configuration
    let logger: Logger
    let reload: () -> Result<Configuration, SettingsErrors>
    var mailbox: Mailbox<ControlMessage>?
    var loops: [ServingLoopHandle] = []
    let fairLimits = FairLimits()
    /// Where the loops listen.
    var points: [ListenPoint] = []
    var bridge: Listener?
    var socketIdentity: UnixSocket.FileIdentity?
    var watchers: [SignalWatcher] = []
    var readiness = Readiness()
    var workerSettings = WorkerSettings()
    var drainTimer: Timer?
    var parentTimer: Timer?
    var parentOrders: ParentOrders?
    /// An order to stop came before the front listened.
    var wasToldToStop = false
    /// When the first signal to stop came, on the monotonic clock.
    var firstStopNanoseconds: UInt64?
    var logTimer: Timer?
    var history = StatsHistory()
    var historyTimer: Timer?
    var reportedDroppedLines = 0
    private var heartbeat: Timer?
    var admin: AdminServer?
    var mirror: MirrorServer?
    lazy var stats = StatsCollector(control: control)
    let startedUnixMilliseconds = WallClock.unixMilliseconds
    private var failure: StartError?

    /// - Parameter reload: reads the settings again, for SIGHUP.
    public init(
        configuration: Configuration, logger: Logger, reload: @escaping () -> Result<Configuration, SettingsErrors>
    ) throws(StartError) {
        self.configuration = configuration
        self.logger = logger
        self.reload = reload
        SignalWatcher.ignoreBrokenPipes()
        do throws(LoopError) { control = try Loop() } catch {
            throw StartError(message: "cannot make an event loop: \(error)")
        }
    }

    /// How many serving loops: with inherited descriptors one for each of them; else what was asked for, or one for
    /// each core up to 4. A loop saturates a core at several times what one Node process can run, so more of them only
    /// help where several workers share the work; and every loop wants a core the workers then do not have.
    var loopCount: Int { configuration.loops ?? max(1, min(4, LoopThread.processorCount / 2)) }

    /// Whether the app that is served started this front, and its links are inherited.
    var isEmbedded: Bool { configuration.isEmbedded }

    /// Serves until told to stop. Returns when everything has ended in order.
    public func run() throws(StartError) {
        do throws(LoopError) {
            mailbox = try Mailbox(loop: control) { [unowned self] message in received(message) }
            try watchSignals()
            try watchOrders()
        } catch {
            throw StartError(message: "cannot start: \(error)")
        }
        points = try openListenPoints()
        do throws(LoopError) { try startLoop(0) } catch { throw StartError(message: "cannot start: \(error)") }
        // The mailbox alone does not keep the loop running; this does.
        let heartbeat = Timer(loop: control) {}
        heartbeat.start(delayMilliseconds: 1000, repeatMilliseconds: 60_000)
        self.heartbeat = heartbeat
        control.run()
        removeSocket()
        removeListenSockets()
        if let failure { throw failure }
    }

    func fail(_ error: StartError) {
        failure = error
        error.announce()
        control.stop()
    }

    // MARK: Starting

    private func startLoop(_ index: Int) throws(LoopError) {
        guard let mailbox else { return }
        let start = ServingLoopHandle.Start(
            index: index, loopCount: loopCount, configuration: configuration, logger: logger,
            points: points, fairLimits: fairLimits, control: mailbox)
        try ServingLoopHandle.start(start)
    }

    private func received(_ message: ControlMessage) {
        switch message {
        case .started(let loop, let points):
            loops.append(loop)
            if loops.count == 1 { self.points = points }
            if loops.count < loopCount {
                do throws(LoopError) { try startLoop(loops.count) } catch {
                    fail(StartError(message: "cannot start a loop: \(error)"))
                }
            } else {
                open()
            }
        case .failed(let error):
            fail(error)
        case .report(let number, _, let report):
            stats.received(report, number: number)
        case .mirrored(let number, let frame, let reservedBytes, let budget):
            budget.release(reservedBytes)
            mirror?.mirrored(frame, number: number)
        case .mirrorCounted(let number, let loop, let counts):
            mirror?.counted(counts, loop: loop, number: number)
        case .drained(let loop):
            readiness.drainedLoops.insert(loop)
            if readiness.drainedLoops.count == loops.count { finish() }
        case .linkEnded(_, let worker):
            workerSettings.linkEnded(worker: worker)
        case .announced(_, let worker, _, let settings):
            workerSettings.announced(worker: worker, settings: settings)
        case .workersChanged(let loop, let links, let ready, let draining):
            readiness.update(loop: loop, links: links, ready: ready, draining: draining)
            // An inherited link cannot be made anew: with it gone, all this front could still do is keep the port busy.
            if isEmbedded && readiness.hasLostEveryLink { beginDrain() }
        }
    }

    /// Every loop listens: opens the bridge and the admin listener, and says so.
    private func open() {
        do throws(StartError) {
            try openBridge()
            try openAdmin()
            if let path = configuration.mirrorSocketPath { mirror = try MirrorServer(front: self, path: path) }
        } catch {
            fail(error)
            return
        }
        readiness.isListening = true
        closeSharedSockets()
        for point in points {
            StandardOutput.write(
                "{\"event\":\"listening\"\(point.jsonMembers)"
                    + (admin.map { ",\"admin\":\"\($0.address)\"" } ?? "") + "}\n")
        }
        logger.notice(
            "listening",
            metadata: [
                "address": "\(points.map(\.text).joined(separator: ", "))", "loops": .number(loops.count),
                "admin": "\(admin?.address.description ?? "off")",
                "bridge": "\(configuration.socketPath ?? "inherited descriptor")", "version": "\(Version.current)",
            ])
        let connections = Limits.connectionsWithinOpenFiles(loops: loops.count)
        if connections < configuration.maxConnections {
            logger.notice(
                "open files allow fewer connections than --max-connections: raise LimitNOFILE= or ulimit -n",
                metadata: ["connections": .number(max(loops.count, connections))])
        }
        notifyServiceManager("READY=1")
        if configuration.exitsWithParent { watchParent() }
        watchLog()
        if wasToldToStop { beginDrain() }
    }

    private func openAdmin() throws(StartError) {
        guard let address = configuration.admin else { return }
        do throws(LoopError) {
            admin = try AdminServer(front: self, address: SocketAddress(address))
            keepHistory()
        } catch {
            throw StartError(
                message: error.isAddressInUse
                    ? "the admin address \(address.text) is in use. Choose another with --admin, or --admin off"
                    : "cannot listen on the admin address \(address.text): \(error)",
                code: error.name, address: SocketAddress(address))
        }
    }
}
