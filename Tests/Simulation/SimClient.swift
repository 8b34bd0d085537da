import Bytes
import EventLoop
import Settings

/// A client: sends its requests over one connection after another, reads what comes, and holds each response against
/// the request it has to belong to.
final class SimClient {
    let world: World
    let front: FrontUnderTest
    let plan: ClientPlan
    var connection: MemoryConnection?
    /// Whoever turns the loop is told that there is something to look at.
    var onNews: (() -> Void)?
    var connectAt: UInt64?
    var chance: Chance

    // Sending.
    var next = 0
    var current: Record?
    var sendAt: UInt64 = 0
    var offset = 0
    var sentBytes = 0
    var continueUntil: UInt64 = 0
    /// It sends no more on this connection.
    var hasStopped = false
    var hasEnded = false
    var hasLeft = false
    var isGivenUp = false

    // Reading.
    var inbox = ByteBuffer()
    var reader = ResponseReader()
    var outstanding: [Record] = []
    var readAt: UInt64 = 0
    var hasStalled = false
    var receivedBytes = 0
    /// What was sent behind a request that is answered is no body, or no request.
    var sentNonsense = false
    /// A response said that the connection closes.
    var sawClose = false
    var lastFinish: UInt64 = 0
    var opened: UInt64 = 0
    /// When the front last had input of this client's to read.
    var lastUnread: UInt64 = 0
    var lastByteSent: UInt64 = 0
    var endedAt: UInt64 = 0

    init(_ plan: ClientPlan, _ world: World, _ front: FrontUnderTest) {
        self.plan = plan
        self.world = world
        self.front = front
        chance = Chance(world.plan.seed, 11, plan.number)
        connectAt = world.now + UInt64(plan.startMicroseconds) * 1000
    }

    var name: String { "client \(plan.number)" }
    var isDone: Bool { connection == nil && connectAt == nil }
    var isPrompt: Bool { plan.reading == .prompt }

    var nextAt: UInt64 {
        guard connection != nil else { return connectAt ?? .max }
        var at = UInt64.max
        if !hasStopped && wantsToSend { at = sendAt }
        if !isPrompt && (connection?.receivableBytes ?? 0) > 0 { at = min(at, readAt) }
        return at
    }

    var wantsToSend: Bool {
        if current != nil { return connection!.sendableBytes > 0 || sendAt > world.now }
        return next < plan.requests.count && outstanding.count < plan.depth
    }

    func act() {
        if let at = connectAt, at <= world.now {
            connectAt = nil
            connect()
        }
        guard connection != nil else { return }
        if !hasStopped && sendAt <= world.now { send() }
        poll()
    }

    func connect() {
        guard next < plan.requests.count, !isGivenUp, let connection = front.connectClient(number: plan.number) else {
            return
        }
        connection.inputLimitBytes = plan.inFlightBytes
        connection.outputLimitBytes = plan.inFlightBytes
        connection.onNews = onNews
        self.connection = connection
        current = nil
        sendAt = world.now
        offset = 0
        sentBytes = 0
        hasStopped = false
        hasEnded = false
        hasLeft = false
        sawClose = false
        sentNonsense = false
        inbox.removeAll()
        reader = ResponseReader()
        outstanding.removeAll()
        receivedBytes = 0
        hasStalled = false
        lastFinish = world.now
        opened = world.now
        lastUnread = world.now
        lastByteSent = world.now
        world.note("\(name) connects")
    }

    /// The connection is over; another one follows where there is more to send.
    func disconnected() {
        connection?.onNews = nil
        connection = nil
        if next < plan.requests.count, !isGivenUp {
            connectAt = world.now + UInt64(chance.skewed(0...5000)) * 1000
        }
    }

    // MARK: Sending

    func send() {
        guard let connection else { return }
        // Much in one turn, but not everything.
        for _ in 0..<64 {
            if current == nil {
                guard next < plan.requests.count, outstanding.count < plan.depth else { return leaveIfDone() }
                begin()
                if sendAt > world.now { return }
            }
            guard let record = current, let text = record.text else { return }
            let limit = sendLimit(record, text)
            if offset >= limit {
                if offset == text.bytes.count { complete(record) } else { stopHere() }
                if hasStopped || connection.sendableBytes == 0 { return }
                continue
            }
            if record.plan.expectsContinue, offset == text.headBytes, !record.sawContinue, !record.isAnswered {
                if continueUntil == 0 { continueUntil = world.now + 100_000_000 }
                if world.now < continueUntil {
                    sendAt = continueUntil
                    return
                }
            }
            var count = min(record.plan.pieceBytes, limit - offset)
            if record.plan.dripsBody && offset < text.headBytes { count = text.headBytes - offset }
            if record.plan.expectsContinue && offset < text.headBytes { count = min(count, text.headBytes - offset) }
            let sent = connection.send(text.bytes.span.extracting(offset..<offset + count))
            if sent == 0 { return }
            if record.begun == nil { start(record) }
            lastByteSent = world.now
            lastUnread = world.now
            offset += sent
            sentBytes += sent
            record.sentBytes = offset
            if offset == text.bytes.count {
                complete(record)
            } else if record.plan.pieceBytes != .max {
                sendAt = world.now + UInt64(record.plan.pieceGapMicroseconds) * 1000
                if sendAt > world.now { return }
                // Pieces are reads of their own.
                sendAt = world.now + 1
                return
            }
        }
        sendAt = world.now + 1
    }

    func begin() {
        let request = plan.requests[next]
        let record = world.record(request.number)!
        record.token =
            switch request.token {
            case .right: world.operatorTokens.last ?? Plan.token(0)
            case .old: Plan.token(0)
            case .wrong: "no-such-token"
            case .none: nil
            }
        var chance = Chance(world.plan.seed, 13, request.number)
        record.text = RequestText(request, token: record.token, chance: &chance)
        record.startOffset = sentBytes
        record.connected = opened
        current = record
        offset = 0
        continueUntil = 0
        next += 1
        sendAt = max(sendAt, world.now + UInt64(request.pauseMicroseconds) * 1000)
    }

    func start(_ record: Record) {
        record.begun = world.now
        outstanding.append(record)
        world.note("\(name) begins \(record.mark): \(record.plan.method) \(record.plan.kind)")
        if let limit = plan.leavesEarlyAfter, next >= limit {
            isGivenUp = true
            leavesSoon = true
        }
    }
    var leavesSoon = false

    func sendLimit(_ record: Record, _ text: RequestText) -> Int {
        switch record.plan.end {
        case .whole: text.bytes.count
        case .stopsInHead: max(1, text.headBytes / 2)
        case .stopsInBody: min(text.bytes.count - 1, text.headBytes + (text.bytes.count - text.headBytes) / 2)
        }
    }

    func complete(_ record: Record) {
        if record.complete == nil {
            record.complete = world.now
            world.note("\(name) has sent \(record.mark)")
        }
        current = nil
        if leavesSoon { leave() }
    }

    /// The rest of this request never comes.
    func stopHere() {
        hasStopped = true
        world.note("\(name) stops within \(current?.mark ?? "")")
        if plan.leaving != .closes && plan.leaving != .stays { leave() }
    }

    func leaveIfDone() {
        guard next >= plan.requests.count, outstanding.isEmpty, current == nil, !hasStopped else { return }
        isGivenUp = true
        leave()
    }

    func leave() {
        guard let connection, !hasStopped || current != nil else { return }
        hasStopped = true
        isGivenUp = true
        switch plan.leaving {
        case .closes where outstanding.isEmpty, .resets:
            hasLeft = true
            world.note("\(name) \(plan.leaving)")
            if plan.leaving == .resets { connection.reset() } else { connection.close() }
            disconnected()
        case .closes: break
        case .ends:
            hasEnded = true
            endedAt = world.now
            world.note("\(name) ends its side")
            connection.end()
        case .stays: break
        }
    }

    // MARK: Reading

    func poll() {
        guard let connection else { return }
        if connection.unreadBytes > 0 { lastUnread = world.now }
        receive(connection)
        guard self.connection != nil, world.violation == nil else { return }
        if connection.isReset || (connection.isAtEnd && inbox.isEmpty) || (connection.isAtEnd && isPrompt) {
            ended(byReset: connection.isReset)
        }
    }

    func receive(_ connection: MemoryConnection) {
        guard connection.receivableBytes > 0 else { return }
        switch plan.reading {
        case .prompt: connection.receive(into: &inbox)
        case .slow:
            guard readAt <= world.now else { return }
            receivedBytes += connection.receive(into: &inbox, limit: plan.readBytes)
            readAt = world.now + UInt64(plan.readGapMicroseconds) * 1000
        case .stalls:
            guard readAt <= world.now else { return }
            if receivedBytes > plan.readBytes && !hasStalled {
                hasStalled = true
                readAt = world.now + UInt64(plan.readGapMicroseconds) * 1000
                return
            }
            receivedBytes += connection.receive(into: &inbox)
        }
        parse()
    }

    func parse() {
        var bytes = ByteBuffer()
        swap(&bytes, &inbox)
        while !bytes.isEmpty, connection != nil, world.violation == nil {
            guard let record = outstanding.first else {
                world.fail(
                    "bytes came that belong to no request",
                    "\(name): " + String(decoding: bytes.bytes.copied().prefix(300), as: UTF8.self))
                break
            }
            let taken = reader.take(bytes.bytes, isHead: record.plan.method == "HEAD")
            if reader.response.isMalformed {
                world.fail(
                    "a response is malformed",
                    String(decoding: bytes.bytes.copied().prefix(300), as: UTF8.self), record.plan.number)
                break
            }
            bytes.consume(taken)
            if reader.response.isDone {
                let response = reader.response
                reader.next()
                responded(record, response)
            } else if taken == 0 {
                break
            }
        }
        swap(&bytes, &inbox)
    }

    func responded(_ record: Record, _ response: SeenResponse) {
        if response.isInterim {
            guard response.status == 100, record.plan.expectsContinue, !record.sawContinue else {
                return world.fail("a 100 came that was not asked for", record.mark, record.plan.number)
            }
            record.sawContinue = true
            if current === record && sendAt > world.now { sendAt = world.now }
            return
        }
        world.note("\(name) gets \(response.status) \(response.code ?? "") for \(record.mark)")
        Judge(world: world, record: record, response: response).judge()
        finish(record, response)
    }

    func finish(_ record: Record, _ response: SeenResponse) {
        record.isAnswered = true
        record.seenStatus = response.status
        record.wasGivenUp = ["TIMEOUT", "WORKER_LOST", "BAD_WORKER_ANSWER"].contains(response.code)
        outstanding.removeFirst()
        lastFinish = world.now
        world.requestsFinished += 1
        let isKept = !record.plan.isHTTP10 || record.plan.connection == "keep-alive"
        if response.closes || !isKept || record.plan.connection == "close" || response.framing == .untilClose {
            sawClose = true
            hasStopped = true
        }
        if record.plan.kind == .malformed { sentNonsense = true }
        // Of a HEAD that is all, however the app ended it.
        if case .stream(let streamed)? = record.given, streamed.isCut { sawClose = true }
        if outstanding.isEmpty && !sawClose {
            if current == nil || (hasStopped && current === record) { settle() }
        }
        if current == nil { sendAt = min(max(sendAt, world.now), world.now + 1_000_000_000) }
    }

    /// Nothing is outstanding.
    func settle() {
        guard connection != nil else { return }
        if next >= plan.requests.count || isGivenUp {
            isGivenUp = true
            if plan.leaving == .closes {
                hasLeft = true
                connection?.close()
                disconnected()
            } else if !hasStopped {
                leave()
            }
        }
    }
}
