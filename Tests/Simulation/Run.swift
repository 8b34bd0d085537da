import BridgeProtocol
import Bytes
import EventLoop
import Settings

/// One run: a plan carried out, from the first connection until nobody is left.
final class Run {
    private let world: World
    private let front: FrontUnderTest
    private let simulation: Simulation
    private var clients: [SimClient] = []
    private var workers: [SimWorker] = []
    private var nextOperator = 0
    private var nextCheck: UInt64 = 0
    private var chance: Chance
    private var turns = 0
    /// When each client has something to do.
    private var clientTimes: ContiguousArray<UInt64> = []
    private var clientsLeft = 0
    /// Clients whose connections have something new.
    private let news = News()

    private final class News {
        var clients: ContiguousArray<Int> = []
        var hasNews: ContiguousArray<Bool> = []

        func add(_ client: Int) {
            guard !hasNews[client] else { return }
            hasNews[client] = true
            clients.append(client)
        }
    }

    /// How long a run may last, on its own clock.
    private static let longestMilliseconds: UInt64 = 600_000

    struct Outcome {
        var violation: Violation?
        var finishedRequests = 0
        var simulatedMilliseconds = 0
        var turns = 0
        var trace: [String] = []
    }

    static func carryOut(_ plan: Plan, traced: Bool = false) -> Outcome {
        do {
            let run = try Run(plan, traced: traced)
            return run.carryOut()
        } catch {
            return Outcome(
                violation: Violation(kind: "the run does not begin", detail: "\(error)", request: nil, atNanoseconds: 0)
            )
        }
    }

    private init(_ plan: Plan, traced: Bool) throws {
        simulation = Simulation()
        world = World(plan, simulation)
        world.startNanoseconds = simulation.nanoseconds
        if traced { world.trace = [] }
        front = try FrontUnderTest(plan.configuration, simulation)
        chance = Chance(plan.seed, 5)
        workers = plan.workers.map { SimWorker($0, world, front) }
        clients = plan.clients.map { SimClient($0, world, front) }
        clientTimes = ContiguousArray(clients.map(\.nextAt))
        clientsLeft = clients.count
        news.hasNews = ContiguousArray(repeating: false, count: clients.count)
        for (index, client) in clients.enumerated() { client.onNews = { [news] in news.add(index) } }
    }

    private func carryOut() -> Outcome {
        let deadline = world.now + Self.longestMilliseconds * 1_000_000
        while world.violation == nil, clientsLeft > 0 {
            turn()
            if world.now > deadline { world.fail("the run does not end", "") }
        }
        if world.violation == nil { comeToRest() }
        var outcome = Outcome(violation: world.violation)
        outcome.finishedRequests = world.requestsFinished
        outcome.simulatedMilliseconds = Int((world.now - world.startNanoseconds) / 1_000_000)
        outcome.turns = turns
        outcome.trace = world.trace ?? []
        letGo()
        return outcome
    }

    /// So that nothing that was closed is kept by what it waits for.
    private func letGo() {
        clients.removeAll()
        workers.removeAll()
        front.letGo()
    }

    private func turn() {
        let now = world.now
        while nextOperator < world.plan.operators.count, operatorTime <= now {
            nextOperator += 1
            operate(world.plan.operators[nextOperator - 1].action)
        }
        for worker in workers where worker.nextAt <= now { worker.act() }
        for index in clientTimes.indices where clientTimes[index] <= now { act(index) }
        lookAtWorkers()
        front.turn()
        turns += 1
        for worker in workers where worker.isConnected { worker.poll() }
        pollClients()
        lookAtWorkers()
        readAccessLog()
        if nextCheck <= now {
            nextCheck = now + 100_000_000
            for client in clients where client.connection != nil { client.checkBounds() }
            let held = front.heldBytes
            if held > front.heldBytesLimit {
                world.fail("the loop holds more than its limits allow", "\(held) bytes")
            }
        }
        advance()
    }

    private func act(_ index: Int) {
        clients[index].act()
        clientTimes[index] = clients[index].nextAt
        if clients[index].isDone { countLeft() }
    }

    private func pollClients() {
        guard !news.clients.isEmpty else { return }
        let changed = news.clients
        news.clients.removeAll(keepingCapacity: true)
        for index in changed { news.hasNews[index] = false }
        for index in changed {
            clients[index].poll()
            clientTimes[index] = clients[index].nextAt
            if clients[index].isDone { countLeft() }
        }
    }

    private func countLeft() {
        clientsLeft = clients.reduce(0) { $0 + ($1.isDone ? 0 : 1) }
    }

    private var operatorTime: UInt64 {
        world.startNanoseconds + UInt64(world.plan.operators[nextOperator].atMilliseconds) * 1_000_000
    }

    /// A little time passes where there is something to do, and all of it until there is.
    private func advance() {
        let isBusy = !simulation.isIdle || workers.contains(where: \.hasUnsent)
        var next = UInt64.max
        if !isBusy {
            for time in clientTimes { next = min(next, time) }
            for worker in workers { next = min(next, worker.nextAt) }
            if nextOperator < world.plan.operators.count { next = min(next, operatorTime) }
            next = min(next, max(nextCheck, world.now))
            if let timer = simulation.millisecondsUntilTimer {
                let due = (world.now / 1_000_000 + UInt64(timer)) * 1_000_000
                next = min(next, max(due, world.now))
            }
        }
        if isBusy || next <= world.now {
            simulation.advance(nanoseconds: UInt64(1000 + chance.below(20_000)))
        } else {
            simulation.advance(nanoseconds: next - world.now)
        }
    }

    private func lookAtWorkers() {
        let ping = world.configuration.workerPingMilliseconds
        if !workers.contains(where: { $0.isReady(pingMilliseconds: ping) }) { world.lastWithoutWorker = world.now }
        world.hasLink = workers.contains(where: \.isConnected)
        if world.hasLink {
            world.hadWorker = true
            world.lastWithLink = world.now
        }
    }

    private func operate(_ action: OperatorPlan.Action) {
        world.note("operator: \(action)")
        switch action {
        case .rotate(let generation, let keepsOld):
            var next = world.configuration
            world.operatorTokens = keepsOld ? [Plan.token(generation - 1)] : []
            world.operatorTokens.append(Plan.token(generation))
            next.tokens = world.operatorTokens
            world.rulesChanged()
            world.note(next)
            front.reconfigure(next)
        case .changeLimits(let number):
            var chance = Chance(UInt64(number))
            var next = world.configuration
            next.idleTimeoutMilliseconds = chance.pick([1000, 4000])
            next.workerWaitMilliseconds = chance.pick([300, 2000])
            next.queueLimit = chance.within(0...50)
            next.inFlightLimit = chance.within(5...100)
            next.jsonDepthLimit = chance.within(5...1000)
            world.note(next)
            front.reconfigure(next)
        case .leave:
            world.leaveBegan = world.now
            front.leave()
        case .drain:
            world.drainBegan = world.drainBegan ?? world.now
            front.drain()
        case .cutShort:
            world.drainBegan = world.drainBegan ?? world.now
            world.cutShortAt = world.now
            front.cutShort()
        }
    }

    // MARK: The access log

    private func readAccessLog() {
        var lines = front.takeAccessLines()
        while let end = lines.bytes.firstIndex(of: 10) {
            check(line: lines.bytes.extracting(first: end))
            lines.consume(end + 1)
        }
    }

    private func check(line: Span<UInt8>) {
        guard let number = Marks.only(in: line) else { return }
        let text = String(decoding: line.copied(), as: UTF8.self)
        guard let record = world.record(number) else {
            return world.fail("an access line has parts of several requests", text)
        }
        record.logLines += 1
        if record.logLines > 1 { return world.fail("a request has several access lines", text, number) }
        var fields: [String: String] = [:]
        for field in text.split(separator: " ") {
            let parts = field.split(separator: "=", maxSplits: 1)
            if parts.count == 2 { fields[String(parts[0])] = String(parts[1]) }
        }
        record.loggedStatus = fields["status"].flatMap { Int($0) } ?? 0
        let method = record.plan.method
        if record.plan.kind != .malformed, record.isComplete, fields["method"] != method {
            world.fail("an access line has another method", text, number)
        }
        if fields["client"] != FrontUnderTest.address(ofClient: record.client).host {
            world.fail("an access line has another client", text, number)
        }
        if record.plan.kind == .call, let target = record.plan.target, target < 4, let logged = fields["target"],
            logged != Plan.targets[target].id
        {
            world.fail("an access line has another target", text, number)
        }
    }

    private func checkLogged() {
        let logsAll = world.configuration.accessLog == .all
        for case let record? in world.records where record.isAnswered && record.plan.kind != .malformed {
            if record.logLines > 0, record.loggedStatus != record.seenStatus, record.loggedStatus != 499 {
                world.fail(
                    "an access line has another status", "\(record.loggedStatus) for \(record.seenStatus)",
                    record.plan.number)
            }
            if logsAll, record.logLines == 0, !record.plan.hasPlainHead, record.isComplete {
                world.fail("a request has no access line", record.mark, record.plan.number)
            }
        }
    }

    // MARK: At rest

    /// Everybody has left: what workers still have comes to its end, and then nothing may be left of it all.
    private func comeToRest() {
        let until = world.now + 40_000_000_000
        var restAt: UInt64 = 0
        while world.violation == nil, world.now < until {
            turn()
            if workers.allSatisfy({ !$0.hasCalls && !$0.isFrozen }) && restAt == 0 {
                restAt = world.now + 5_000_000_000
            }
            if restAt != 0 && world.now >= restAt { break }
        }
        guard world.violation == nil else { return }
        checkLogged()
        let problem = front.restProblems.joined(separator: ", ")
        if !problem.isEmpty {
            world.fail("something is left when all is at rest", problem)
        }
        if world.drainBegan != nil && !front.isDrained { world.fail("a drained loop does not say so", "") }
    }
}
