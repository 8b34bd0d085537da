/// What a shim says of itself and of the app when it opens a link, or when the app's table has changed.
public struct Hello: Equatable, Sendable {
    /// What a call can be for.
    public enum TargetKind: String, Sendable, CaseIterable {
        case task, event, discovery
    }

    public enum TargetState: String, Sendable, CaseIterable {
        case callable
        /// On the allow-list, but the app has no such task or event.
        case unregistered
        /// Was announced once, and is no more.
        case removed
    }

    /// How a request for a target gets to the app.
    public enum Lane: String, Sendable, CaseIterable {
        /// As an entry of CALLS.
        case call
        /// As a whole request, to the app's own handlers.
        case listener
    }

    /// One row of the table that calls refer to by index.
    public struct Target: Equatable, Sendable {
        public var kind: TargetKind
        /// Empty for discovery.
        public var id: String
        public var state: TargetState
        public var lane: Lane
        /// Whether CALLS carries the request head.
        public var wantsHead: Bool
        /// Other names by which a request may ask for it.
        public var names: [String]
        /// The app says that running it again changes nothing.
        public var isSafe: Bool

        public init(
            kind: TargetKind, id: String, state: TargetState = .callable, lane: Lane = .call, wantsHead: Bool = false,
            names: [String] = [], isSafe: Bool = false
        ) {
            self.kind = kind
            self.id = id
            self.state = state
            self.lane = lane
            self.wantsHead = wantsHead
            self.names = names
            self.isSafe = isSafe
        }
    }

    /// What an error names when a request asked for an id that is another definition's name.
    public struct ShownID: Equatable, Sendable {
        public var asked: String
        public var shown: String

        public init(asked: String, shown: String) {
            self.asked = asked
            self.shown = shown
        }
    }

    /// What the app's own request listener may be given.
    public struct Listener: Equatable, Sendable {
        /// Requests under the base path that are no calls: multipart and octet-stream.
        public var takesExposure: Bool
        /// Requests for every other path.
        public var takesEverything: Bool

        public init(takesExposure: Bool = false, takesEverything: Bool = false) {
            self.takesExposure = takesExposure
            self.takesEverything = takesEverything
        }
    }

    /// Names the Node process: the same on all of its links, new at each start.
    public var worker: String
    /// Which of its links this is, from 0.
    public var link: Int
    public var pid: Int
    public var shimVersion: String
    public var nodeVersion: String
    public var runnerVersion: String
    public var exposure: ExposureSettings
    public var targets: [Target]
    public var shownIDs: [ShownID]
    public var listener: Listener
    /// Whether it takes SETTINGS.
    public var takesSettings: Bool

    public init(
        worker: String, link: Int = 0, pid: Int = 0, shimVersion: String = "", nodeVersion: String = "",
        runnerVersion: String = "", exposure: ExposureSettings, targets: [Target] = [],
        shownIDs: [ShownID] = [], listener: Listener = Listener(), takesSettings: Bool = false
    ) {
        self.worker = worker
        self.link = link
        self.pid = pid
        self.shimVersion = shimVersion
        self.nodeVersion = nodeVersion
        self.runnerVersion = runnerVersion
        self.exposure = exposure
        self.targets = targets
        self.shownIDs = shownIDs
        self.listener = listener
        self.takesSettings = takesSettings
    }
}

/// Why a HELLO is refused: becomes the reason in REFUSED, so it says what to do.
public struct HelloError: Error, Equatable, Sendable, CustomStringConvertible {
    public let description: String

    public init(_ description: String) {
        self.description = description
    }
}

/// Bounds on what a HELLO may announce, so that a broken shim cannot fill the front's memory.
public enum HelloLimits {
    public static let targetCount = 65_536
    public static let idBytes = 1_024
    /// Other names of one target.
    public static let nameCount = 16
    /// Ids that errors show under another name.
    public static let shownIDCount = 65_536
    public static let tokenCount = 64
    /// Entries of a CORS list.
    public static let listCount = 4_096
    /// A token, an origin, a header name, a version.
    public static let textBytes = 4_096
    /// All the values together that one response head may carry.
    public static let headValuesBytes = 8_192
    public static let linkCount = 256
}
