internal import EventLoop

/// The links of one loop, and which of them gets the next call.
struct WorkerPool {
    private(set) var links: [WorkerLink] = []
    /// Calls that all links of this loop may have together.
    private(set) var inFlightLimit: Int
    /// Calls that one link may have.
    private(set) var workerInFlightLimit: Int
    /// Calls that the links have not let go of.
    private(set) var callsInFlight = 0
    private var turn = 0
    private var lastNumber: UInt32 = 0

    init(_ limits: Limits) {
        inFlightLimit = limits.inFlightLimit
        workerInFlightLimit = limits.workerInFlightLimit
    }

    mutating func setLimits(_ limits: Limits) {
        inFlightLimit = limits.inFlightLimit
        workerInFlightLimit = limits.workerInFlightLimit
    }

    mutating func nextNumber() -> UInt32 {
        lastNumber += 1
        return lastNumber
    }

    /// Calls that the links of now have completed.
    var callsCompleted: Int { links.reduce(0) { $0 + $1.callsTotal - $1.inFlight } }

    /// The link with this number, nil when it is gone.
    @inline(__always)
    func link(_ number: UInt32) -> WorkerLink? {
        for link in links where link.number == number { return link }
        return nil
    }

    mutating func add(_ link: WorkerLink) { links.append(link) }

    /// A link is gone, with the calls it had.
    mutating func remove(_ link: WorkerLink) {
        links.removeAll { $0 === link }
        callsInFlight -= link.inFlight
    }

    @inline(__always)
    mutating func dispatched() { callsInFlight += 1 }

    @inline(__always)
    mutating func letGo() { callsInFlight -= 1 }

    /// The ready link that serves `target` with the fewest calls in flight, or nil when none has room.
    ///
    /// Links are few: a scan beats any structure. Ties go round, so that idle workers share the load.
    @inline(__always)
    mutating func pick(_ target: Int) -> WorkerLink? {
        guard callsInFlight < inFlightLimit else { return nil }
        if links.count == 1 {
            let only = links[0]
            return isFree(only) && only.serves(target) ? only : nil
        }
        return leastLoaded { $0.serves(target) }
    }

    /// The same for a streamed request.
    mutating func pickListener(everything: Bool) -> WorkerLink? {
        guard callsInFlight < inFlightLimit else { return nil }
        return leastLoaded { everything ? $0.servesEverything : $0.servesStreams }
    }

    /// The ready link with the fewest calls in flight, for a question.
    mutating func pickAny() -> WorkerLink? { leastLoaded { _ in true } }

    @inline(__always)
    private func isFree(_ link: WorkerLink) -> Bool {
        link.isReady && link.inFlight < workerInFlightLimit && link.unsentBytes < Limits.linkUnsentBytes
    }

    private mutating func leastLoaded(where serves: (WorkerLink) -> Bool) -> WorkerLink? {
        var best: WorkerLink?
        turn &+= 1
        for offset in 0..<links.count {
            let link = links[(offset &+ turn) % links.count]
            guard isFree(link), serves(link) else { continue }
            if let found = best, found.inFlight <= link.inFlight { continue }
            best = link
        }
        return best
    }

    var hasRoom: Bool {
        callsInFlight < inFlightLimit && links.contains { isFree($0) }
    }
    var hasReadyLink: Bool { links.contains { $0.isReady } }
}
