/// How the app configured its exposure: what HELLO says of routes, tokens and CORS.
public struct ExposureSettings: Equatable, Sendable {
    /// Resolved as the exposure does it: begins with `/`, and ends with one only if it is nothing else.
    public var basePath: String
    public var auth: AuthSettings
    /// Nil for the default, `Access-Control-Allow-Origin: *`.
    public var cors: CORSSettings?
    public var rules: WireRules

    public init(
        basePath: String = "/__runner", auth: AuthSettings, cors: CORSSettings? = nil, rules: WireRules
    ) {
        self.basePath = basePath
        self.auth = auth
        self.cors = cors
        self.rules = rules
    }

    /// Before a worker has said anything: closed.
    public static let unannounced = ExposureSettings(
        auth: .closed(message: "Authentication not configured."), rules: .unannounced)
}

/// Who may call. Nothing is open that does not say so.
public enum AuthSettings: Equatable, Sendable {
    /// Every request passes.
    case open
    /// A request passes with one of the tokens.
    case tokens(TokenSettings)
    /// No request passes: the app's release demands that access is configured, and it is not. The message is the 500's.
    case closed(message: String)
    /// A request with one of the tokens passes. About any other the app decides.
    case ask(TokenSettings)

    /// The same with the front's own options, which win over what the app says.
    ///
    /// - Parameters:
    ///   - header: nil for the app's.
    ///   - tokens: with any of these, they alone grant access; empty for what the app says.
    public func overridden(header: String?, tokens: [String]) -> AuthSettings {
        switch self {
        case .tokens(var settings):
            settings.override(header, tokens)
            return .tokens(settings)
        case .ask(var settings):
            settings.override(header, tokens)
            return tokens.isEmpty ? .ask(settings) : .tokens(settings)
        case .open, .closed:
            guard !tokens.isEmpty else { return self }
            var settings = TokenSettings(tokens: tokens)
            settings.override(header, tokens)
            return .tokens(settings)
        }
    }
}

/// Which tokens grant access.
public struct TokenSettings: Equatable, Sendable {
    /// The header that carries the token, in lower case.
    public var header: String
    /// Any of them grants access; when there is none, none does.
    public var tokens: [String]

    public init(header: String = "x-runner-token", tokens: [String]) {
        self.header = header
        self.tokens = tokens
    }

    fileprivate mutating func override(_ header: String?, _ tokens: [String]) {
        if let header { self.header = header }
        if !tokens.isEmpty { self.tokens = tokens }
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
