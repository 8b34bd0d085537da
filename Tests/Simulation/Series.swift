import EventLoop

/// Run after run, each with a seed of its own, until as many requests were simulated as were asked for.
struct Series {
    let lane: Int
    let lanes: Int

    struct Report {
        var summary = ""
        var failure: String?
    }

    /// Requests of one run.
    private static let runRequests = 2000

    private static var wantedRequests: Int {
        if let text = Environment["RUNNER_SIDECAR_SIM_REQUESTS"], let count = Int(text) { return count }
        if isDebugBuild { return 10_000 }
        return Environment["RUNNER_SIDECAR_LONG"] == "1" ? 20_000_000 : 1_000_000
    }

    private static var isDebugBuild: Bool {
        var isDebug = false
        assert(
            {
                isDebug = true; return true
            }())
        return isDebug
    }

    private static var choice: FeatureChoice {
        func named(_ variable: String) -> [Feature] {
            (Environment[variable] ?? "").split(separator: ",").compactMap { Feature(rawValue: String($0)) }
        }
        var choice = FeatureChoice()
        let only = named("RUNNER_SIDECAR_SIM_ONLY")
        if !only.isEmpty { choice.may = Features(only) }
        for feature in named("RUNNER_SIDECAR_SIM_WITHOUT") { choice.may.remove(feature) }
        choice.must = Features(named("RUNNER_SIDECAR_SIM_WITH"))
        return choice
    }

    /// What was chosen, as it has to be said again.
    private static var chosen: String {
        ["ONLY", "WITHOUT", "WITH"].map { "RUNNER_SIDECAR_SIM_" + $0 }
            .compactMap { name in Environment[name].map { "\(name)=\($0) " } }.joined()
    }

    func run() -> Report {
        let began = MonotonicClock.nanoseconds
        if let text = Environment["RUNNER_SIDECAR_SIM_SEED"], let seed = UInt64(text) {
            guard lane == 0 else { return Report(summary: "lane \(lane): the one seed runs in lane 0") }
            return runOne(seed)
        }
        let first = Environment["RUNNER_SIDECAR_SIM_SERIES"].flatMap { UInt64($0) } ?? 1
        var requests = 0
        var finished = 0
        var runs = 0
        var milliseconds = 0
        var survey = Survey()
        while requests < Self.wantedRequests / lanes {
            let seed = (first << 32) + UInt64(runs * lanes + lane)
            note(seed)
            let plan = Planner.plan(seed: seed, requests: Self.runRequests, choice: Self.choice)
            let outcome = Run.carryOut(plan)
            runs += 1
            requests += plan.requestCount
            finished += outcome.finishedRequests
            milliseconds += outcome.simulatedMilliseconds
            if let violation = outcome.violation {
                if Environment["RUNNER_SIDECAR_SIM_SURVEY"] == "1" {
                    survey.add(violation, plan, requests)
                    continue
                }
                return Report(
                    summary: "lane \(lane): failed after \(requests) requests in \(runs) runs",
                    failure: Self.describe(plan, violation, requests))
            }
        }
        let took = Double(MonotonicClock.nanoseconds - began) / 1e9
        let rate = Int(Double(requests) / took)
        return Report(
            summary: survey.text
                + "lane \(lane): \(requests) requests, \(finished) answered, in \(runs) runs and "
                + "\(milliseconds / 1000) simulated seconds; \(Int(took)) s, \(rate) requests a second; "
                + "first seed \((first << 32) + UInt64(lane))"
        )
    }

    /// What went wrong, by kind, where one failure is not to be the end.
    private struct Survey {
        private var kinds: [(kind: String, count: Int, seed: UInt64, requests: Int, detail: String)] = []

        mutating func add(_ violation: Violation, _ plan: Plan, _ requests: Int) {
            if let known = kinds.firstIndex(where: { $0.kind == violation.kind }) {
                kinds[known].count += 1
            } else {
                kinds.append((violation.kind, 1, plan.seed, requests, violation.detail))
            }
        }

        var text: String {
            kinds.sorted { $0.count > $1.count }.map {
                let detail = $0.detail.prefix(150).split(separator: "\n").first ?? ""
                return "\($0.count) x \($0.kind), first after \($0.requests) requests, seed \($0.seed): \(detail)\n"
            }.joined()
        }
    }

    /// Leaves the seed where whoever started this finds it, should the run crash the process.
    private func note(_ seed: UInt64) {
        guard let folder = Environment["RUNNER_SIDECAR_SIM_STATE"] else { return }
        Files.write("\(seed)\n", to: "\(folder)/lane-\(lane)")
    }

    private func runOne(_ seed: UInt64) -> Report {
        note(seed)
        let plan = Planner.plan(seed: seed, requests: Self.runRequests, choice: Self.choice)
        let outcome = Run.carryOut(plan)
        guard let violation = outcome.violation else {
            return Report(summary: "seed \(seed): \(plan.requestCount) requests, nothing found")
        }
        return Report(
            summary: "seed \(seed) fails", failure: Self.describe(plan, violation, plan.requestCount))
    }

    /// What went wrong, the smallest run that goes wrong in the same way, and how to see it again.
    private static func describe(_ plan: Plan, _ violation: Violation, _ requests: Int) -> String {
        let small = Environment["RUNNER_SIDECAR_SIM_SHRINK"] == "0" ? plan : Shrinker.shrink(plan, violation.kind)
        let outcome = Run.carryOut(small, traced: true)
        let shown = outcome.violation ?? violation
        let left = chosen
        return """
            \(shown.kind): \(shown.detail)
            Found after \(requests) requests, seed \(plan.seed). The same again:
                \(left)RUNNER_SIDECAR_SIM_SEED=\(plan.seed) scripts/test-simulation
            \(Script.text(small))
            What happened:
            \(outcome.trace.suffix(60).map { "  " + $0 }.joined(separator: "\n"))
            """
    }
}
