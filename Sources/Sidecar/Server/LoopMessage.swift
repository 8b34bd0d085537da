internal import BridgeProtocol
internal import EventLoop
internal import Metrics
internal import Settings

/// What the control loop tells a serving loop. Values only: nothing is shared.
enum LoopMessage: Sendable {
    /// A worker's link, past its handshake: the descriptor is the receiver's now.
    case adopt(descriptor: Int32, hello: Hello, worker: WorkerIdentity)
    /// Options that change live.
    case reconfigure(Configuration)
    /// Let clients go behind their answers, while everybody is still taken.
    case leave
    /// Stop accepting, finish what is in flight.
    case drain
    /// Answer what is in flight, finished or not.
    case cutShort
    /// Report to the control loop.
    case report(number: UInt64)
    /// Copy calls for a comparison; nil: no more.
    case mirror(MirrorTapOrder?)
}

/// What a serving loop tells the control loop.
enum ControlMessage: Sendable {
    /// It listens; with the addresses it got.
    case started(ServingLoopHandle, [ListenPoint])
    /// It could not start.
    case failed(Front.StartError)
    /// A report that was asked for.
    case report(number: UInt64, loop: Int, LoopReport)
    /// A copy of a call, for the comparison that asked for it.
    case mirrored(number: UInt64, frame: [UInt8], reservedBytes: Int, budget: MirrorBudget)
    /// What was copied, and what was not.
    case mirrorCounted(number: UInt64, loop: Int, MirrorCounts)
    /// Nobody is connected any more.
    case drained(loop: Int)
    /// A worker's link is gone, or was not taken over.
    case linkEnded(loop: Int, worker: String)
    /// A worker said HELLO again on an open link.
    case announced(loop: Int, worker: String, pid: Int, ExposureSettings)
    /// Which workers take calls changed.
    case workersChanged(loop: Int, links: Int, ready: Int, draining: Int)
}

/// The state of one loop at one moment, or of several together.
struct LoopReport: Sendable {
    var counted: LoopMetrics
    var workers: [WorkerStats]
    /// Where the exposure's routes begin; empty until a worker has said so.
    var basePath = ""

    static func + (left: LoopReport, right: LoopReport) -> LoopReport {
        var sum = left
        sum.counted.merge(right.counted)
        sum.workers += right.workers
        if sum.basePath.isEmpty { sum.basePath = right.basePath }
        return sum
    }
}
