/// How long a connection may stay as it is: one deadline, by what it waits for, and the client's reading. Counted in
/// the loop's ticks, so that no connection needs a timer of its own.
struct ConnectionTimers {
    /// What the connection waits for.
    enum Wait: UInt8, CaseIterable {
        /// Nothing that this side has to bound: calls have their own deadlines.
        case none
        /// The rest of a head. A slow head gets no new time for each of its bytes.
        case head
        /// More of a body: bounded by the time without progress, and by its average rate.
        case body
        /// The next request.
        case idle
        /// The client's last bytes behind a response that closes the connection.
        case lingering
    }

    /// The bounds, in ticks and bytes.
    struct Bounds {
        var headTicks: UInt32
        var bodyTicks: UInt32
        var idleTicks: UInt32
        var writeTicks: UInt32
        var lingerTicks: UInt32
        var lingerTotalTicks: UInt32
        /// Least average rate of a body; 0 for none.
        var bodyBytesPerTick: UInt32
        /// How long a body may take before its rate counts.
        var rateGraceTicks: UInt32
    }

    enum Verdict: Equatable {
        case fine
        case late(Wait)
        /// The client takes nothing of its responses.
        case stalled
    }

    /// Tick at which patience ends.
    private var deadlineTick: UInt32 = 0
    /// Tick at which this wait began.
    private var sinceTick: UInt32 = 0
    /// Bytes of the body, or of what follows a last response, at the last look.
    private var seenBytes: UInt32 = 0
    /// Tick at which a client that takes nothing of its responses is disconnected; 0 while nothing is stalled.
    private var writeDeadlineTick: UInt32 = 0
    /// What the client had not taken at the last look.
    private var untakenBytes: UInt32 = 0
    private(set) var wait: Wait = .none

    /// A request was read: what it waited for is over.
    @inline(__always)
    mutating func requestRead() { wait = .none }

    /// The connection waits for this now. A wait that goes on keeps its deadline, except that each request renews the
    /// idle time.
    @inline(__always)
    mutating func expect(_ next: Wait, now: UInt32, _ bounds: @autoclosure () -> Bounds) {
        if next == .none {
            wait = .none
        } else if next != wait {
            begin(next, now: now, bounds())
        }
    }

    private mutating func begin(_ next: Wait, now: UInt32, _ bounds: Bounds) {
        wait = next
        sinceTick = now
        seenBytes = 0
        deadlineTick = now &+ patience(next, bounds) &+ 1
    }

    /// Counts the wait under way anew, as when its bounds have changed.
    mutating func restart(now: UInt32, _ bounds: Bounds) {
        if wait != .none { begin(wait, now: now, bounds) }
    }

    private func patience(_ wait: Wait, _ bounds: Bounds) -> UInt32 {
        switch wait {
        case .none: 0
        case .head: bounds.headTicks
        case .body: bounds.bodyTicks
        case .idle: bounds.idleTicks
        case .lingering: bounds.lingerTicks
        }
    }

    /// Looks at the clock.
    ///
    /// - Parameters:
    ///   - bytes: of the body under way, or of what follows a last response.
    ///   - isReading: while this side does not read, the client is not to blame for the time that takes.
    ///   - untaken: output that the client has not taken.
    mutating func check(now: UInt32, bytes: Int, isReading: Bool, untaken: Int, _ bounds: Bounds) -> Verdict {
        if takesNothing(UInt32(clamping: untaken), now, bounds) { return .stalled }
        switch wait {
        case .none: return .fine
        case .body, .lingering:
            guard isReading else {
                begin(wait, now: now, bounds)
                seenBytes = UInt32(clamping: bytes)
                return .fine
            }
            return checkProgress(now: now, UInt32(clamping: bytes), bounds)
        case .head, .idle:
            return deadlineTick <= now ? .late(wait) : .fine
        }
    }

    private mutating func checkProgress(now: UInt32, _ bytes: UInt32, _ bounds: Bounds) -> Verdict {
        let elapsed = now &- sinceTick
        if bytes > seenBytes || (bytes < seenBytes && wait == .lingering) {
            seenBytes = bytes
            deadlineTick = now &+ patience(wait, bounds) &+ 1
        }
        if deadlineTick <= now { return .late(wait) }
        if wait == .lingering { return elapsed > bounds.lingerTotalTicks ? .late(wait) : .fine }
        let isSlow =
            elapsed > bounds.rateGraceTicks
            && UInt64(bytes) < UInt64(elapsed) * UInt64(bounds.bodyBytesPerTick)
        return isSlow ? .late(wait) : .fine
    }

    private mutating func takesNothing(_ untaken: UInt32, _ now: UInt32, _ bounds: Bounds) -> Bool {
        defer { untakenBytes = untaken }
        if untaken == 0 {
            writeDeadlineTick = 0
        } else if writeDeadlineTick == 0 || untaken < untakenBytes {
            writeDeadlineTick = now &+ bounds.writeTicks &+ 1
        } else if writeDeadlineTick <= now {
            return true
        }
        return false
    }

    /// For how many ticks the client has taken nothing of what is written.
    func stalledTicks(now: UInt32, _ bounds: Bounds) -> UInt32 {
        guard writeDeadlineTick != 0 else { return 0 }
        let latest = now &+ bounds.writeTicks &+ 1
        return latest > writeDeadlineTick ? latest - writeDeadlineTick : 0
    }
}
