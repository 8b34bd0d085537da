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
        Option(
            .serving, "listen", list: \.listen, .address,
            help:
                "Where clients reach the app. A port alone listens on 127.0.0.1; 0.0.0.0:7071 or [::]:7071 on all interfaces.",
            legacyEnvironment: ["PORT"]),
        Option(
            .serving, "admin", optional: \.admin, .address, absence: "off", absenceWord: "off",
            help:
                "Where health, metrics and the status page are served. Keep it off public networks: it asks for no password."
        ).whenEmbedded("off") { _ in ["off"] },
        Option(
            .serving, "admin-host", list: \.adminHosts, .hostName, absence: "IP addresses and localhost", [.live],
            help:
                "Host names accepted by the admin listener, besides IP addresses and localhost; * for any. Others get 403."
        ),
        Option(
            .serving, "loops", optional: \.loops, .integer(1...64), absence: "one for each two cores, up to 4",
            absenceWord: "auto",
            help:
                "Event loops, each on a thread of its own. One loop serves several Node processes; the other cores are theirs."
        ).whenEmbedded("one for each of them") { ["\($0.bridgeDescriptors.count)"] },
        Option(
            .serving, "backlog", \.backlog, .integer(1...65_535),
            help: "Connections the kernel holds while they wait to be accepted."),
        Option(
            .serving, "share-port", \.sharesPort, .onOff,
            help:
                "Let another front of this user listen on the same ports, and take over its --socket, so that a new one can start before the old one is stopped. Otherwise a port in use is an error."
        ),
    ]

    private static let bridge: [Option] = [
        Option(
            .bridge, "socket", optional: \.socketPath, .path(limit: 107), absence: "none",
            help: "The Unix socket that Node processes connect to. Required, unless --bridge-fd is given."),
        Option(
            .bridge, "socket-mode", \.socketMode, .fileMode,
            help: "Permission bits of the socket file. Whoever may write to it may serve the app's calls."),
        Option(
            .bridge, "socket-group", optional: \.socketGroup, .group, absence: "that of the process",
            help: "Group of the socket file, by name or number, where Node runs as another user."),
        Option(
            .bridge, "socket-allow-uid", list: \.socketAllowedUserIDs, .number("UID", 0...UInt32.max - 1),
            absence: "only this process's own user",
            help: "Further users whose processes may connect to the socket."),
        Option(
            .bridge, "socket-allow-gid", list: \.socketAllowedGroupIDs, .number("GID", 0...UInt32.max - 1),
            absence: "none", help: "Groups whose processes may connect to the socket."),
        Option(
            .bridge, "bridge-fd", list: \.bridgeDescriptors, .number("FD", 3...65_535), absence: "none",
            help: "Inherited descriptors that each lead to a Node process already: what TunnelServer uses."),
        Option(
            .bridge, "exit-with-parent", \.exitsWithParent, .onOff,
            help: "Drain and leave when the process that started this one is gone."),
        Option(
            .bridge, "control-fd", optional: \.controlDescriptor, .number("FD", 3...65_535), absence: "none",
            help:
                "Inherited descriptor by which the process that started this one says when to stop: a line stop, or stop-now. SIGTERM and SIGINT are then ignored."
        ),
    ]

    private static let exposure: [Option] = [
        Option(
            .exposure, "base-path", optional: \.basePath, .basePath, absence: "as the app announces", [.live],
            help: "Where the routes /task/… and /event/… begin.", legacyEnvironment: ["BASE_PATH"]),
        Option(
            .exposure, "cors-origins", optionalList: \.corsOrigins, .origin, absence: "as the app announces", [.live],
            help: "Origins that browsers may call from, or *. Replaces the origins the app announces.",
            legacyEnvironment: ["CORS_ORIGINS"]),
        Option(
            .exposure, "token", list: \.tokens, .token, absence: "as the app announces", [.live, .secret],
            help: "Accepted tokens; any one grants access. Prefer --token-file: flags show in the process list."),
        Option(
            .exposure, "token-file", optional: \.tokenFile, .path(), absence: "none", [.live],
            help: "A file of tokens, one a line, beside those of --token. Read again on SIGHUP."),
        Option(
            .exposure, "token-header", optional: \.tokenHeader, .headerName, absence: "as the app announces", [.live],
            help: "The header that carries the token."),
        Option(
            .exposure, "trusted-peers", list: \.trustedPeers, .addressBlock, absence: "none", [.live],
            help: "Proxies whose forwarded headers (x-forwarded-for, forwarded) are believed."),
    ]

    private static let time: [Option] = [
        Option(
            .time, "task-timeout", \.taskTimeoutMilliseconds, .duration(1...day, offWord: "off"), [.live],
            help:
                "Cancel a task that runs longer and answer 504. off: no limit, as in nodeExposure."
        ),
        Option(
            .time, "header-timeout", \.headerTimeoutMilliseconds, .duration(100...hour), [.live],
            help: "From the first byte of a request to the end of its headers."),
        Option(
            .time, "body-timeout", \.bodyTimeoutMilliseconds, .duration(100...day), [.live],
            help: "For the whole body of a call; for an upload that is streamed, between two pieces of it."),
        Option(
            .time, "idle-timeout", \.idleTimeoutMilliseconds, .duration(100...day), [.live],
            help:
                "How long a connection is kept between requests. Keep it above your load balancer's own, which is often 60s."
        ),
        Option(
            .time, "write-timeout", \.writeTimeoutMilliseconds, .duration(100...day), [.live],
            help: "Disconnect a client that reads nothing of a pending response for this long."),
        Option(
            .time, "worker-wait", \.workerWaitMilliseconds, .duration(0...hour), [.live],
            help: "How long a call is held while no Node process can take it, so that a restart fails no request."),
        Option(
            .time, "worker-ping", \.workerPingMilliseconds, .duration(50...60_000), [.live],
            help:
                "How often a Node process is asked for a sign of life, and how long it may take before it gets no new calls."
        ),
        Option(
            .time, "drain-delay", \.drainDelayMilliseconds, .duration(0...hour), [.live],
            help: "Pause after SIGTERM, not ready but still accepting, for load balancers to take notice."),
        Option(
            .time, "drain-timeout", \.drainTimeoutMilliseconds, .duration(0...day), [.live],
            help: "How long calls in flight may take to finish after that."),
    ]

    private static let limits: [Option] = [
        Option(
            .limits, "max-connections", \.maxConnections, .integer(1...1_000_000), [.live],
            help: "Client connections open at once."),
        Option(
            .limits, "pipeline-limit", \.pipelineLimit, .integer(1...10_000), [.live],
            help: "Requests of one connection that wait for their answers at once; further ones are read later."),
        Option(
            .limits, "in-flight", \.inFlightLimit, .integer(1...1_000_000), [.live],
            help: "Calls being worked on in all."),
        Option(
            .limits, "worker-in-flight", \.workerInFlightLimit, .integer(1...1_000_000), [.live],
            help: "Calls being worked on in one Node process."),
        Option(
            .limits, "queue-limit", \.queueLimit, .integer(0...1_000_000), [.live],
            help: "Calls that wait for a Node process; further ones are answered 503."),
        Option(
            .limits, "queue-bytes", \.queueBytes, .bytes(0...16 << 30), [.live],
            help: "Memory that waiting calls may take."),
        Option(
            .limits, "header-limit", \.headerLimitBytes, .bytes(1 << 10...1 << 20), [.live],
            help: "Request line and headers of one request; 431 above."),
        Option(
            .limits, "body-limit", \.bodyLimitBytes, .bytes(1 << 10...60 << 20), [.live],
            help: "JSON body of one call; 413 above. Streamed uploads have no limit."),
        Option(
            .limits, "json-depth-limit", \.jsonDepthLimit, .integer(16...10_000_000), [.live],
            help: "Maximum JSON nesting depth."),
        Option(
            .limits, "result-limit", \.resultLimitBytes, .bytes(1 << 10...60 << 20),
            help: "A larger result travels from Node in pieces instead of at once. Nothing is refused."),
        Option(
            .limits, "stream-window", \.streamWindowBytes, .bytes(16 << 10...16 << 20),
            help: "Flow-control window per stream and direction."),
        Option(
            .limits, "unread-bytes", \.unreadBytes, .bytes(1 << 20...64 << 30), [.live],
            help:
                "Memory limit for responses clients have not read. Above half of it, clients that read nothing are disconnected."
        ),
    ]

    private static let insight: [Option] = [
        Option(.insight, "log-level", \.logLevel, .choice, [.live], help: "The least severe messages that are logged."),
        Option(.insight, "log-format", \.logFormat, .choice, help: "How log lines are written to standard error."),
        Option(
            .insight, "access-log", \.accessLog, .accessLog, [.live],
            help: "A log line a request: off, all, or a sample such as 1/100, with every failure."),
        Option(
            .insight, "request-id", \.requestID, .onOff, [.live],
            help: "Accept or make an x-request-id, pass it to the task and echo it to the client."),
        Option(
            .insight, "trace", \.trace, .onOff, [.live],
            help: "Make a W3C traceparent for requests that have none. One that is there is always passed on."),
        Option(
            .insight, "metrics-task-label-limit", \.metricsTaskLabelLimit, .integer(0...10_000),
            help:
                "Tasks and events that get a metrics label of their own; the rest share one. 0 turns these labels off."),
    ]

    private static let hour = 3_600_000
    private static let day = 24 * hour
}
