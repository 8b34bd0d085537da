import BridgeProtocol
import Settings

/// Everything of a run that is decided before it begins.
struct Plan {
    enum CORSKind: String, CaseIterable { case constant, echo, list, regExp, function }

    let seed: UInt64
    var features: Features
    var cors: CORSKind
    /// No token is asked for when it is false.
    var hasAuth = true
    var hasAllowList = false
    var takesEverything = false
    var takesStreams = true
    var configuration = Configuration()
    var clients: [ClientPlan] = []
    var workers: [WorkerPlan] = []
    var operators: [OperatorPlan] = []

    static let base = "/__runner"
    /// Tasks with the head and without, then events; the discovery target comes last.
    static let targets: [Hello.Target] = [
        Hello.Target(kind: .task, id: "sim.add", wantsHead: true),
        Hello.Target(kind: .task, id: "sim.echo", wantsHead: false),
        Hello.Target(kind: .event, id: "sim.notify", wantsHead: true),
        Hello.Target(kind: .event, id: "sim.ping", wantsHead: false),
        Hello.Target(kind: .task, id: "sim.gone", state: .unregistered),
        Hello.Target(kind: .discovery, id: "", wantsHead: true),
    ]
    static let knownOrigin = "https://good.example"

    static func token(_ generation: Int) -> String { "token-of-generation-\(generation)" }

    /// Of the app's release.
    var rules: WireRules {
        WireRules(
            unlisted: hasAllowList ? .notExposed : .notFound, discovery: .getAndPost, requestIDs: false,
            securityHeaders: hasAllowList, corsOnErrors: hasAllowList, corsCredentialsWithoutOrigin: .echo,
            jsonLimitBytes: nil, jsonDepth: WireRules.JSONDepth(limit: 10_000, plain: 10_000), plainKeys: .ejson,
            invalidBodyText: "Invalid EJSON body", prettyErrors: false, eventResults: false)
    }

    var requestCount: Int { clients.reduce(0) { $0 + $1.requests.count } }
}
