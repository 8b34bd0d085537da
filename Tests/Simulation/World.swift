import BridgeProtocol
import Bytes
import EventLoop
import Settings

/// What everybody in a run shares: the clock, the requests, which rules were in force when, and the first violation.
final class World {
    let plan: Plan
    let simulation: Simulation
    /// By number; index 0 is nobody.
    private(set) var records: [Record?] = [nil]
    var violation: Violation?
    /// Lines of what happened; kept only when somebody will read them.
    var trace: [String]?

    /// The configuration in force.
    var configuration: Configuration
    /// Rules, and until when each of them was in force.
    private(set) var epochs: [Epoch] = []
    /// The last moment at which no worker could be given calls for sure.
    var lastWithoutWorker: UInt64 = 0
    var lastWithoutLink: UInt64 = 0
    var hadWorker = false
    var drainBegan: UInt64?
    var cutShortAt: UInt64?
    var leaveBegan: UInt64?
    var isStopping: Bool { leaveBegan != nil || drainBegan != nil || cutShortAt != nil }
    /// Token generation that the operator put in force; nil for what the workers announce.
    var operatorTokens: [String] = []
    /// The workers that serve, and whether each asks for a token.
    private var serving: [Int: Bool] = [:]
    private var asksForToken = true
    var requestsFinished = 0
    private(set) var lastLinkLoss: UInt64 = 0
    var lastBreak: UInt64 = 0
    /// By worker.
    private var linkLosses: [Int: UInt64] = [:]

    func lostLink(of worker: Int) {
        lastLinkLoss = now
        linkLosses[worker] = now
    }

    /// Whether the link that a request went to is gone: what was written to it last may not have arrived.
    func hasLostLink(of record: Record) -> Bool {
        guard let worker = record.worker, let dispatched = record.dispatched else { return false }
        return record.workerLost || linkLosses[worker] ?? 0 >= dispatched
    }

    struct Epoch {
        let since: UInt64
        var until = UInt64.max
        /// Nil when no token is asked for.
        let tokens: [String]?
    }

    /// The longest that a change takes until it is in force: the turns it travels.
    static let settlingNanoseconds: UInt64 = 5_000_000

    init(_ plan: Plan, _ simulation: Simulation) {
        self.plan = plan
        self.simulation = simulation
        configuration = plan.configuration
        var highest = 0
        for client in plan.clients { for request in client.requests { highest = max(highest, request.number) } }
        records = Array(repeating: nil, count: highest + 1)
        for client in plan.clients {
            for request in client.requests { records[request.number] = Record(request, client: client.number) }
        }
        epochs = [Epoch(since: 0, tokens: currentTokens)]
        note(plan.configuration)
    }

    var startNanoseconds: UInt64 = 0
    var now: UInt64 { simulation.nanoseconds }

    func record(_ number: Int) -> Record? { number > 0 && number < records.count ? records[number] : nil }

    func fail(_ kind: String, _ detail: @autoclosure () -> String, _ request: Int? = nil) {
        guard violation == nil else { return }
        violation = Violation(kind: kind, detail: detail(), request: request, atNanoseconds: now)
        note("VIOLATION: \(kind): \(violation!.detail)")
    }

    func note(_ text: @autoclosure () -> String) {
        guard trace != nil else { return }
        let micros = now / 1000
        trace?.append("\(micros / 1000).\(String(micros % 1000 + 1000).dropFirst()) ms  \(text())")
    }

    // MARK: Bounds

    /// Of all configurations of the run.
    private(set) var longestWaitMilliseconds: UInt64 = 0
    private(set) var longestIdleMilliseconds = 0
    private(set) var shortestIdleMilliseconds = Int.max
    /// How long a worker may take over a response that it has begun.
    let longestStreamMilliseconds: UInt64 = 20_000
    /// The last moment at which a worker was linked.
    var lastWithLink: UInt64 = 0
    var hasLink = false

    /// No worker is there, and none can come any more.
    var workersCannotCome: Bool {
        guard !hasLink else { return false }
        return drainBegan != nil || leaveBegan != nil
    }

    /// Whether this run's limits are such that calls find no room.
    var isOftenFull: Bool {
        [.tightLimits, .limitChanges, .large, .huge].contains { plan.features.contains($0) }
    }

    func note(_ configuration: Configuration) {
        self.configuration = configuration
        let wait = max(
            configuration.workerWaitMilliseconds, asksOrigins ? FrontUnderTest.questionMilliseconds : 0)
        longestWaitMilliseconds = max(
            longestWaitMilliseconds,
            UInt64(wait + configuration.taskTimeoutMilliseconds))
        longestIdleMilliseconds = max(longestIdleMilliseconds, configuration.idleTimeoutMilliseconds)
        shortestIdleMilliseconds = min(
            shortestIdleMilliseconds, configuration.idleTimeoutMilliseconds, configuration.headerTimeoutMilliseconds)
    }

    // MARK: Rules

    private var currentTokens: [String]? {
        if !operatorTokens.isEmpty { return operatorTokens }
        guard plan.hasAuth else { return nil }
        return asksForToken ? [Plan.token(0)] : nil
    }

    /// A worker serves from now on. One that asks for no token opens nothing that another one closes.
    func serves(_ worker: Int, asksForToken asks: Bool) {
        serving[worker] = nil
        asksForToken = serving.values.contains(true) || asks
        serving[worker] = asks
        rulesChanged()
    }

    /// A worker is gone. What it said stays in force until another one says something else.
    func left(_ worker: Int) { serving[worker] = nil }

    func rulesChanged() {
        let tokens = currentTokens
        guard tokens != epochs.last?.tokens else { return }
        epochs[epochs.count - 1].until = now + Self.settlingNanoseconds
        epochs.append(Epoch(since: now, tokens: tokens))
    }

    /// Whether any, and whether all of the rules since `since` let a token in.
    func admits(_ token: String?, since: UInt64) -> (sometimes: Bool, always: Bool) {
        var sometimes = false
        var always = true
        for epoch in epochs where epoch.until >= since {
            let admits = epoch.tokens.map { tokens in token.map(tokens.contains) ?? false } ?? true
            if admits { sometimes = true } else { always = false }
        }
        return (sometimes, always)
    }

    // MARK: Origins

    /// What the app's RegExp or function makes of an origin.
    static func originAnswer(_ origin: String?, cacheable: Bool) -> (flags: OriginAnswerFlags, value: String) {
        let kept: OriginAnswerFlags = cacheable ? [.cacheable] : []
        guard let origin else { return (kept, "") }
        if origin.contains("throws") && !cacheable { return ([.threw], "") }
        return origin.contains("good") ? (kept.union(.allowed), origin) : (kept, "")
    }

    /// The value of Access-Control-Allow-Origin that a response to `origin` has; nil for none.
    func allowedOrigin(_ origin: String?) -> String? {
        switch plan.cors {
        case .constant: "*"
        case .echo: origin ?? "null"
        case .list: origin == Plan.knownOrigin ? origin : nil
        case .regExp, .function:
            origin.flatMap { $0.contains("good") ? $0 : nil }
        }
    }

    var asksOrigins: Bool { plan.cors == .regExp || plan.cors == .function }
}
