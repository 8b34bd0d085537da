internal import Bytes
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// One request as a value, from its decided head until the last byte of its response is on its way: the unit of
/// "exactly one response".
///
/// What is known of a request is made once and stands here: waiting, collecting a body, asking the app, refusing and
/// dispatching all take this value. Calls are pooled records of one loop. Those of a connection are in its response
/// pipeline, in the order of the requests.
typealias Call = Slot<CallRecord>

/// What a `Call` leads to. Only the methods here write to it.
struct CallRecord {
    /// Names the call on the bridge: slot and generation.
    private(set) var id: UInt32
    private(set) var phase: CallPhase = .free
    private(set) var hold: WorkerHold = .none
    /// The number of the worker's link that has it, or had it; 0 when the front responds by itself.
    private(set) var linkNumber: UInt32 = 0
    /// Where the loop keeps the client's connection; a number, since a reference here would be counted, atomically,
    /// with every call. A connection does not leave its place before all its calls are over.
    private(set) var connectionSlot: Int32 = -1
    /// The request behind it on the same connection; in the pool, the next free record.
    private(set) var next: Call?

    // MARK: The request

    private(set) var target: Int32 = -1
    private(set) var kind: RouteKind = .unmatched
    private(set) var method: MethodLabel = .other
    private(set) var minorVersion: UInt8 = 1
    /// The CORS header lines of its response.
    private(set) var cors = CORSBlock.none
    /// What its response names, and the task's view of its head.
    private(set) var requestID = RunnerRequestID.none
    /// The task or event that a rejected request asked for.
    private(set) var asked: AskedTarget?
    private(set) var requestBytes = 0
    /// The client was told to go on (RFC 9110, 10.1.1).
    private(set) var sentContinue = false
    /// Another request had arrived behind it.
    private(set) var hasMoreBehind = false
    /// What is kept beside what serving takes; nil while nobody wants to know.
    private(set) var trace: RequestTrace?
    /// Head and body, while they are needed and not in the connection's input any more.
    private(set) var stored: StoredRequest?

    // MARK: Waiting and running

    /// Loop time after which it no longer waits for a worker; 0 while it has not waited.
    private(set) var waitUntilMilliseconds: UInt64 = 0
    /// Loop time after which the client gets 504; 0 is never.
    private(set) var deadlineMilliseconds: UInt64 = 0
    private(set) var receivedNanoseconds: UInt64 = 0
    /// When it first had to wait for a worker; 0 when it did not.
    private(set) var queuedNanoseconds: UInt64 = 0
    private(set) var dispatchedNanoseconds: UInt64 = 0
    /// When the response, or the first of it, was there; 0 until then.
    private(set) var respondedNanoseconds: UInt64 = 0
    /// The request's body still has bytes for the worker.
    private(set) var bodyIsOpen = false
    /// Bytes of body the worker has room for.
    private(set) var sendCredit = 0

    /// What it counts as to its client's limit, and where; 0 for nothing. Until client and worker are done with it.
    private(set) var clientShare: UInt64 = 0
    private(set) var clientSharePlace: UInt32 = 0

    // MARK: The response

    private(set) var status: UInt16 = 0
    /// No request follows on this connection.
    private(set) var closesConnection = false
    /// What the front responded instead of a worker.
    private(set) var rejection: Rejection?
    /// What the task or event threw.
    private(set) var taskFailure = TaskFailure.none
    /// The worker that was lost with it; 0 for none.
    private(set) var lostWorkerPID: Int32 = 0
    /// Its client took nothing of the response for too long.
    private(set) var clientStalled = false
    /// The app broke off a response of which some was out.
    private(set) var responseWasCut = false
    /// A client can tell from its head where the response ends.
    private(set) var isDelimited = false
    private(set) var responseBytes = 0
    /// Response bytes passed to the client and not yet returned as credit.
    private(set) var owedCredit = 0
    /// What its response takes of its connection's memory or, while there is none, is likely to take.
    private(set) var reservedBytes = 0
    /// The response, or what there is of it, while its turn has not come.
    private(set) var buffered: BufferedResponse?

    init(id: UInt32) { self.id = id }

    @inline(__always)
    private mutating func apply(_ event: CallEvent) {
        guard let after = phase.after(event) else {
            preconditionFailure("a call cannot be \(event) while it is \(phase)")
        }
        phase = after
    }
}

/// Bytes that wait for the responses before them.
final class BufferedResponse {
    var bytes = ByteBuffer()
}

// MARK: - The request

extension CallRecord {
    /// Takes the record out of the pool under a fresh id.
    mutating func renew(id: UInt32) {
        precondition(phase == .free && hold == .none && stored == nil && buffered == nil)
        self.id = id
        linkNumber = 0
        next = nil
    }

    mutating func follow(with next: Call?) { self.next = next }

    /// Its head was read.
    mutating func open(
        _ head: RequestHead, connectionSlot: Int32, receivedNanoseconds: UInt64, hasMoreBehind: Bool,
        trace: RequestTrace?
    ) {
        open(connectionSlot: connectionSlot, receivedNanoseconds: receivedNanoseconds)
        method = MethodLabel(head.method)
        minorVersion = head.minorVersion
        closesConnection = !head.keepAlive
        self.hasMoreBehind = hasMoreBehind
        self.trace = trace
    }

    /// Bytes came that are no request, or not all of one.
    mutating func open(connectionSlot: Int32, receivedNanoseconds: UInt64) {
        apply(.opened)
        self.connectionSlot = connectionSlot
        self.receivedNanoseconds = receivedNanoseconds
    }

    /// What it asks for is known.
    mutating func decide(target: Int, kind: RouteKind, cors: CORSBlock) {
        self.target = Int32(target)
        self.kind = kind
        self.cors = cors
    }

    mutating func identify(_ id: RunnerRequestID) { requestID = id }
    mutating func note(_ asked: AskedTarget?) { self.asked = asked }
    mutating func noteContinue() { sentContinue = true }
    mutating func addRequestBytes(_ count: Int) { requestBytes += count }

    mutating func store(_ request: StoredRequest) {
        precondition(stored == nil, "a request is stored once")
        stored = request
    }

    /// What was stored; the caller has it now.
    mutating func takeStored() -> StoredRequest? {
        defer { stored = nil }
        return stored
    }
}

// MARK: - Waiting and running

extension CallRecord {
    mutating func awaitTurn() { apply(.turnAwaited) }
    mutating func ask() { apply(.asked) }
    mutating func resume() { apply(.resumed) }

    /// - Parameter untilMilliseconds: counts only when it has not waited before: one request, one wait.
    mutating func queue(untilMilliseconds: UInt64, nowNanoseconds: UInt64) {
        apply(.queued)
        beginWait(untilMilliseconds: untilMilliseconds, nowNanoseconds: nowNanoseconds)
    }

    mutating func beginWait(untilMilliseconds: UInt64, nowNanoseconds: UInt64) {
        guard waitUntilMilliseconds == 0 else { return }
        waitUntilMilliseconds = untilMilliseconds
        queuedNanoseconds = nowNanoseconds
    }

    /// - Parameter deadlineMilliseconds: 0 for none.
    mutating func dispatch(
        to linkNumber: UInt32, nowNanoseconds: UInt64, deadlineMilliseconds: UInt64
    ) {
        apply(.dispatched)
        self.linkNumber = linkNumber
        hold = .owing
        dispatchedNanoseconds = nowNanoseconds
        self.deadlineMilliseconds = deadlineMilliseconds
    }

    mutating func openBody(sendCredit: Int) {
        bodyIsOpen = true
        self.sendCredit = sendCredit
    }

    /// Body bytes went to the worker.
    mutating func sendBody(_ count: Int, isEnd: Bool) {
        sendCredit -= count
        requestBytes += count
        if isEnd { bodyIsOpen = false }
    }

    mutating func grant(_ bytes: Int) { sendCredit += bytes }

    /// Counts as this to its client's limit.
    mutating func share(_ client: UInt64, at place: Int) {
        clientShare = client
        clientSharePlace = UInt32(truncatingIfNeeded: place)
    }

    mutating func cancel() {
        precondition(hold == .owing)
        hold = .cancelled
        bodyIsOpen = false
    }

    mutating func letGo() {
        precondition(hold != .none)
        hold = .none
        bodyIsOpen = false
    }
}

// MARK: - The response

extension CallRecord {
    mutating func reserve(_ bytes: Int) { reservedBytes = bytes }
    mutating func closeConnection() { closesConnection = true }
    mutating func fail(_ failure: TaskFailure) { taskFailure = failure }
    mutating func noteLostWorker(pid: Int) { lostWorkerPID = Int32(truncatingIfNeeded: pid) }
    mutating func stall() { clientStalled = true }
    mutating func cut() { responseWasCut = true }

    /// The response is complete; its bytes are counted with `setResponseBytes` or `addResponseBytes`.
    mutating func respond(status: Int, rejection: Rejection?, nowNanoseconds: UInt64) {
        apply(.responded)
        self.status = UInt16(truncatingIfNeeded: status)
        self.rejection = rejection
        if respondedNanoseconds == 0 { respondedNanoseconds = nowNanoseconds }
        bodyIsOpen = false
    }

    /// A rejection that ends a response of which part is out.
    mutating func note(_ rejection: Rejection) { self.rejection = rejection }

    mutating func startResponse(nowNanoseconds: UInt64, isDelimited: Bool) {
        apply(.responseStarted)
        respondedNanoseconds = nowNanoseconds
        self.isDelimited = isDelimited
    }

    mutating func setStatus(_ status: UInt16) { self.status = status }
    mutating func setResponseBytes(_ count: Int) { responseBytes = count }

    /// Streamed bytes came that are credit to be given back.
    mutating func addStreamedBytes(_ count: Int) {
        responseBytes += count
        owedCredit += count
    }

    /// The credit that is owed; the caller gives it back.
    mutating func takeCredit() -> Int {
        defer { owedCredit = 0 }
        return owedCredit
    }

    /// A streamed response ended.
    mutating func endResponse() { apply(.responded) }

    mutating func buffer(_ response: BufferedResponse) { buffered = response }

    mutating func takeBuffered() -> BufferedResponse? {
        defer { buffered = nil }
        return buffered
    }

    /// The connection is done with it: forgets everything but its id and what the worker still owes.
    ///
    /// Field by field, since a record made anew would be written twice and destroyed once, with every call.
    @inline(__always)
    mutating func release() {
        apply(.released)
        connectionSlot = -1
        target = -1
        kind = .unmatched
        method = .other
        minorVersion = 1
        cors = .none
        requestBytes = 0
        sentContinue = false
        hasMoreBehind = false
        waitUntilMilliseconds = 0
        deadlineMilliseconds = 0
        receivedNanoseconds = 0
        queuedNanoseconds = 0
        dispatchedNanoseconds = 0
        respondedNanoseconds = 0
        bodyIsOpen = false
        sendCredit = 0
        status = 0
        closesConnection = false
        if rejection != nil { rejection = nil }
        taskFailure = .none
        lostWorkerPID = 0
        clientStalled = false
        responseWasCut = false
        isDelimited = false
        responseBytes = 0
        owedCredit = 0
        reservedBytes = 0
        if trace != nil { trace = nil }
        if asked != nil { asked = nil }
        if case .none = requestID {} else { requestID = .none }
        precondition(stored == nil && buffered == nil, "the owners of these take them back first")
        // What it counts as to its client's limit stays until its worker is done with it, too.
    }
}
