import BridgeProtocol
import Settings

/// Makes a plan from a seed.
struct Planner {
    var chance: Chance
    var plan: Plan
    var lastNumber = 0
    let wanted: Int
    /// The run lasts about so long before its last request is sent.
    var spanMilliseconds = 1000

    init(seed: UInt64, requests: Int, choice: FeatureChoice) {
        chance = Chance(seed)
        var features = Features(from: &chance, choice: choice)
        // A flood wants its calls counted exactly, and nothing between them.
        if features.contains(.floods) { features = Features([.floods]) }
        let cors = chance.pick(Plan.CORSKind.allCases)
        plan = Plan(seed: seed, features: features, cors: cors)
        wanted = requests
    }

    static func plan(seed: UInt64, requests: Int, choice: FeatureChoice = FeatureChoice()) -> Plan {
        var planner = Planner(seed: seed, requests: requests, choice: choice)
        planner.makeSettings()
        planner.makeWorkers()
        planner.makeClients()
        planner.makeOperators()
        return planner.plan
    }

    func has(_ feature: Feature) -> Bool { plan.features.contains(feature) }

    /// Whether this time a feature of the run shows.
    mutating func shows(_ feature: Feature, _ perMille: Int) -> Bool {
        has(feature) && chance.happens(perMille)
    }

    // MARK: Settings

    mutating func makeSettings() {
        plan.hasAuth = chance.happens(800)
        plan.hasAllowList = chance.happens(500)
        plan.takesEverything = chance.happens(300)
        plan.takesStreams = chance.happens(850)
        var configuration = Configuration()
        configuration.loops = 1
        configuration.headerTimeoutMilliseconds = chance.pick([500, 1000, 2000])
        configuration.bodyTimeoutMilliseconds = chance.pick([500, 1000, 3000])
        configuration.idleTimeoutMilliseconds = chance.pick([1000, 3000, 5000])
        configuration.writeTimeoutMilliseconds = chance.pick([1000, 2000])
        configuration.taskTimeoutMilliseconds = chance.pick([1000, 2000, 4000])
        configuration.workerWaitMilliseconds = chance.pick([300, 1000, 2000])
        configuration.workerPingMilliseconds = chance.pick([200, 500, 1000])
        configuration.bodyLimitBytes = has(.huge) ? 9 << 20 : chance.pick([400_000, 1 << 20])
        configuration.requestID = has(.requestIDs)
        configuration.trace = has(.requestIDs) && chance.happens(500)
        if has(.accessLog) { configuration.accessLog = chance.pick([.all, .all, .sampled(oneIn: 3)]) }
        if has(.tightLimits) {
            configuration.inFlightLimit = chance.within(1...20)
            configuration.workerInFlightLimit = chance.within(1...10)
            configuration.queueLimit = chance.within(0...30)
            configuration.pipelineLimit = chance.within(1...8)
            configuration.streamWindowBytes = chance.pick([16 << 10, 64 << 10])
            configuration.bodyBytes = chance.pick([0, 2 << 20])
            configuration.unreadBytes = chance.pick([0, 1 << 20])
        }
        if has(.refusals) { configuration.maxConnections = chance.within(2...6) }
        plan.configuration = configuration
    }

    // MARK: Workers

    mutating func makeWorkers() {
        let count = has(.severalWorkers) ? chance.within(2...4) : 1
        spanMilliseconds = chance.pick([200, 1000, 3000])
        for number in 0..<count {
            var worker = WorkerPlan(number: number)
            let isFirst = number == 0
            if has(.lateWorkers) {
                worker.joinsMicroseconds = chance.skewed(0...2_000_000)
            } else if !isFirst && chance.happens(500) {
                worker.joinsMicroseconds = chance.below(spanMilliseconds * 1000)
            }
            if has(.splits) && chance.happens(500) { worker.pieceBytes = chance.skewed(1...4096) }
            if chance.happens(200) { worker.inFlightBytes = chance.pick([4 << 10, 32 << 10]) }
            if has(.slowQuestions) { worker.questionDelayMicroseconds = chance.skewed(0...300_000) }
            if has(.differingSettings) && !isFirst && chance.happens(700) { worker.hasNoAuth = true }
            if chance.happens(800) { worker.rejoinsMilliseconds = chance.skewed(1...1500) }
            worker.events = makeEvents()
            plan.workers.append(worker)
        }
    }

    mutating func makeEvents() -> [(atMilliseconds: Int, event: WorkerPlan.Event)] {
        var kinds: [(Feature, WorkerPlan.Event)] = []
        if has(.freezes) {
            kinds.append(
                (
                    .freezes,
                    .freeze(milliseconds: chance.pick([chance.skewed(1...4000), chance.skewed(1...4000), 15_000]))
                ))
        }
        if has(.drains) { kinds.append((.drains, .drain)) }
        if has(.leaves) { kinds.append((.leaves, .leave)) }
        if has(.protocolBreaks) { kinds.append((.protocolBreaks, .breakProtocol(chance.below(7)))) }
        if has(.reannouncements) { kinds.append((.reannouncements, .reannounce)) }
        if has(.unknownCalls) { kinds.append((.unknownCalls, .unknownCall)) }
        guard !kinds.isEmpty else { return [] }
        var events: [(atMilliseconds: Int, event: WorkerPlan.Event)] = []
        for _ in 0..<chance.within(0...4) {
            events.append((chance.below(spanMilliseconds * 3 / 2), chance.pick(kinds).1))
        }
        return events.sorted { $0.atMilliseconds < $1.atMilliseconds }
    }

    // MARK: Operators

    mutating func makeOperators() {
        var operators: [OperatorPlan] = []
        if has(.rotations) && plan.hasAuth {
            var at = 0
            for generation in 1...chance.within(1...3) {
                at += chance.below(spanMilliseconds)
                operators.append(
                    OperatorPlan(atMilliseconds: at, action: .rotate(to: generation, keepsOld: chance.happens(500))))
            }
        }
        if has(.limitChanges) {
            operators.append(
                OperatorPlan(
                    atMilliseconds: chance.below(spanMilliseconds), action: .changeLimits(chance.below(1000))))
        }
        if has(.embedded) {
            // The app is gone, and no other one comes.
            let at = chance.within(spanMilliseconds / 3...spanMilliseconds)
            for index in plan.workers.indices {
                plan.workers[index].rejoinsMilliseconds = nil
                plan.workers[index].events.removeAll { $0.atMilliseconds >= at }
                plan.workers[index].events.append((at, .leave))
            }
            operators.append(OperatorPlan(atMilliseconds: at + chance.skewed(0...20), action: .leave))
        }
        if has(.drain) || has(.cutShort) {
            let at = chance.within(spanMilliseconds / 2...spanMilliseconds * 2)
            if has(.drain) || chance.happens(500) {
                operators.append(OperatorPlan(atMilliseconds: at, action: .drain))
            }
            if has(.cutShort) {
                operators.append(
                    OperatorPlan(atMilliseconds: at + chance.skewed(0...2000), action: .cutShort))
            }
        }
        plan.operators = operators.sorted { $0.atMilliseconds < $1.atMilliseconds }
    }
}
