/// Every option there is. `--help`, the table in docs/operating.md, the configuration file's schema, `--print-config`
/// and the suggestions for a misspelt name are all made from this one list; the defaults are `Configuration`'s initial
/// values.
public enum OptionTable {
    public static let options: [Option] = serving + bridge + exposure + time + limits + insight

    /// The place in `options` of the option called `name`.
    static func index(of name: String) -> Int? { indexByName[name] }

    private static let indexByName = [String: Int](
        uniqueKeysWithValues: options.enumerated().map { ($0.element.name, $0.offset) })

    private static let serving: [Option] = [
        // Before the option that goes by it.
        Option(
            .serving, "listen-host", \.listenHost, .host,
            help: "Address for a port that --listen, PORT or the default gives alone. 0.0.0.0 or ::, all interfaces."),
        Option(
            .serving, "listen", list: \.listen, .listenTarget,
            help:
                "Address that clients connect to. A port alone listens on --listen-host; 0.0.0.0:7071 or [::]:7071 on all interfaces; unix:/path on a Unix socket; systemd on the sockets of socket activation, systemd:NAME on those of that name.",
            legacyEnvironment: ["PORT"]),
        Option(
            .serving, "listen-mode", \.listenMode, .fileMode,
            help: "Permission bits of the socket files of --listen unix:. Write permission is needed to connect."),
        Option(
            .serving, "listen-group", optional: \.listenGroup, .group, absence: "that of the process",
            help: "Group of these socket files, by name or number, where the proxy in front runs as another user."),
        Option(
            .serving, "proxy-protocol", \.proxyProtocol, .onOff, [.live],
            help:
                "Read a PROXY protocol header (version 1 or 2) at the start of each connection from --trusted-peers. Connections from trusted peers without one are refused; those from others are read as HTTP."
        ),
        Option(
            .serving, "admin", optional: \.admin, .address, absence: "off", absenceWord: "off",
            help:
                "Address of health checks, metrics and the status page. Keep it off public networks: it has no password."
        ).whenEmbedded("off") { _ in ["off"] },
        Option(
            .serving, "admin-host", list: \.adminHosts, .hostName, absence: "IP addresses and localhost", [.live],
            help:
                "Host names accepted by the admin listener, besides IP addresses and localhost. Others get 403. `*`: any name."
        ),
        Option(
            .serving, "loops", optional: \.loops, .integer(1...64), absence: "one for each two cores, up to 4",
            absenceWord: "auto",
            help:
                "Number of event loops, each on its own thread. One loop serves several Node processes; leave them the other cores."
        ).whenEmbedded("one for each of them") { ["\($0.bridgeDescriptors.count)"] },
        Option(
            .serving, "backlog", \.backlog, .integer(1...65_535),
            help: "Number of connections the kernel holds until they are accepted."),
        Option(
            .serving, "share-port", \.sharesPort, .onOff,
            help:
                "Let another front of this user listen on the same ports, and take over its --socket and the files of --listen unix:, so that a new one can start before the old one is stopped. Otherwise a port in use is an error."
        ),
    ]

    private static let bridge: [Option] = [
        Option(
            .bridge, "socket", optional: \.socketPath, .path(limit: 107), absence: "none",
            help: "Unix socket that Node processes connect to. Required, unless --bridge-fd is given."),
        Option(
            .bridge, "socket-mode", \.socketMode, .fileMode,
            help: "Permissions of the socket file. Every process that may write to it may serve the app's calls."),
        Option(
            .bridge, "socket-group", optional: \.socketGroup, .group, absence: "that of the process",
            help: "Group of the socket file, by name or number. Needed where Node runs as another user."),
        Option(
            .bridge, "socket-allow-uid", list: \.socketAllowedUserIDs, .number("UID", 0...UInt32.max - 1),
            absence: "only this process's own user",
            help: "Further user IDs whose processes may connect to the socket."),
        Option(
            .bridge, "socket-allow-gid", list: \.socketAllowedGroupIDs, .number("GID", 0...UInt32.max - 1),
            absence: "none", help: "Group IDs whose processes may connect to the socket."),
        Option(
            .bridge, "bridge-fd", list: \.bridgeDescriptors, .number("FD", 3...65_535), absence: "none",
            help: "Inherited descriptors, each connected to a Node process. TunnelServer uses this."),
        Option(
            .bridge, "exit-with-parent", \.exitsWithParent, .onOff,
            help: "Drain and exit when the parent process has exited."),
        Option(
            .bridge, "control-fd", optional: \.controlDescriptor, .number("FD", 3...65_535), absence: "none",
            help:
                "Inherited descriptor by which the process that started this one says when to stop: a line stop, or stop-now. SIGTERM and SIGINT are then ignored."
        ),
    ]

    private static let exposure: [Option] = [
        Option(
            .exposure, "base-path", optional: \.basePath, .basePath, absence: "as the app announces", [.live],
            help: "Path below which the routes /task/… and /event/… are served.", legacyEnvironment: ["BASE_PATH"]),
        Option(
            .exposure, "cors-origins", optionalList: \.corsOrigins, .origin, absence: "as the app announces", [.live],
            help: "Origins that browsers may call from. Replaces the origins the app announces. `*`: any origin.",
            legacyEnvironment: ["CORS_ORIGINS"]),
        Option(
            .exposure, "token", list: \.tokens, .token, absence: "as the app announces", [.live, .secret],
            help: "Accepted tokens; any one grants access. Prefer --token-file: flags are visible in the process list."),
        Option(
            .exposure, "token-file", optional: \.tokenFile, .path(), absence: "none", [.live],
            help: "File of accepted tokens, one on each line, in addition to --token. Read again on SIGHUP."),
        Option(
            .exposure, "token-header", optional: \.tokenHeader, .headerName, absence: "as the app announces", [.live],
            help: "Request header that carries the token."),
        Option(
            .exposure, "trusted-peers", list: \.trustedPeers, .trustedPeer, absence: "none", [.live],
            help:
                "Proxies whose forwarded headers (x-forwarded-for, forwarded) and PROXY protocol headers are trusted. unix: every client of a Unix socket of --listen."
        ),
    ]

    private static let time: [Option] = [
        Option(
            .time, "task-timeout", \.taskTimeoutMilliseconds, .duration(1...day, offWord: "off"), [.live],
            help: "Cancel a task that runs longer and answer 504. `off`: no limit, as in nodeExposure."
        ),
        Option(
            .time, "header-timeout", \.headerTimeoutMilliseconds, .duration(100...hour), [.live],
            help: "Time limit from the first byte of a request to the end of its headers."),
        Option(
            .time, "body-timeout", \.bodyTimeoutMilliseconds, .duration(100...day), [.live],
            help: "Time limit for a request body without progress. A client that stalls longer gets 408."),
        Option(
            .time, "body-rate", \.bodyRateBytesPerSecond, .bytes(0...1 << 30), [.live],
            help:
                "Least average rate of a request body, in bytes a second, counted after 5 seconds or --body-timeout, whichever is shorter. A slower client gets 408. 0: no least rate."
        ),
        Option(
            .time, "idle-timeout", \.idleTimeoutMilliseconds, .duration(100...day), [.live],
            help:
                "Close a connection that has had no request for this long. Keep it above your load balancer's own, often 60s."
        ),
        Option(
            .time, "write-timeout", \.writeTimeoutMilliseconds, .duration(100...day), [.live],
            help: "Disconnect a client that reads nothing of a pending response for this long."),
        Option(
            .time, "worker-wait", \.workerWaitMilliseconds, .duration(0...hour), [.live],
            help:
                "Hold a call for this long when no Node process can take it, so that a restart of the app fails no request."
        ),
        Option(
            .time, "worker-ping", \.workerPingMilliseconds, .duration(50...60_000), [.live],
            help:
                "Interval at which Node processes are pinged, and how long one may take to reply before it gets no new calls."
        ),
        Option(
            .time, "drain-delay", \.drainDelayMilliseconds, .duration(0...hour), [.live],
            help: "After SIGTERM, report not ready, but keep accepting for this long, so that load balancers notice."
        ),
        Option(
            .time, "drain-timeout", \.drainTimeoutMilliseconds, .duration(0...day), [.live],
            help: "After --drain-delay, wait this long for calls in flight to finish."),
    ]

    private static let limits: [Option] = [
        Option(
            .limits, "max-connections", \.maxConnections, .integer(1...1_000_000), [.live],
            help: "Maximum number of open client connections."),
        Option(
            .limits, "pipeline-limit", \.pipelineLimit, .integer(1...10_000), [.live],
            help: "Maximum number of requests pending on one connection. Further ones are read later."),
        Option(
            .limits, "in-flight", \.inFlightLimit, .integer(1...1_000_000), [.live],
            help: "Maximum number of calls in flight, over all Node processes."),
        Option(
            .limits, "worker-in-flight", \.workerInFlightLimit, .integer(1...1_000_000), [.live],
            help: "Maximum number of calls in flight in one Node process."),
        Option(
            .limits, "queue-limit", \.queueLimit, .integer(0...1_000_000), [.live],
            help: "Maximum number of calls queued for a Node process. Further ones are answered 503."),
        Option(
            .limits, "queue-bytes", \.queueBytes, .bytes(0...16 << 30), [.live],
            help: "Memory limit for queued calls."
        ).withinMemory(partIn: 8),
        Option(
            .limits, "header-limit", \.headerLimitBytes, .bytes(1 << 10...1 << 20), [.live],
            help: "Maximum size of the request line and headers. Larger ones are answered 431."),
        Option(
            .limits, "body-limit", \.bodyLimitBytes, .bytes(1 << 10...60 << 20), [.live],
            help: "Maximum size of a call's JSON body. Larger ones are answered 413. Streamed uploads have no limit."),
        Option(
            .limits, "body-bytes", \.bodyBytes, .bytes(1 << 20...64 << 30), [.live],
            help:
                "Memory limit for JSON bodies that have not arrived completely, of all clients together. A request beyond it gets 503."
        ).withinMemory(partIn: 8),
        Option(
            .limits, "json-depth-limit", \.jsonDepthLimit, .integer(16...10_000_000), [.live],
            help: "Maximum JSON nesting depth."),
        Option(
            .limits, "result-limit", \.resultLimitBytes, .bytes(1 << 10...60 << 20),
            help: "Send a larger result from Node in pieces instead of in one frame. Nothing is refused."),
        Option(
            .limits, "stream-window", \.streamWindowBytes, .bytes(16 << 10...16 << 20),
            help: "Flow-control window for each stream and direction."),
        Option(
            .limits, "unread-bytes", \.unreadBytes, .bytes(1 << 20...64 << 30), [.live],
            help:
                "Memory limit for responses that clients have not read. Above half of it, clients that read nothing are disconnected."
        ).withinMemory(partIn: 4),
        Option(
            .limits, "rate-limit", optional: \.rateLimit, .rate, absence: "off", absenceWord: "off", [.live],
            help: "Requests one client may send, such as 100/s, 600/m or 10000/h; 429 above. `off`: no limit."),
        Option(
            .limits, "rate-burst", optional: \.rateBurst, .integer(1...1_000_000),
            absence: "what a second of --rate-limit brings, at least 1", [.live],
            help: "Requests one client may send at once after a pause, within --rate-limit."),
        Option(
            .limits, "client-in-flight", optional: \.clientInFlight, .integer(1...65_535), absence: "off",
            absenceWord: "off", [.live],
            help: "Requests one client may have in flight, waiting ones included; 429 above. `off`: no limit."),
        Option(
            .limits, "limit-by", \.limitBy, .choice, [.live],
            help:
                "What --rate-limit and --client-in-flight count as one client: its address (of IPv6, the first 64 bits), or its token where the exposure has tokens."
        ),
        Option(
            .limits, "task-in-flight", list: \.taskLimits, .taskLimit, absence: "off", [.live],
            help:
                "Calls one task or event may have in flight, waiting ones included: a number for each of them, or ID=N for one; 429 above."
        ),
    ]

    private static let insight: [Option] = [
        Option(.insight, "log-level", \.logLevel, .choice, [.live], help: "Least severe level that is logged."),
        Option(.insight, "log-format", \.logFormat, .choice, help: "Format of log lines on standard error."),
        Option(
            .insight, "access-log", \.accessLog, .accessLog, [.live],
            help: "Log each request: `off`, `all`, or a sample such as `1/100`. A sample includes every failure."),
        Option(
            .insight, "request-id", \.requestID, .onOff, [.live],
            help: "Accept or create an x-request-id, pass it to the task, and return it to the client."),
        Option(
            .insight, "trace", \.trace, .onOff, [.live],
            help: "Create a W3C traceparent for requests that have none. An existing one is always passed on."),
        Option(
            .insight, "metrics-task-label-limit", \.metricsTaskLabelLimit, .integer(0...10_000),
            help:
                "Number of tasks and events with a metrics label of their own; the others share one. `0`: no such labels."
        ),
        Option(
            .insight, "mirror-socket", optional: \.mirrorSocketPath, .path(limit: 107), absence: "none",
            help:
                "Unix socket that `compare --live` reads. It carries copies of calls with their tokens; only this user may connect."
        ),
    ]

    private static let hour = 3_600_000
    private static let day = 24 * hour
}
