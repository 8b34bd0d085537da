/// The fixed vocabulary of the metrics. Each raw value is a place in a loop's memory.

/// What only grows.
public enum Counter: Int, CaseIterable, Sendable {
    case connectionsAccepted, connectionsRefused
    case workersJoined, workersLost
    case callsCancelled
    case streamBytesReceived, streamBytesSent
    case bridgeFramesReceived, bridgeFramesSent
    case bridgeBytesReceived, bridgeBytesSent
}

/// What goes up and down. A loop's value is its share of the whole.
public enum Gauge: Int, CaseIterable, Sendable {
    case connections, activeRequests, queuedCalls, queuedBytes, openStreams
}

/// The parts of a call's time, one after another.
public enum Stage: Int, CaseIterable, Sendable {
    /// From the request's first byte to its last.
    case receive
    /// Route, token and JSON being checked.
    case validate
    /// Waiting for a worker.
    case queue
    /// From the frame's writing to the result's reading: the bridge both ways, and the task.
    case worker
    /// From the result's reading until the kernel, or a write that waits for a slow client, has the answer.
    case send

    public var name: String { "\(self)" }
}

/// Whose event loop a lag was seen on.
public enum LoopSide: Int, CaseIterable, Sendable {
    case front, node

    var name: String { "\(self)" }
}

/// Request methods that have a label of their own.
public enum MethodLabel: UInt8, CaseIterable, Sendable {
    case get, head, post, put, delete, options, patch, other

    /// As OpenTelemetry's conventions have it.
    public var text: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .post: "POST"
        case .put: "PUT"
        case .delete: "DELETE"
        case .options: "OPTIONS"
        case .patch: "PATCH"
        case .other: "_OTHER"
        }
    }
}

/// What a request turned out to be for.
public enum RouteKind: Int, CaseIterable, Sendable {
    case task, event, discovery
    /// Handed to the app's own request listener.
    case listener
    /// Nothing: a path, method or request line that leads nowhere.
    case unmatched

    public var name: String { "\(self)" }

    /// The `http.route` label, for routes below `basePath`; nil where nothing was matched. No two kinds share one.
    public func template(_ basePath: String) -> String? {
        switch self {
        case .task: basePath + "/task/{id}"
        case .event: basePath + "/event/{id}"
        case .discovery: basePath + "/discovery"
        case .listener: "*"
        case .unmatched: nil
        }
    }

    /// Whether its duration is that of a call; a listener's streams last as long as their clients like.
    var isCall: Bool { self == .task || self == .event || self == .discovery }
}

/// A way to fail, for counting: which side it was, and a short reason (`queue full`, `token missing`).
public struct FailureLabel: Equatable, Hashable, Sendable {
    public let side: String
    public let reason: String

    public init(side: String, reason: String) {
        self.side = side
        self.reason = reason
    }
}
