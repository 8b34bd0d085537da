import BridgeProtocol
import Bytes
import EventLoop
import Exposure
import Logging
import Metrics
import Settings

@testable import Sidecar

/// The loop that is simulated: all that the simulator knows of how the front is built.
final class FrontUnderTest {
    let simulation: Simulation
    let loop: Loop
    private var front: ServingLoop!
    private var control: [ControlMessage] = []
    private let address: SocketAddress
    private(set) var isDrained = false

    init(_ configuration: Configuration, _ simulation: Simulation) throws {
        self.simulation = simulation
        loop = Loop(simulation: simulation)
        address = SocketAddress(host: "127.0.0.1", port: 7071)!
        let box = Box()
        let mailbox = try Mailbox<ControlMessage>(loop: loop) { box.take?($0) }
        front = try ServingLoop(
            index: 0, configuration: configuration, logger: Logger(label: "simulation") { _ in SilentLog() },
            control: ControlHandle(mailbox: mailbox, loopCount: 1), loop: loop)
        _ = try front.listen(at: .address(address))
        box.take = { [unowned self] message in
            if case .drained = message { isDrained = true }
        }
    }

    private final class Box {
        var take: ((ControlMessage) -> Void)?
    }

    func takeAccessLines() -> ByteBuffer { simulation.takeStandardError() }

    func turn() { loop.runOnce() }

    /// Everything that is on the loop goes, and so does the loop.
    func letGo() {
        front.received(.cutShort)
        front.connections.forEach { $0.close() }
        for link in front.admission.workers.links { link.close() }
        loop.runOnce()
        loop.onTurnEnd = nil
        loop.onTurnFlushed = nil
        front = nil
        for _ in 0..<3 { loop.runOnce() }
    }

    // MARK: Who comes

    func connectClient(number: Int) -> MemoryConnection? {
        simulation.connect(to: address, from: Self.address(ofClient: number))
    }

    static func address(ofClient number: Int) -> SocketAddress {
        SocketAddress(host: "10.0.\(number / 250).\(number % 250 + 1)", port: 40_000)!
    }

    func joinWorker(_ hello: Hello) -> MemoryConnection {
        let (descriptor, connection) = simulation.makePair()
        front.received(
            .adopt(
                descriptor: descriptor, hello: hello,
                worker: WorkerIdentity(name: hello.worker, pid: hello.pid, runner: nil, node: nil, shim: nil)))
        return connection
    }

    // MARK: What operators do

    func reconfigure(_ configuration: Configuration) {
        front.received(.reconfigure(configuration))
    }
    func drain() { front.received(.drain) }
    func cutShort() { front.received(.cutShort) }

    /// The app of an embedded front is gone.
    func leave() { front.received(.leave) }

    // MARK: What can be seen

    /// Bytes that the loop holds of requests that are not complete or wait, and of responses.
    var heldBytes: Int {
        var bytes = front.bodyMemory.reservedBytes + front.admission.pending.waiting.bytes
        front.connections.forEach { bytes += $0.heldBytes }
        return bytes
    }

    /// What `heldBytes` may come to.
    var heldBytesLimit: Int {
        let limits = front.limits
        // Each connection may have one read's worth of responses above what it is held to.
        return limits.unfinishedBodyLimitBytes + limits.queueLimitBytes + limits.unreadLimitBytes
            + front.connections.count * limits.unsentLimitBytes
    }

    /// Whatever is not as it must be when nobody is connected and every worker has answered what it had.
    var restProblems: [String] {
        var problems: [String] = []
        func none(_ count: Int, _ what: String) { if count != 0 { problems.append("\(count) \(what)") } }
        none(front.connections.count, "connections")
        none(front.calls.activeCount, "active calls")
        none(front.calls.heldCount, "ids that workers hold")
        none(front.admission.pending.waiting.count, "pending requests")
        none(front.admission.questions.count, "open questions")
        none(front.admission.workers.callsInFlight, "calls in flight")
        for link in front.admission.workers.links { none(link.inFlight, "calls in flight on one link") }
        none(front.exposure.rules.lentBlocks, "lent CORS blocks")
        none(front.stored.count, "stored requests")
        none(front.bodyMemory.reservedBytes, "reserved bytes of bodies")
        let counted = front.report().counted
        for gauge in Gauge.allCases { none(counted.value(gauge), "in the gauge \(gauge)") }
        return problems
    }

    /// How long a request may take to arrive, of which so many bytes have come.
    static func arrivalLimitMilliseconds(_ configuration: Configuration, bytes: Int) -> Int {
        let limits = Limits(configuration, loops: 1)
        return limits.headerTimeoutMilliseconds + limits.bodyTimeoutMilliseconds + limits.bodyRateGraceMilliseconds
            + bytes * 1000 / max(1, limits.bodyRateBytesPerSecond)
    }

    /// How long a question about an origin may take, beside `--worker-wait`.
    static let questionMilliseconds = Limits.leastQuestionMilliseconds

    /// How much longer than the idle timeout an idle connection is kept.
    static let idleMarginMilliseconds = Limits.keepAliveMarginMilliseconds
}

struct SilentLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.critical
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) {}
}
