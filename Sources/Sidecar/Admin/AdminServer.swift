internal import EventLoop
internal import HTTPCodec
internal import Logging

/// The admin listener: what an operator, a probe, a scraper and a browser may ask of a running front.
///
///     GET /             the status page
///     GET /livez        200 while the control loop turns
///     GET /readyz       200, or 503 with the reasons; JSON by Accept or ?format=json
///     GET /metrics      Prometheus text, or OpenMetrics by Accept
///     GET /stats.json   the same numbers for the status page
///     GET /history.json what the page's charts show of the last minutes
///     GET /workers      the Node processes, as JSON
///     GET /config       what is in force and where each value came from, as JSON; secrets redacted
///     GET /log-level    the level that is in force
///     PUT /log-level    changes it until the settings are read again; the body is a level's name
///
/// It lives on the control loop, so whatever its clients do, the serving loops' threads do not notice: they are asked
/// for a report at most every `StatsCollector.intervalMilliseconds`. Its own bounds are below, all of them.
final class AdminServer {
    /// Where it listens, with the real port where 0 was asked for.
    let address: SocketAddress
    let front: Front
    let parser: RequestHeadParser
    private let listener: Listener
    private let sweeper: Timer
    private var connections: [AdminConnection] = []

    /// Connections open at once. The one that has kept us waiting longest gives way to a newcomer, so that clients who
    /// only hold connections cannot keep a probe out.
    static let connectionLimit = 64
    static let headLimitBytes = 8 << 10
    static let bodyLimitBytes = 1 << 10
    /// For a whole request, from its first byte.
    static let requestTimeoutMilliseconds: UInt64 = 5_000
    /// For the next request on a connection: longer than a scraper's usual interval of 60 s.
    static let idleTimeoutMilliseconds: UInt64 = 75_000
    /// For taking an answer, and for making it.
    static let answerTimeoutMilliseconds: UInt64 = 10_000
    private static let sweepMilliseconds = 500

    init(front: Front, address: SocketAddress) throws(LoopError) {
        self.front = front
        var limits = HTTPLimits()
        limits.headBytes = Self.headLimitBytes
        limits.targetBytes = 1 << 10
        limits.fieldCount = 100
        parser = RequestHeadParser(limits: limits)
        let box = WeakBox()
        listener = try Listener(loop: front.control, address: address, sharesPort: false, backlog: 128) { listener in
            box.server?.accept(from: listener)
        }
        self.address = listener.address ?? address
        sweeper = Timer(loop: front.control) { box.server?.sweep() }
        box.server = self
        sweeper.unreference()
        sweeper.start(delayMilliseconds: Self.sweepMilliseconds, repeatMilliseconds: Self.sweepMilliseconds)
    }

    /// What the listener's callbacks reach the server by: they are made before it.
    private final class WeakBox {
        weak var server: AdminServer?
    }

    // MARK: Connections

    private func accept(from listener: Listener) {
        do throws(LoopError) {
            let connection = try AdminConnection(server: self, loop: front.control)
            do throws(LoopError) {
                try listener.accept(into: connection)
            } catch {
                connection.close()
                throw error
            }
            makeRoom()
            connections.append(connection)
            connection.open()
        } catch {
            front.logger.warning("accepting an admin client failed: \(error)", metadata: ["side": "front"])
        }
    }

    /// Lets the connection with the nearest deadline go when there are too many; one that is being answered only when
    /// all are.
    private func makeRoom() {
        guard connections.count >= Self.connectionLimit else { return }
        let waiting = connections.filter { !$0.isAnswering }
        let candidates = waiting.isEmpty ? connections : waiting
        candidates.min { $0.sinceMilliseconds < $1.sinceMilliseconds }?.close()
        connections.removeAll { $0.isClosing }
    }

    private func sweep() {
        let now = front.control.nowMilliseconds
        for connection in connections where connection.deadlineMilliseconds <= now { connection.close() }
        front.stats.expire(nowMilliseconds: now)
    }

    func removed(_ connection: AdminConnection) {
        connections.removeAll { $0 === connection }
    }
}
