import Settings
import Testing

/// Small runs that the simulator once found wanting, and others worth a name.
@Suite("A request, simulated")
struct CaseTests {
    /// A run of one worker and one client with these requests.
    private func plan(_ requests: [RequestPlan], change: (inout Plan) -> Void = { _ in }) -> Plan {
        var plan = Plan(seed: 1, features: Features(), cors: .constant)
        plan.configuration.headerTimeoutMilliseconds = 1000
        plan.configuration.bodyTimeoutMilliseconds = 1000
        plan.configuration.workerWaitMilliseconds = 1000
        plan.configuration.taskTimeoutMilliseconds = 1000
        plan.configuration.idleTimeoutMilliseconds = 1000
        plan.workers = [WorkerPlan(number: 0)]
        var client = ClientPlan(number: 0)
        client.requests = requests
        plan.clients = [client]
        change(&plan)
        return plan
    }

    private func expectHolds(_ plan: Plan, _ finished: Int, _ location: SourceLocation = #_sourceLocation) {
        let outcome = Run.carryOut(plan, traced: true)
        let violation = outcome.violation
        let trace = outcome.trace.joined(separator: "\n")
        #expect(
            violation == nil, "\(violation?.kind ?? ""): \(violation?.detail ?? "")\n\(trace)", sourceLocation: location
        )
        #expect(outcome.finishedRequests == finished, sourceLocation: location)
    }

    @Test("a request that came before the first worker is let in by its token")
    func beforeTheFirstWorker() {
        expectHolds(
            plan([RequestPlan(number: 1)]) {
                $0.workers[0].joinsMicroseconds = 300_000
            }, 1)
    }

    @Test("a worker that answers a streamed request with RESULT loses its link, and its clients get 502")
    func resultForAStream() {
        var request = RequestPlan(number: 1)
        request.kind = .stream
        request.response.kind = .streamed
        request.response.delayMicroseconds = 500_000
        expectHolds(
            plan([request]) {
                $0.workers[0].events = [(100, .breakProtocol(5))]
            }, 1)
    }

    @Test("a body that breaks off behind the response to its request gets no second response")
    func malformedBehindTheResponse() {
        var request = RequestPlan(number: 1)
        request.kind = .malformed
        request.malformation = 13
        expectHolds(plan([request]) { $0.workers = [] }, 1)
    }

    @Test("a response that only the end of the connection ends is reset, not ended, when its client's FIN aborts it")
    func halfClosedStream() {
        var request = RequestPlan(number: 1)
        request.response.kind = .streamed
        request.response.framing = .untilClose
        request.response.padBytes = 100
        request.response.pieces = 10
        request.response.pieceGapMicroseconds = 10_000
        expectHolds(
            plan([request]) {
                $0.clients[0].leaving = .ends
                $0.clients[0].leavesEarlyAfter = 1
            }, 0)
    }

    @Test("seeds give the same run each time", arguments: [7, 4_294_967_300] as [UInt64])
    func reproduces(seed: UInt64) {
        let plan = Planner.plan(seed: seed, requests: 300)
        let first = Run.carryOut(plan, traced: true)
        let second = Run.carryOut(plan, traced: true)
        #expect(first.trace == second.trace && !first.trace.isEmpty)
    }
}
