/// Everything the admin listener shows, at one moment: what the loops counted, and what was measured when asked.
public struct MetricsSnapshot: Sendable {
    public var counted: LoopMetrics
    /// One for each Node process, merged over the links it has to each loop.
    public var workers: [WorkerStats]
    public var process: ProcessStats
    public var front: FrontStats

    public init(counted: LoopMetrics, workers: [WorkerStats], process: ProcessStats, front: FrontStats) {
        self.counted = counted
        self.workers = workers
        self.process = process
        self.front = front
    }

    /// Two loops of one front together. Those of the process and the front are the same for all loops: the left
    /// one's stand.
    public static func + (left: MetricsSnapshot, right: MetricsSnapshot) -> MetricsSnapshot {
        var sum = left
        sum.counted.merge(right.counted)
        sum.workers = WorkerStats.mergedByProcess(left.workers + right.workers)
        return sum
    }
}

/// One Node process, as one loop (or, merged, the front) sees it.
public struct WorkerStats: Equatable, Sendable {
    public enum State: String, Sendable, CaseIterable {
        case ready
        /// Its PONG is overdue: the event loop is blocked, or the process is stopped.
        case unresponsive
        case draining
    }

    /// What it calls itself in HELLO.
    public let id: String
    public let pid: Int
    public let nodeVersion: String
    public let runnerVersion: String
    public var state: State
    public var callsInFlight: Int
    /// Calls sent to it since it joined.
    public var calls: Int
    /// What its last PONG told.
    public var eventLoopLagMicroseconds: Int
    /// How long ago that was.
    public var lastPongMilliseconds: Int
    /// Memory and event loop, as its last PONG told; nil until one did.
    public var load: Load?

    public struct Load: Equatable, Sendable {
        public var residentBytes: Int
        public var heapUsedBytes: Int
        public var heapTotalBytes: Int
        /// The share of time in which its event loop was busy, in millionths.
        public var utilizationMillionths: Int

        public init(residentBytes: Int, heapUsedBytes: Int, heapTotalBytes: Int, utilizationMillionths: Int) {
            self.residentBytes = residentBytes
            self.heapUsedBytes = heapUsedBytes
            self.heapTotalBytes = heapTotalBytes
            self.utilizationMillionths = utilizationMillionths
        }
    }

    public init(
        id: String, pid: Int, nodeVersion: String, runnerVersion: String, state: State, callsInFlight: Int, calls: Int,
        eventLoopLagMicroseconds: Int, lastPongMilliseconds: Int, load: Load? = nil
    ) {
        self.id = id
        self.pid = pid
        self.nodeVersion = nodeVersion
        self.runnerVersion = runnerVersion
        self.state = state
        self.callsInFlight = callsInFlight
        self.calls = calls
        self.eventLoopLagMicroseconds = eventLoopLagMicroseconds
        self.lastPongMilliseconds = lastPongMilliseconds
        self.load = load
    }

    /// One for each process of `stats`, whose loops each have a link of their own to it.
    public static func mergedByProcess(_ stats: [WorkerStats]) -> [WorkerStats] {
        var merged: [WorkerStats] = []
        for one in stats {
            if let known = merged.firstIndex(where: { $0.id == one.id }) {
                merged[known].merge(one)
            } else {
                merged.append(one)
            }
        }
        return merged
    }

    /// Adds what another loop sees of the same process: its calls, and of the rest whichever is worse.
    mutating func merge(_ other: WorkerStats) {
        callsInFlight += other.callsInFlight
        calls += other.calls
        eventLoopLagMicroseconds = max(eventLoopLagMicroseconds, other.eventLoopLagMicroseconds)
        // The process is the same: what it said last is what counts.
        if let theirs = other.load, load == nil || other.lastPongMilliseconds < lastPongMilliseconds { load = theirs }
        lastPongMilliseconds = max(lastPongMilliseconds, other.lastPongMilliseconds)
        if other.state == .draining || (other.state == .unresponsive && state == .ready) { state = other.state }
    }
}

/// What the system says of the front's process.
public struct ProcessStats: Equatable, Sendable {
    public var cpuUserMicroseconds: Int
    public var cpuSystemMicroseconds: Int
    public var residentBytes: Int
    public var openDescriptors: Int
    /// The soft limit; 0 where there is none.
    public var maxDescriptors: Int
    public var startUnixMilliseconds: Int

    public init(
        cpuUserMicroseconds: Int, cpuSystemMicroseconds: Int, residentBytes: Int, openDescriptors: Int,
        maxDescriptors: Int,
        startUnixMilliseconds: Int
    ) {
        self.cpuUserMicroseconds = cpuUserMicroseconds
        self.cpuSystemMicroseconds = cpuSystemMicroseconds
        self.residentBytes = residentBytes
        self.openDescriptors = openDescriptors
        self.maxDescriptors = maxDescriptors
        self.startUnixMilliseconds = startUnixMilliseconds
    }
}

/// What the front says of itself.
public struct FrontStats: Equatable, Sendable {
    public var version: String
    public var pid: Int
    public var loops: Int
    public var basePath: String
    /// The clock when the readings were taken.
    public var unixMilliseconds: Int
    /// Why it is not ready, a phrase each (`no worker`, `draining`); empty when it is.
    public var notReadyReasons: [String]
    /// Log lines that standard error did not take.
    public var logLinesDropped: Int

    public init(
        version: String, pid: Int, loops: Int, basePath: String, unixMilliseconds: Int, notReadyReasons: [String],
        logLinesDropped: Int = 0
    ) {
        self.version = version
        self.pid = pid
        self.loops = loops
        self.basePath = basePath
        self.unixMilliseconds = unixMilliseconds
        self.notReadyReasons = notReadyReasons
        self.logLinesDropped = logLinesDropped
    }
}
