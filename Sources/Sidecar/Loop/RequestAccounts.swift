internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics
internal import Settings

/// What a loop counts and writes down about requests.
///
/// The clock is read once for each read from a socket, once for each call dispatched, and once when a turn's writes are
/// done; where a call's time went is told by these.
final class RequestAccounts {
    private(set) var metrics: LoopMetrics
    private(set) var accessLog: AccessLog
    private var tracing: RequestTracing
    /// Whether anything is kept of requests beside what serving them takes.
    private(set) var isNoting: Bool
    private var sending: [SendRun] = []
    private var lastCause: (rejection: Rejection, index: Int)?

    /// Calls whose responses came at the same time and leave at the end of the turn.
    private struct SendRun {
        let sinceNanoseconds: UInt64
        var count: Int
    }

    private let loop: Loop

    init(_ configuration: Configuration, loop: Loop) {
        self.loop = loop
        metrics = LoopMetrics(
            targetLabelLimit: configuration.metricsTaskLabelLimit, failures: FailureCause.labels)
        accessLog = AccessLog(configuration, loop: loop)
        tracing = RequestTracing(configuration)
        isNoting = tracing.isOn
    }

    func reconfigure(_ configuration: Configuration) {
        tracing = RequestTracing(configuration)
        isNoting = tracing.isOn
        accessLog.flush()
        accessLog = AccessLog(configuration, loop: loop)
    }

    /// What is kept of a request, if anything is.
    func trace(_ head: RequestHead, _ bytes: Span<UInt8>, from peer: SocketAddress) -> RequestTrace {
        tracing.trace(head, bytes, from: peer)
    }

    func add(_ counter: Counter, _ amount: Int = 1) { metrics.add(counter, amount) }
    func add(_ gauge: Gauge, _ change: Int) { metrics.add(gauge, change) }
    func recordLag(_ side: LoopSide, nanoseconds: UInt64) { metrics.recordLag(side, nanoseconds: nanoseconds) }
    func update<Result>(_ change: (inout LoopMetrics) -> Result) -> Result { change(&metrics) }
    func takes(isFailure: Bool) -> Bool { accessLog.takes(isFailure: isFailure) }

    func log(_ entry: AccessLog.Entry, trace: RequestTrace?, client: String, basePath: String) {
        accessLog.append(entry, trace: trace, client: client, basePath: basePath)
    }

    /// The place of a rejection's label. Clients that are refused mostly are for the same reason as the one before.
    func cause(of rejection: Rejection) -> Int {
        if let last = lastCause, last.rejection == rejection { return last.index }
        let index = FailureCause.index(of: rejection)
        lastCause = (rejection, index)
        return index
    }

    func recordFailure(_ failure: Int, status: Int, route: LoopMetrics.RouteSlot) {
        metrics.recordFailure(
            failure, status: status, route: route, unixMilliseconds: loop.unixMilliseconds)
    }

    /// Whether a failure gets a line in the access log.
    var logsFailures: Bool { accessLog.isOn || LogSettings.isVerbose }

    /// Somebody asked for a task or event that there is not.
    func recordUnknown(_ kind: RouteKind, id: Span<UInt8>) {
        metrics.recordUnknown(kind, id: id, unixMilliseconds: loop.unixMilliseconds)
    }

    // MARK: Stages

    /// A call is about to be written to its worker: counts what lies behind it.
    ///
    /// - Parameters:
    ///   - readNanoseconds: when its last bytes were read, or when it was looked at again.
    ///   - nowNanoseconds: now.
    @inline(__always)
    func dispatched(_ call: Call, readNanoseconds: UInt64, nowNanoseconds: UInt64) {
        let wasComplete = call.queuedNanoseconds != 0 ? call.queuedNanoseconds : readNanoseconds
        let receive = Self.span(from: call.receivedNanoseconds, to: wasComplete)
        let queue = Self.span(from: wasComplete, to: readNanoseconds)
        let validate = Self.span(from: readNanoseconds, to: nowNanoseconds)
        metrics.recordDispatch(
            receiveNanoseconds: receive, queueNanoseconds: queue, validateNanoseconds: validate)
        if let trace = call.trace {
            trace.setStages(receive: receive, queue: queue, validate: validate)
        }
    }

    /// A response is written.
    @inline(__always)
    func finished(_ call: Call, route: LoopMetrics.RouteSlot, nowNanoseconds: UInt64) {
        metrics.recordRequest(
            route, method: call.method, status: Int(call.status),
            nanoseconds: nowNanoseconds &- call.receivedNanoseconds, requestBodyBytes: call.requestBytes,
            responseBodyBytes: call.responseBytes)
        guard call.dispatchedNanoseconds != 0, call.kind != .listener else { return }
        let answered = call.respondedNanoseconds != 0 ? call.respondedNanoseconds : nowNanoseconds
        metrics.record(.worker, nanoseconds: Self.span(from: call.dispatchedNanoseconds, to: answered))
        // Responses of one read share their time, so a turn has few of these.
        if let last = sending.last, last.sinceNanoseconds == answered {
            sending[sending.count - 1].count += 1
        } else {
            sending.append(SendRun(sinceNanoseconds: answered, count: 1))
        }
    }

    /// This turn's writes are done.
    ///
    /// - Parameter turnBeganNanoseconds: when the first read of the turn was; 0 for a turn without one.
    func turnFlushed(turnBeganNanoseconds: UInt64) {
        defer { accessLog.flush() }
        guard turnBeganNanoseconds != 0 || !sending.isEmpty else { return }
        let now = loop.nanoseconds
        for run in sending {
            metrics.record(.send, nanoseconds: Self.span(from: run.sinceNanoseconds, to: now), count: run.count)
        }
        sending.removeAll(keepingCapacity: true)
        guard turnBeganNanoseconds != 0 else { return }
        // How long this turn kept the loop from looking at anything else: what an event waited at most.
        metrics.recordLag(.front, nanoseconds: Self.span(from: turnBeganNanoseconds, to: now))
    }

    /// Never below zero: the clock of a turn may have been read before what it is compared with.
    @inline(__always)
    private static func span(from start: UInt64, to end: UInt64) -> UInt64 { end > start ? end &- start : 0 }
}
