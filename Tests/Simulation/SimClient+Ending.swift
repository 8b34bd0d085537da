import Bytes
import EventLoop
import Settings

/// When a client's connection may end, and how long it may stay as it is.
extension SimClient {
    func ended(byReset: Bool) {
        guard let link = connection else { return }
        let first = outstanding.first
        if let first, reader.hasHead, !reader.response.isDone, reader.response.framing == .untilClose, !byReset {
            // Only the end of the connection ends such a response.
            let response = reader.response
            Judge(world: world, record: first, response: response).judge()
            reader.next()
            finish(first, response)
        } else if let excuse = Excuse(self, link, byReset).find() {
            world.note("\(name): connection \(byReset ? "reset" : "ended") (\(excuse))")
        } else {
            let what =
                first.map { $0.isComplete ? "a complete request" : "an unfinished request" } ?? "an idle connection"
            world.fail(
                "\(what) was left without a response", "\(name), \(first?.mark ?? ""), \(byReset ? "reset" : "FIN")",
                first?.plan.number)
        }
        if !hasLeft {
            hasLeft = true
            link.close()
        }
        for record in outstanding { record.isGivenUp = true }
        disconnected()
    }

    /// Why a connection may end although something is outstanding.
    struct Excuse {
        let client: SimClient
        let link: MemoryConnection
        let byReset: Bool

        init(_ client: SimClient, _ link: MemoryConnection, _ byReset: Bool) {
            self.client = client
            self.link = link
            self.byReset = byReset
        }

        func find() -> String? {
            let world = client.world
            if client.hasLeft { return "the client left" }
            if client.sawClose { return "a response said so" }
            if client.hasEnded { return "the client ended its side" }
            if byReset && link.isResetByRace { return "it sent on a connection that was closing" }
            if client.sentNonsense { return "a body broke off being one" }
            if !client.isPrompt && client.hasHeldMuch { return "the client does not read" }
            if link.readByStreamBytes == 0 && world.plan.features.contains(.refusals) { return "too many connections" }
            guard let first = client.outstanding.first else { return idle }
            // A reset takes along whatever is on its way.
            for record in client.outstanding { if let cause = cut(record) { return cause } }
            if client.reader.hasHead { return nil }
            if first.startOffset >= link.readByStreamBytes { return idle }
            if world.cutShortAt != nil && (first.dispatched == nil || !first.isComplete) { return "cut short" }
            return nil
        }

        var idle: String? {
            let world = client.world
            if world.drainBegan != nil || world.cutShortAt != nil { return "the front leaves" }
            let since = max(client.lastFinish, client.opened)
            let limits = world.shortestIdleMilliseconds
            if since + UInt64(limits - 100) * 1_000_000 <= world.now { return "idle" }
            // The rest of a body that nobody waits for.
            if let current = client.current, current.isAnswered, client.isLate(with: current) { return "slow body" }
            return nil
        }

        func cut(_ record: Record) -> String? {
            guard case .stream(let streamed)? = record.given else { return nil }
            let hasCause =
                record.plan.kind == .malformed || !record.isComplete || streamed.isCut
                || client.world.hasLostLink(of: record)
                || record.workerBroke || client.world.cutShortAt != nil
            return hasCause ? "the response was cut" : nil
        }
    }

    /// A body that was answered already does not come.
    func isLate(with record: Record) -> Bool {
        let limit = UInt64(world.configuration.bodyTimeoutMilliseconds - 100) * 1_000_000
        return (record.begun ?? 0) + limit <= world.now
    }

    /// More waits for it than connections are kept open for.
    var hasHeldMuch: Bool { true }

    // MARK: Bounds

    /// Called every now and then: nobody waits longer than was declared.
    func checkBounds() {
        guard let connection, isPrompt, !hasLeft else { return }
        if connection.unreadBytes > 0 { lastUnread = world.now }
        let slack: UInt64 = 600
        func milliseconds(since start: UInt64) -> UInt64 { world.now > start ? (world.now - start) / 1_000_000 : 0 }
        if hasEnded {
            if milliseconds(since: max(endedAt, lastUnread)) > 2000 + world.longestStreamMilliseconds {
                world.fail("a half-closed connection stays open", name, outstanding.first?.plan.number)
            }
            return
        }
        guard let first = outstanding.first else {
            let idle = world.longestIdleMilliseconds + FrontUnderTest.idleMarginMilliseconds
            // Half a body that nobody waits for.
            let body = FrontUnderTest.arrivalLimitMilliseconds(world.configuration, bytes: current?.sentBytes ?? 0)
            let limit = UInt64(current == nil ? idle : max(idle, body)) + slack
            if sawClose
                ? milliseconds(since: lastFinish) > 1000
                : hasStopped && milliseconds(since: max(lastFinish, lastByteSent)) > limit
            {
                world.fail(sawClose ? "a closing connection stays open" : "an idle connection stays open", name)
            }
            return
        }
        if let complete = first.complete {
            let since = max(complete, lastFinish)
            var limit = world.longestWaitMilliseconds
            if reader.hasHead || first.isStreaming { limit += world.longestStreamMilliseconds }
            if milliseconds(since: since) > limit + slack {
                world.fail(
                    "a request waits longer than every bound", "\(first.mark) for \(limit) ms", first.plan.number)
            } else if world.workersCannotCome, first.dispatched == nil,
                milliseconds(since: max(since, world.lastWithLink)) > slack
            {
                world.fail("a request waits for a worker that cannot come", first.mark, first.plan.number)
            }
        } else if let begun = first.begun {
            let since = max(begun, lastFinish)
            let limit = UInt64(FrontUnderTest.arrivalLimitMilliseconds(world.configuration, bytes: first.sentBytes))
            let waited =
                first.dispatched == nil ? milliseconds(since: since) : milliseconds(since: max(since, lastUnread))
            if waited > limit + slack && !first.isStreaming {
                world.fail("a request may take for ever to arrive", "\(first.mark) for \(limit) ms", first.plan.number)
            }
        }
    }
}
