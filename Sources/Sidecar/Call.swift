internal import Bytes
internal import Exposure
internal import Metrics

/// One request that waits for its answer, from the moment its head was understood until the last byte of the answer is
/// on its way: the unit of "exactly one answer".
///
/// Calls are pooled records of one loop. A connection's calls form a queue in request order; only the first may write
/// to the connection, the others keep their answers until it is their turn (RFC 9112 section 9.3.2).
typealias Call = Slot<CallRecord>

/// What a `Call` leads to.
struct CallRecord {
    enum State: UInt8 {
        /// In the pool.
        case free
        /// A worker has it; nothing came back yet.
        case running
        /// The worker answers with HTTP bytes of its own, under way.
        case streaming
        /// Answered; the bytes wait in `held` for the calls before it.
        case answered
    }

    /// Names the call on the bridge: slot and generation, so that a late answer never meets a reused slot.
    var id: UInt32
    var state: State = .free
    /// Where the front keeps the client's connection; a number, since a reference here would be counted, atomically,
    /// with every call. A connection does not leave its place before all its calls are over.
    var connectionSlot: Int32 = -1
    /// The number of the worker's link that it was written to; 0 when the front answers by itself.
    var linkNumber: UInt32 = 0
    /// The request behind it on the same connection.
    var next: Call?

    var target: Int32 = -1
    var kind: RouteKind = .unmatched
    var method: MethodLabel = .post
    var status: UInt16 = 0
    /// The CORS header lines of its answer.
    var cors = CORSBlock.none
    var minorVersion: UInt8 = 1
    /// No request follows on this connection.
    var closesConnection = false
    /// The client is gone; the answer has nobody to go to.
    var isAbandoned = false
    /// The request's body still has bytes for the worker.
    var bodyIsOpen = false
    /// What the front answered instead of a worker.
    var rejection: Rejection?
    /// The task or event threw.
    var taskFailed = false
    /// Its client took nothing of the answer for too long.
    var clientStalled = false
    /// The app broke off an answer of which some was out.
    var answerWasCut = false
    /// Another request had arrived behind it when it was taken; noted only while the front is leaving.
    var hasMoreBehind = false
    /// The first bytes of a streamed answer were looked at for its status.
    var sawAnswerStart = false

    /// Bytes of body the worker has room for.
    var sendCredit = 0
    /// Answer bytes passed to the client and not yet returned as credit.
    var owedCredit = 0

    var receivedNanoseconds: UInt64 = 0
    var dispatchedNanoseconds: UInt64 = 0
    /// When the worker's answer, or the first of it, was read; 0 until then.
    var answeredNanoseconds: UInt64 = 0
    /// Loop time after which the client gets 504; 0 is never.
    var deadlineMilliseconds: UInt64 = 0
    var requestBytes = 0
    var answerBytes = 0
    /// What its answer takes of its connection's memory or, while there is none, is likely to take.
    var promisedBytes = 0

    /// What is kept beside what serving takes; nil while nobody wants to know.
    var notes: RequestNotes?

    /// The answer, or what there is of it, while its turn has not come.
    var held: HeldAnswer?

    init(id: UInt32) {
        self.id = id
    }

    /// Forgets everything but its id, for the next request.
    mutating func reset() {
        state = .free
        connectionSlot = -1
        linkNumber = 0
        target = -1
        kind = .unmatched
        method = .post
        status = 0
        cors = .none
        minorVersion = 1
        closesConnection = false
        isAbandoned = false
        bodyIsOpen = false
        rejection = nil
        taskFailed = false
        answerWasCut = false
        hasMoreBehind = false
        clientStalled = false
        sawAnswerStart = false
        sendCredit = 0
        owedCredit = 0
        receivedNanoseconds = 0
        dispatchedNanoseconds = 0
        answeredNanoseconds = 0
        deadlineMilliseconds = 0
        requestBytes = 0
        answerBytes = 0
        promisedBytes = 0
        notes = nil
        held = nil
    }
}

/// Bytes that wait for the answers before them.
final class HeldAnswer {
    var bytes = ByteBuffer()
}
