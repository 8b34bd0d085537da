public import BridgeProtocol
public import HTTPCodec

/// Every error that the front answers by itself, nodeExposure's and its own.
public enum Rejection: Equatable, Sendable, CaseIterable {
    // nodeExposure's, word for word.
    case notFound
    case methodNotAllowed
    case unauthorized
    /// The app's release demands that access is configured, and it is not.
    case authNotConfigured
    /// Not on the allow-list.
    case notExposed(Hello.TargetKind)
    /// The same, as later releases say it.
    case forbidden(Hello.TargetKind)
    /// There is nothing to call.
    case exposureOff
    case targetNotFound(Hello.TargetKind)
    /// Outside the base path.
    case outside
    case invalidJSON
    /// The app's CORS function threw.
    case internalError
    /// The same where the exposure would ask it again for the error, and in the end answers nothing: here it is an
    /// answer, and the end.
    case originNotJudged
    /// A target that makes no URL: nodeExposure's answer is the same, but whose fault it is differs.
    case targetIsNoURL

    // The front's own.
    case noWorker
    case workerLost
    case overloaded
    case draining
    case timeout
    /// A request that did not arrive whole in time.
    case requestTimeout
    case payloadTooLarge
    /// A JSON body over the app's own limit.
    case bodyOverAppLimit
    case unsupportedMediaType
    case connectNotSupported
    case malformedWorkerAnswer
    /// A trusted proxy did not begin its connection with a PROXY protocol header.
    case malformedProxyHeader
    /// A client sends more than its rate.
    case rateLimited
    /// A client has too many requests in flight.
    case clientInFlight
    /// A task or event has too many calls in flight.
    case taskInFlight
    case http(HTTPError)

    /// One that is missing here has no place in the metrics.
    public static let allCases: [Rejection] =
        [
            .notFound, .methodNotAllowed, .unauthorized, .authNotConfigured, .notExposed(.task), .notExposed(.event),
            .forbidden(.task), .forbidden(.event), .exposureOff, .targetNotFound(.task), .targetNotFound(.event),
            .outside, .invalidJSON, .internalError, .originNotJudged, .targetIsNoURL,
            .noWorker, .workerLost, .overloaded, .draining, .timeout, .requestTimeout, .payloadTooLarge,
            .bodyOverAppLimit, .unsupportedMediaType, .connectNotSupported, .malformedWorkerAnswer,
            .malformedProxyHeader, .rateLimited, .clientInFlight, .taskInFlight,
        ] + HTTPError.allCases.map { .http($0) }

    /// Which side of the sidecar an error came from, for logs and metrics.
    public enum Side: String, Sendable, CaseIterable {
        case client, front, bridge, worker, task
    }

    /// What becomes of a rejected request.
    public struct Answer: Sendable {
        public let status: Int
        /// Stable, for programs.
        public let code: StaticString
        /// For people; the target's id stands between this and `messageEnd` where it is named. Needs no escaping in
        /// JSON.
        public let message: StaticString
        public let messageEnd: StaticString
        public let side: Side
        /// Whether the connection ends with it.
        public let closes: Bool
        /// Seconds after which it is worth trying again.
        public let retryAfterSeconds: Int?

        init(
            _ status: Int, _ code: StaticString, _ message: StaticString, end: StaticString = "", _ side: Side,
            closes: Bool = false, retryAfterSeconds: Int? = nil
        ) {
            self.status = status
            self.code = code
            self.message = message
            messageEnd = end
            self.side = side
            self.closes = closes
            self.retryAfterSeconds = retryAfterSeconds
        }
    }

    /// Whether its message names the id that was asked for.
    public var namesTarget: Bool { answer.messageEnd.utf8CodeUnitCount > 0 }

    /// The one table of what each of them means.
    public var answer: Answer {
        switch self {
        case .notFound: Answer(404, "NOT_FOUND", "Not Found", .client)
        case .methodNotAllowed: Answer(405, "METHOD_NOT_ALLOWED", "Method Not Allowed", .client)
        case .unauthorized: Answer(401, "UNAUTHORIZED", "Unauthorized", .client)
        case .notExposed(let kind): Answer(404, "NOT_EXPOSED", Self.prefix(kind), end: " not exposed", .client)
        case .forbidden(let kind): Answer(403, "FORBIDDEN", Self.prefix(kind), end: " not exposed", .client)
        case .exposureOff: Answer(403, "FORBIDDEN", "Exposure not enabled", .client)
        case .outside: Rejection.notFound.answer
        // The message is the app's.
        case .authNotConfigured: Answer(500, "AUTH_NOT_CONFIGURED", "Authentication not configured.", .worker)
        case .targetNotFound(let kind): Answer(404, "NOT_FOUND", Self.prefix(kind), end: " not found", .client)
        // The message is the app's.
        case .invalidJSON: Answer(400, "INVALID_JSON", "Invalid JSON body", .client)
        case .internalError: Answer(500, "INTERNAL_ERROR", "Internal Error", .task)
        case .originNotJudged: Answer(500, "INTERNAL_ERROR", "Internal Error", .task, closes: true)
        case .targetIsNoURL: Answer(500, "INTERNAL_ERROR", "Internal Error", .client)

        case .noWorker:
            Answer(503, "NO_WORKER", "No worker is connected; try again shortly", .worker, retryAfterSeconds: 1)
        case .workerLost:
            Answer(502, "WORKER_LOST", "The worker was lost before it answered; the call may have run", .worker)
        case .overloaded: Answer(503, "OVERLOADED", "Too many calls are in flight", .front, retryAfterSeconds: 1)
        case .draining:
            Answer(503, "DRAINING", "This server is stopping; try again", .front, closes: true, retryAfterSeconds: 1)
        case .timeout: Answer(504, "TIMEOUT", "The task did not answer in time", .task, closes: true)
        case .requestTimeout:
            Answer(408, "REQUEST_TIMEOUT", "The request did not arrive in time", .client, closes: true)
        case .payloadTooLarge:
            Answer(413, "PAYLOAD_TOO_LARGE", "The request body is too large", .client, closes: true)
        case .bodyOverAppLimit: Answer(413, "PAYLOAD_TOO_LARGE", "Payload too large", .client)
        case .unsupportedMediaType:
            Answer(415, "UNSUPPORTED_MEDIA_TYPE", "This worker takes JSON bodies only", .client)
        case .connectNotSupported:
            Answer(405, "METHOD_NOT_ALLOWED", "CONNECT is not supported", .client, closes: true)
        case .malformedWorkerAnswer: Answer(502, "BAD_WORKER_ANSWER", "The worker broke the bridge protocol", .bridge)
        case .malformedProxyHeader:
            Answer(
                400, "MALFORMED_PROXY_HEADER", "The connection did not begin with a PROXY protocol header", .client,
                closes: true)
        case .rateLimited: Answer(429, "RATE_LIMITED", "Too many requests; try again later", .client)
        case .clientInFlight:
            Answer(429, "CLIENT_IN_FLIGHT", "This client has too many requests in flight; try again shortly", .client)
        case .taskInFlight:
            Answer(429, "TASK_IN_FLIGHT", "This task has too many calls in flight; try again shortly", .task)
        case .http(.bodyTooLarge): Rejection.payloadTooLarge.answer
        case .http(let error): Answer(error.status, error.code, error.message, .client, closes: true)
        }
    }

    /// Whether its response names the request by id, in the releases that do: not what is rejected before they look.
    var namesRequest: Bool {
        switch self {
        case .outside, .targetIsNoURL, .connectNotSupported, .http: false
        default: true
        }
    }

    private static func prefix(_ kind: Hello.TargetKind) -> StaticString {
        kind == .event ? "Event " : "Task "
    }
}
