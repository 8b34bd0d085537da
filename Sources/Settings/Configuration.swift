/// Everything that was decided before the front starts. Its initial values are the defaults; `OptionTable` names them.
///
/// A value that is nil where a worker has a say (`basePath`, `corsOrigins`, `tokenHeader`) leaves it to what the app
/// announces.
public struct Configuration: Equatable, Sendable {
    // MARK: Serving

    /// For ports that are given alone.
    public var listenHost = ListenAddress.loopback
    public var listen = [ListenTarget.address(ListenAddress(host: ListenAddress.loopback, port: 7071))]
    /// Of the socket files that `listen` names.
    public var listenMode = FileMode(bits: 0o660)
    /// A group's name or number, which these files are given.
    public var listenGroup: String?
    /// Whether trusted peers begin each connection with a PROXY protocol header.
    public var proxyProtocol = false
    /// Event loops, each on a thread of its own; nil: one for each two cores, up to 4.
    public var loops: Int?
    public var backlog = 511
    /// Whether another process of this user may listen on the same port.
    public var sharesPort = false
    public var admin: ListenAddress? = ListenAddress(host: ListenAddress.loopback, port: 7072)
    /// Names under which the admin listener may be asked, in lower case, beside addresses and `localhost`; `*` is any.
    public var adminHosts: [String] = []

    // MARK: The bridge

    public var socketPath: String?
    public var mirrorSocketPath: String?
    public var socketMode = FileMode(bits: 0o660)
    /// A group's name or number, which the socket file is given.
    public var socketGroup: String?
    public var socketAllowedUserIDs: [UInt32] = []
    public var socketAllowedGroupIDs: [UInt32] = []
    public var bridgeDescriptors: [Int32] = []
    public var exitsWithParent = false
    /// Where the process that started this one says when to stop.
    public var controlDescriptor: Int32?

    /// Whether the app that is served started this front, and its links are inherited.
    public var isEmbedded: Bool { !bridgeDescriptors.isEmpty && socketPath == nil }

    // MARK: The exposure

    public var basePath: String?
    public var corsOrigins: [String]?
    public var tokens: [String] = []
    public var tokenFile: String?
    /// What `tokenFile` held when it was read.
    public var tokensFromFile: [String] = []
    /// Lower case.
    public var tokenHeader: String?
    public var trustedPeers: [TrustedPeer] = []

    /// Every token that opens, wherever it came from; empty leaves it to what the app announces.
    public var acceptedTokens: [String] { tokens + tokensFromFile }

    // MARK: Time

    /// Until a call's result, or a stream's first byte; 0: no limit, as in nodeExposure.
    public var taskTimeoutMilliseconds = 0
    public var headerTimeoutMilliseconds = 10_000
    public var bodyTimeoutMilliseconds = 30_000
    /// Bytes a second on average; 0 for no least rate. A phone on a bad line sends a hundred times as fast.
    public var bodyRateBytesPerSecond = 240
    /// Longer than the 60 s that common ingresses keep idle connections for: the side that reuses a connection must be
    /// the one that closes it first, or now and then a request meets a connection being closed.
    public var idleTimeoutMilliseconds = 75_000
    public var writeTimeoutMilliseconds = 60_000
    public var workerWaitMilliseconds = 10_000
    public var workerPingMilliseconds = 1_000
    public var drainDelayMilliseconds = 0
    /// With a drain delay of 5 s it still fits Kubernetes' 30 s between SIGTERM and SIGKILL.
    public var drainTimeoutMilliseconds = 20_000

    // MARK: Limits

    public var maxConnections = 16_384
    public var pipelineLimit = 128
    public var inFlightLimit = 16_384
    public var workerInFlightLimit = 4_096
    public var queueLimit = 4_096
    public var queueBytes = 64 << 20
    /// Node's own limit.
    public var headerLimitBytes = 16 << 10
    public var bodyLimitBytes = 8 << 20
    public var bodyBytes = 256 << 20
    public var jsonDepthLimit = 10_000
    public var resultLimitBytes = 8 << 20
    public var streamWindowBytes = 256 << 10
    public var unreadBytes = 256 << 20

    // MARK: Fair shares

    /// Nil: as many as a client sends.
    public var rateLimit: RequestRate?
    /// Nil: what a second brings, at least one.
    public var rateBurst: Int?
    public var limitBy = ClientIdentity.address
    /// Nil: as many as a client sends.
    public var clientInFlight: Int?
    public var taskLimits: [TaskLimit] = []

    // MARK: What can be seen

    public var logLevel = LogLevel.info
    public var logFormat = LogFormat.text
    public var accessLog = AccessLog.off
    public var requestID = false
    public var trace = false
    /// How many task ids become labels of their own; the others share one. 0: no task labels. Each
    /// takes 8 KiB a loop once it was called.
    public var metricsTaskLabelLimit = 100

    // MARK: Where it came from

    /// The file given with `--config`.
    public var configFile: String?
    /// One for each of `OptionTable.options`.
    public var sources = [ConfigurationSource](repeating: .standard, count: OptionTable.options.count)

    public init() {}
}

/// Who set a value.
public enum ConfigurationSource: Equatable, Sendable {
    /// Nobody: the built-in default, or what the app announces.
    case standard
    /// Nobody: the default where the app brings the front along.
    case embedded
    /// Nobody: the default made to fit into the memory that the process may take.
    case memoryLimit(bytes: Int)
    /// The configuration file's member of this name.
    case file(key: String)
    case environment(name: String)
    case flag(name: String)
    /// A request to the admin listener, while the front runs.
    case admin(endpoint: String)

    public var text: String {
        switch self {
        case .standard: "default"
        case .embedded: "default with --bridge-fd"
        case .memoryLimit(let bytes): "default within a memory limit of \(Quantity.bytesText(bytes))"
        case .file(let key): "file: \(key)"
        case .environment(let name): "environment: \(name)"
        case .flag(let name): "flag: --\(name)"
        case .admin(let endpoint): "admin: \(endpoint)"
        }
    }
}

/// The permission bits of a file.
public struct FileMode: Equatable, Sendable {
    public let bits: UInt16
    public init(bits: UInt16) { self.bits = bits }
}

public enum LogLevel: String, CaseIterable, Sendable { case trace, debug, info, notice, warning, error, critical }

public enum LogFormat: String, CaseIterable, Sendable { case text, json }

public enum AccessLog: Equatable, Sendable {
    case off
    case all
    /// One in `requests`, and every request that failed.
    case sampled(oneIn: Int)
}
