/// How the app's release of the runner behaves on the wire, rule by rule. The front knows these rules and no versions:
/// a shim says in HELLO which value each of them has, and leaves none out.
///
/// Where the values come from, release by release, stands in `node-shim/lib`; what they are, in
/// `docs/bridge-protocol.md`.
public struct WireRules: Equatable, Sendable {
    /// What a request for an id gets that is not among the targets.
    public enum Unlisted: String, Sendable, CaseIterable {
        /// 404 `NOT_EXPOSED`: it is not on the allow-list.
        case notExposed
        /// 403 `FORBIDDEN`: the same, in other releases.
        case forbidden
        /// 403 `FORBIDDEN`: the app exposes nothing.
        case exposureOff
        /// 404 `NOT_FOUND`: no list is in force, and the app has no such task or event.
        case notFound
    }

    /// By which methods discovery is asked.
    public enum Discovery: String, Sendable, CaseIterable {
        case getAndPost
        case get
        /// 404 for every method but OPTIONS, whatever the token.
        case off
    }

    /// The value of Access-Control-Allow-Origin where credentials are allowed and no origin is configured.
    public enum CredentialsWithoutOrigin: String, Sendable, CaseIterable {
        /// The request's origin, or `null`.
        case echo
        /// No such header.
        case none
    }

    /// Object keys to which the app's serializer gives a meaning of its own: a text without them is *plain*.
    public enum PlainKeys: String, Sendable, CaseIterable {
        /// EJSON: what begins with `$`, and `__proto__`.
        case ejson
        /// The runner's own serializer: `__type`, `__graph`, `__proto__`, `constructor`, `prototype`, and what begins
        /// with `$runner.escape::`.
        case serializer
    }

    /// Arrays and objects within each other.
    public struct JSONDepth: Equatable, Sendable {
        /// What is nested deeper is answered with 400.
        public var limit: Int
        /// What is nested deeper is not *plain*.
        public var plain: Int

        public init(limit: Int, plain: Int) {
            self.limit = limit
            self.plain = plain
        }
    }

    public var unlisted: Unlisted
    public var discovery: Discovery
    /// Whether each response has `x-runner-request-id`, and the task sees it.
    public var requestIDs: Bool
    /// Whether responses have X-Content-Type-Options and X-Frame-Options.
    public var securityHeaders: Bool
    /// Whether 405, 404 outside the base path and the 500 of a target that is no URL have CORS headers.
    public var corsOnErrors: Bool
    public var corsCredentialsWithoutOrigin: CredentialsWithoutOrigin
    /// A JSON body of more bytes is answered with 413; nil for no limit but the front's own.
    public var jsonLimitBytes: Int?
    public var jsonDepth: JSONDepth
    public var plainKeys: PlainKeys
    /// The message of the 400 for a body that is not JSON.
    public var invalidBodyText: String
    /// Whether the front's error bodies are indented.
    public var prettyErrors: Bool
    /// Whether an event may be asked for its payload with `returnPayload`.
    public var eventResults: Bool

    public init(
        unlisted: Unlisted, discovery: Discovery, requestIDs: Bool, securityHeaders: Bool, corsOnErrors: Bool,
        corsCredentialsWithoutOrigin: CredentialsWithoutOrigin, jsonLimitBytes: Int?, jsonDepth: JSONDepth,
        plainKeys: PlainKeys, invalidBodyText: String, prettyErrors: Bool, eventResults: Bool
    ) {
        self.unlisted = unlisted
        self.discovery = discovery
        self.requestIDs = requestIDs
        self.securityHeaders = securityHeaders
        self.corsOnErrors = corsOnErrors
        self.corsCredentialsWithoutOrigin = corsCredentialsWithoutOrigin
        self.jsonLimitBytes = jsonLimitBytes
        self.jsonDepth = jsonDepth
        self.plainKeys = plainKeys
        self.invalidBodyText = invalidBodyText
        self.prettyErrors = prettyErrors
        self.eventResults = eventResults
    }

    /// Before a worker has said anything: each rule at its strictest.
    public static let unannounced = WireRules(
        unlisted: .exposureOff, discovery: .off, requestIDs: true, securityHeaders: true, corsOnErrors: false,
        corsCredentialsWithoutOrigin: .none, jsonLimitBytes: 0, jsonDepth: JSONDepth(limit: 1, plain: 0),
        plainKeys: .serializer, invalidBodyText: "Invalid JSON body", prettyErrors: false, eventResults: false)
}
