internal import EventLoop
internal import HTTPCodec
internal import Settings

/// Every bound of a serving loop, in one place, in the units the loop counts in.
struct Limits: Sendable {
    var http = HTTPLimits()
    var connectionLimit: Int
    /// Calls that workers have.
    var inFlightLimit: Int
    /// Calls that one link may have.
    var workerInFlightLimit: Int
    /// Requests that wait for a worker.
    var queueLimit: Int
    var queueLimitBytes: Int
    /// Unanswered requests of one connection.
    var pipelineLimit: Int
    /// Responses of one connection that its client has not taken; above that no further request is read.
    var unsentLimitBytes = 256 << 10
    /// Responses of all connections that their clients have not taken.
    var unreadLimitBytes: Int
    /// Request bodies of all connections that have not arrived completely.
    var unfinishedBodyLimitBytes: Int
    var bodyLimitBytes: Int
    var resultLimitBytes: Int
    var streamWindowBytes: Int
    var headerTimeoutMilliseconds: Int
    var bodyTimeoutMilliseconds: Int
    var idleTimeoutMilliseconds: Int
    var writeTimeoutMilliseconds: Int
    var taskTimeoutMilliseconds: Int
    var workerWaitMilliseconds: Int
    var workerPingMilliseconds: Int
    /// Least average rate of a request body, and how long it may take before that counts.
    var bodyRateBytesPerSecond: Int
    var bodyRateGraceMilliseconds: Int

    // MARK: Bounds that no option sets

    /// How often everything without a timer of its own is looked at.
    static let tickMilliseconds = 100
    /// Input that a connection keeps while no request of it is read; and how much more of a body is asked for at once.
    static let heldInputBytes = 64 << 10
    /// Bodies and results from here on go to the kernel without a copy between.
    static let largeBytes = 32 << 10
    /// What a link may have to write before it gets more: a worker that stands still takes calls only as far as its
    /// socket does.
    static let linkUnsentBytes = 8 << 20
    /// What a task may still take when its client has sent FIN: the bridge's round trip, not a task's work.
    static let halfCloseMilliseconds = 20
    /// How long an idle connection may still bring a request once the front takes no connections any more: longer than
    /// a response and the next request of a busy client are on their way.
    static let drainIdleMilliseconds = 250
    /// How long a closed connection waits for a client that still sends, without progress and in all: closing at once
    /// would reset the connection, and the client could lose the response.
    static let lingerMilliseconds = 5_000
    static let lingerTotalMilliseconds = 30_000
    static let drainLingerMilliseconds = 1_000
    /// How much longer an idle connection is kept than its response promised.
    static let keepAliveMarginMilliseconds = 1_000
    /// How many pending requests are looked at in vain before others have their turn: those whose worker is away,
    /// while another has room.
    static let pendingLooks = 256
    /// A question about an origin is worth at least this wait, even where calls do not wait for workers.
    static let leastQuestionMilliseconds = 2_000
    /// Cancelled calls after which a link is asked whether it has let go of them.
    static let cancelledPerPing = 256

    /// - Parameter loops: connections, waiting requests and their bytes are bounded for the whole front, each loop
    ///   keeping to its share: no lock is needed, and the sum never exceeds what was asked for.
    init(_ configuration: Configuration, loops: Int) {
        http.headBytes = configuration.headerLimitBytes
        http.bodyBytes = configuration.bodyLimitBytes
        let affordable = Self.connectionsWithinOpenFiles(loops: loops)
        connectionLimit = max(1, min(configuration.maxConnections, affordable) / loops)
        inFlightLimit = max(1, configuration.inFlightLimit / loops)
        workerInFlightLimit = max(1, configuration.workerInFlightLimit / loops)
        queueLimit = configuration.queueLimit / loops
        queueLimitBytes = configuration.queueBytes / loops
        pipelineLimit = configuration.pipelineLimit
        bodyLimitBytes = configuration.bodyLimitBytes
        resultLimitBytes = configuration.resultLimitBytes
        streamWindowBytes = configuration.streamWindowBytes
        // One answer of any size must fit, or nobody could read it.
        unreadLimitBytes = max(configuration.unreadBytes / loops, resultLimitBytes + unsentLimitBytes)
        // One body of any size must fit.
        unfinishedBodyLimitBytes = max(configuration.bodyBytes / loops, bodyLimitBytes)
        bodyRateBytesPerSecond = configuration.bodyRateBytesPerSecond
        bodyRateGraceMilliseconds = min(configuration.bodyTimeoutMilliseconds, 5_000)
        headerTimeoutMilliseconds = configuration.headerTimeoutMilliseconds
        bodyTimeoutMilliseconds = configuration.bodyTimeoutMilliseconds
        idleTimeoutMilliseconds = configuration.idleTimeoutMilliseconds
        writeTimeoutMilliseconds = configuration.writeTimeoutMilliseconds
        taskTimeoutMilliseconds = configuration.taskTimeoutMilliseconds
        workerWaitMilliseconds = configuration.workerWaitMilliseconds
        workerPingMilliseconds = configuration.workerPingMilliseconds
    }

    private static let openFilesLimit = OpenFiles.raiseLimit()

    /// How many connections leave descriptors for everything else: links, the admin listener, and the one that each
    /// loop needs to turn a client away. When none is left, libuv 1.44 turns clients away with a descriptor it keeps
    /// for that; a loop that loses it to another one then tries again without end.
    static func connectionsWithinOpenFiles(loops: Int) -> Int {
        openFilesLimit - max(min(openFilesLimit / 4, 256), 16 + 12 * loops)
    }
}

extension ConnectionTimers.Bounds {
    /// - Parameter isDraining: the front takes no connections any more.
    init(_ limits: Limits, isDraining: Bool) {
        headTicks = TurnClock.ticks(limits.headerTimeoutMilliseconds)
        bodyTicks = TurnClock.ticks(limits.bodyTimeoutMilliseconds)
        idleTicks = TurnClock.ticks(
            isDraining
                ? Limits.drainIdleMilliseconds
                : limits.idleTimeoutMilliseconds + Limits.keepAliveMarginMilliseconds)
        writeTicks = TurnClock.ticks(limits.writeTimeoutMilliseconds)
        lingerTicks = TurnClock.ticks(isDraining ? Limits.drainLingerMilliseconds : Limits.lingerMilliseconds)
        lingerTotalTicks = TurnClock.ticks(
            isDraining ? Limits.drainLingerMilliseconds : Limits.lingerTotalMilliseconds)
        bodyBytesPerTick = UInt32(clamping: limits.bodyRateBytesPerSecond * Limits.tickMilliseconds / 1000)
        rateGraceTicks = TurnClock.ticks(limits.bodyRateGraceMilliseconds)
    }
}
