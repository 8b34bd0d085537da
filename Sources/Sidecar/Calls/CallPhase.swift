/// Where a request is, from its decided head to the last byte of its response.
///
/// At each moment a request is in exactly one of these, and each of them has its bound: see `docs` of the cases.
enum CallPhase: UInt8, CaseIterable {
    /// In the pool.
    case free
    /// Its head is decided; its body is on the way. Bounded by the body timeout and rate.
    case receiving
    /// The app judges its origin. Bounded by the question's deadline.
    case asking
    /// It goes on once the responses before it are written. Bounded by theirs.
    case awaitingTurn
    /// No worker can take it now: it is in the pending queue, and bounded by its deadline there.
    case pending
    /// A worker has it, and nothing came back yet. Bounded by the task timeout, and by the worker's life.
    case running
    /// A worker sends the bytes of its response. Bounded by the worker's life and the client's reading.
    case streaming
    /// Its response is complete, and leaves when the ones before it have. Bounded by the write timeout.
    case responded
}

/// What happens to a request.
enum CallEvent: UInt8, CaseIterable {
    /// Its head was read.
    case opened
    /// A question about it went to the app.
    case asked
    /// It may not go on before it is the first of its connection.
    case turnAwaited
    /// What it waited for has come.
    case resumed
    /// No worker can take it.
    case queued
    /// It was written to a worker.
    case dispatched
    /// The first bytes of a streamed response came.
    case responseStarted
    /// Its response is complete, whoever made it.
    case responded
    /// Its response is written, or its client is gone.
    case released
}

extension CallPhase {
    /// The phase after `event`, nil where that event cannot happen.
    func after(_ event: CallEvent) -> CallPhase? {
        switch (self, event) {
        case (.free, .opened): .receiving
        case (.receiving, .asked): .asking
        case (.receiving, .turnAwaited): .awaitingTurn
        case (.asking, .resumed), (.awaitingTurn, .resumed), (.pending, .resumed): .receiving
        case (.receiving, .queued): .pending
        case (.receiving, .dispatched), (.pending, .dispatched): .running
        case (.running, .responseStarted): .streaming
        case (.free, _), (.responded, .responded): nil
        case (_, .responded): .responded
        case (_, .released): .free
        default: nil
        }
    }
}

/// What the worker that a call was written to still owes for its id.
///
/// The id belongs to the worker until it has let go of it: a response that comes late for a cancelled call must never
/// meet another call of that id. A worker lets go with its last frame for the call, or with the PONG to a PING that
/// was sent behind the CANCEL: frames of a link keep their order.
enum WorkerHold: UInt8, CaseIterable {
    /// No worker has it, or it has let go.
    case none
    /// It owes a response.
    case owing
    /// CANCEL was sent.
    case cancelled
}

/// A worker's frame that names a call.
enum WorkerFrame: CaseIterable { case result, responseData, responseEnd, credit }

/// What to do with it.
enum FrameVerdict: Equatable {
    case take
    /// The worker's last word about a call that was cancelled: the id is free.
    case letGo
    /// It crossed a CANCEL, or names a call that is over.
    case ignore
    /// No worker may send this here: the link ends.
    case violate
}

extension WorkerHold {
    /// Holds a frame against the state of the call that it names.
    @inline(__always)
    func verdict(on frame: WorkerFrame, in phase: CallPhase) -> FrameVerdict {
        switch self {
        case .none: return .ignore
        case .cancelled: return frame == .result || frame == .responseEnd ? .letGo : .ignore
        case .owing: return frame == .result && phase == .streaming ? .violate : .take
        }
    }
}
