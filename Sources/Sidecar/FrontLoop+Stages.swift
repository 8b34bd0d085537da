internal import Bytes
internal import EventLoop
internal import Metrics

/// Where a call's time goes. The clock is read once for each read from a socket, once for each call dispatched, and
/// once when a turn's writes are done; everything else is told by these.
extension FrontLoop {
    /// A call is about to be written to its worker: notes the time, and counts what lies behind it.
    ///
    /// `call.receivedNanoseconds` must be set.
    @inline(__always)
    func stageDispatched(_ call: Call) {
        let now = loop.nanoseconds
        let wasComplete = queuedSinceNanoseconds != 0 ? queuedSinceNanoseconds : turnNanoseconds
        let receive = Self.span(from: call.receivedNanoseconds, to: wasComplete)
        let queue = Self.span(from: wasComplete, to: turnNanoseconds)
        let validate = Self.span(from: turnNanoseconds, to: now)
        metrics.recordDispatch(
            receiveNanoseconds: receive, queueNanoseconds: queue, validateNanoseconds: validate)
        if let notes = call.notes {
            notes.receiveNanoseconds = receive
            notes.queueNanoseconds = queue
            notes.validateNanoseconds = validate
        }
        call.dispatchedNanoseconds = now
        // What follows in the same read begins here.
        turnNanoseconds = now
        queuedSinceNanoseconds = 0
    }

    /// The answer of a call that a worker had is written, or about to be at the end of this turn.
    @inline(__always)
    func stageAnswered(_ call: Call) {
        let answered = call.answeredNanoseconds != 0 ? call.answeredNanoseconds : turnNanoseconds
        metrics.record(.worker, nanoseconds: Self.span(from: call.dispatchedNanoseconds, to: answered))
        // Answers of one read share their time, so a turn has few of these.
        if let last = sending.last, last.sinceNanoseconds == answered {
            sending[sending.count - 1].count += 1
        } else {
            sending.append(SendRun(sinceNanoseconds: answered, count: 1))
        }
    }

    /// This turn's writes are done.
    func turnFlushed() {
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
        turnBeganNanoseconds = 0
    }

    /// Never below zero: the clock of a turn may have been read before what it is compared with.
    @inline(__always)
    private static func span(from start: UInt64, to end: UInt64) -> UInt64 { end > start ? end &- start : 0 }
}

/// Calls whose answers came at the same time and leave at the end of the turn.
struct SendRun {
    let sinceNanoseconds: UInt64
    var count: Int
}
