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
    /// Answers of one connection that its client has not taken; above that no further request is read.
    var unsentLimitBytes = 256 << 10
    /// Answers of all connections that their clients have not taken.
    var unreadLimitBytes: Int
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
