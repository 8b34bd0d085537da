/// How the app configured its exposure: what HELLO says of routes, tokens and CORS.
public struct ExposureSettings: Equatable, Sendable {
    /// Resolved as the exposure does it: begins with `/`, and ends with one only if it is nothing else.
    public var basePath: String
    /// Nil when no token is asked for.
    public var auth: AuthSettings?
    /// Nil for the default, `Access-Control-Allow-Origin: *`.
    public var cors: CORSSettings?
    /// Whether an id that was not announced is `NOT_EXPOSED`, instead of `NOT_FOUND`.
    public var hasAllowList: Bool

    public init(
        basePath: String = "/__runner", auth: AuthSettings? = nil, cors: CORSSettings? = nil, hasAllowList: Bool = false
    ) {
        self.basePath = basePath
        self.auth = auth
        self.cors = cors
        self.hasAllowList = hasAllowList
    }
}

/// Which token opens the exposure.
public struct AuthSettings: Equatable, Sendable {
    /// The header that carries it, in lower case.
    public var header: String
    /// Any of them opens.
    public var tokens: [String]

    public init(header: String = "x-runner-token", tokens: [String]) {
        self.header = header
        self.tokens = tokens
    }
}

/// What browsers of other origins are told.
public struct CORSSettings: Equatable, Sendable {
    /// Which origins are allowed.
    public enum Origin: Equatable, Sendable {
        /// Nothing configured: `*`, or with credentials the request's origin, or `null`.
        case `default`
        /// This value, whatever the request's origin.
        case fixed(String)
        /// The request's origin if it is one of these.
        case list([String])
        /// A RegExp or a function of the app decides.
        case ask
        /// Configured as something that is none of these: no origin is ever allowed.
        case never
    }

    public var origin: Origin
    public var credentials: Bool
    /// Whether `Vary: Origin` is sent when the answer depends on the origin.
    public var varyOrigin: Bool
    /// Of a preflight answer; empty for `POST, OPTIONS`.
    public var methods: [String]
    /// Of a preflight answer; empty to give back what was asked for.
    public var allowedHeaders: [String]
    /// Of an actual answer.
    public var exposedHeaders: [String]
    /// Of a preflight answer, in seconds, as JavaScript writes the number; nil to leave it out.
    public var maxAge: String?

    public init(
        origin: Origin = .default, credentials: Bool = false, varyOrigin: Bool = true, methods: [String] = [],
        allowedHeaders: [String] = [], exposedHeaders: [String] = [], maxAge: String? = nil
    ) {
        self.origin = origin
        self.credentials = credentials
        self.varyOrigin = varyOrigin
        self.methods = methods
        self.allowedHeaders = allowedHeaders
        self.exposedHeaders = exposedHeaders
        self.maxAge = maxAge
    }
}
