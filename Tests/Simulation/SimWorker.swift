import BridgeProtocol
import Bytes
import EventLoop
import Settings

/// A worker at the level of frames: it holds what the front sends against the protocol and against what clients sent,
/// and answers as each request's plan says.
final class SimWorker {
    let world: World
    let front: FrontUnderTest
    let plan: WorkerPlan
    var connection: MemoryConnection?
    var inbox = ByteBuffer()
    var outbox = ByteBuffer()
    let frames = FrameReader(receiver: .shim)
    var isWelcomed = false
    var isDraining = false
    var frozenUntil: UInt64 = 0
    /// Since when it has been awake, welcomed and not draining; nil while it is not.
    var wellSince: UInt64?
    var calls: [UInt32: WorkerCall] = [:]
    var steps: [Step] = []
    var lastStep = 0
    var nextEvent = 0
    var joinsAt: UInt64?
    var incarnation = 0
    /// The last ids whose calls are over.
    var overIDs: [UInt32] = []
    var chance: Chance

    final class WorkerCall {
        let id: UInt32
        let record: Record
        var isStream = false
        var hasBody = false
        var bodyIsOver = false
        /// Bytes of the body that were not given back as credit yet.
        var uncredited = 0
        /// What it may send.
        var window: Int
        var piecesSent = 0
        var waits = false
        /// The front is stopping and wants the response to say so.
        var mustClose = false

        init(_ id: UInt32, _ record: Record, window: Int) {
            self.id = id
            self.record = record
            self.window = window
        }
    }

    struct Step {
        let at: UInt64
        let order: Int
        let call: UInt32
        let incarnation: Int
        let action: Action
        enum Action {
            case answer
            case piece
            case credit(Int)
            case originAnswer(question: UInt32, origin: String?)
        }
    }

    init(_ plan: WorkerPlan, _ world: World, _ front: FrontUnderTest) {
        self.plan = plan
        self.world = world
        self.front = front
        chance = Chance(world.plan.seed, 7, plan.number)
        joinsAt = world.now + UInt64(plan.joinsMicroseconds) * 1000
    }

    var name: String { "worker \(plan.number)" }
    var isFrozen: Bool { frozenUntil > world.now }
    var isConnected: Bool { connection != nil }
    var hasCalls: Bool { !calls.isEmpty }

    /// When there is something to do without being asked.
    var nextAt: UInt64 {
        var next = joinsAt ?? .max
        if nextEvent < plan.events.count { next = min(next, eventTime) }
        if frozenUntil > world.now { return min(next, frozenUntil) }
        if let step = steps.first { next = min(next, max(step.at, frozenUntil)) }
        return next
    }

    var eventTime: UInt64 { world.startNanoseconds + UInt64(plan.events[nextEvent].atMilliseconds) * 1_000_000 }

    /// Whether the front can be sure to give it calls.
    func isReady(pingMilliseconds: Int) -> Bool {
        guard let wellSince else { return false }
        return wellSince + UInt64(pingMilliseconds + 300) * 1_000_000 <= world.now
    }

    func act() {
        if let at = joinsAt, at <= world.now {
            joinsAt = nil
            join()
        }
        while nextEvent < plan.events.count, eventTime <= world.now {
            nextEvent += 1
            happen(plan.events[nextEvent - 1].event)
        }
        guard connection != nil, !isFrozen else { return }
        if wellSince == nil && isWelcomed && !isDraining { wellSince = world.now }
        while let step = steps.first, step.at <= world.now, !isFrozen {
            steps.removeFirst()
            if step.incarnation == incarnation { run(step) }
        }
        poll()
    }

    // MARK: Coming and going

    var hello: Hello {
        var exposure = ExposureSettings(basePath: Plan.base, auth: .open, rules: world.plan.rules)
        if world.plan.hasAuth && !plan.hasNoAuth {
            exposure.auth = .tokens(TokenSettings(tokens: [Plan.token(0)]))
        }
        switch world.plan.cors {
        case .constant: break
        case .echo: exposure.cors = CORSSettings(credentials: true)
        case .list: exposure.cors = CORSSettings(origin: .list([Plan.knownOrigin]))
        case .regExp, .function: exposure.cors = CORSSettings(origin: .ask)
        }
        return Hello(
            worker: "worker-\(plan.number)-\(incarnation)", pid: 100 + plan.number, exposure: exposure,
            targets: Plan.targets,
            listener: Hello.Listener(
                takesExposure: world.plan.takesStreams, takesEverything: world.plan.takesEverything))
    }

    func join() {
        guard connection == nil, world.drainBegan == nil, world.leaveBegan == nil else { return }
        incarnation += 1
        inbox.removeAll()
        outbox.removeAll()
        calls.removeAll()
        steps.removeAll()
        overIDs.removeAll()
        isWelcomed = false
        isDraining = false
        frozenUntil = 0
        let connection = front.joinWorker(hello)
        connection.outputLimitBytes = plan.inFlightBytes
        connection.inputLimitBytes = plan.inFlightBytes
        self.connection = connection
        world.note("\(name) joins")
    }

    /// Its side of the link ends, or the front's has.
    func leave(broke: Bool = false) {
        guard let link = connection else { return }
        world.note("\(name) is gone")
        link.close()
        connection = nil
        wellSince = nil
        isWelcomed = false
        world.lostLink(of: plan.number)
        if broke { world.lastBreak = world.now }
        for call in calls.values {
            call.record.workerLost = true
            if broke { call.record.workerBroke = true }
        }
        calls.removeAll()
        steps.removeAll()
        world.left(plan.number)
        if let rejoins = plan.rejoinsMilliseconds { joinsAt = world.now + UInt64(rejoins) * 1_000_000 }
    }

    func happen(_ event: WorkerPlan.Event) {
        guard connection != nil else { return }
        world.note("\(name): \(event)")
        switch event {
        case .freeze(let milliseconds):
            freeze(until: world.now + UInt64(milliseconds) * 1_000_000)
        case .drain:
            guard !isFrozen else { return }
            isDraining = true
            wellSince = nil
            FrameWriter.draining(into: &outbox)
        case .leave: leave()
        case .reannounce:
            guard !isFrozen, isWelcomed else { return }
            let json = HelloText.json(hello)
            FrameWriter.hello(json.span, into: &outbox)
        case .unknownCall:
            guard !isFrozen else { return }
            let id = overIDs.isEmpty ? 0x3fff_fff0 : overIDs[0]
            guard calls[id] == nil else { return }
            switch chance.below(3) {
            case 0: FrameWriter.result(call: 0x7fff_0001, status: 200, flags: .empty, [UInt8]().span, into: &outbox)
            case 1: FrameWriter.responseData(call: id, Array("HTTP/1.1 200 OK\r\n\r\n".utf8).span, into: &outbox)
            default: FrameWriter.responseEnd(call: id, flags: [.keepAlive], into: &outbox)
            }
        case .breakProtocol(let way):
            guard !isFrozen, isWelcomed else { return }
            breakProtocol(way)
        }
        flush()
    }

    func breakProtocol(_ way: Int) {
        if way == 5 && !calls.values.contains(where: \.isStream) { return }
        noteBreak()
        switch way {
        case 0: FrameHeader(type: .ping).write(into: &outbox)
        case 1: outbox.append(zeros: 32)
        case 2: FrameHeader(type: .result, flags: 3, detail: 200, call: 5).write(into: &outbox)
        case 3: FrameHeader(type: .pong, payloadBytes: 3).write(into: &outbox)
        case 4: FrameHeader(type: .result, flags: 1, detail: 99, call: 5, payloadBytes: 8).write(into: &outbox)
        case 5:
            // What came as REQUEST has no result.
            guard let stream = calls.values.filter(\.isStream).min(by: { $0.id < $1.id }) else { return }
            sendResult(stream, Array("{}".utf8), .result, 200)
        default: FrameWriter.hello(Array("{}".utf8).span, into: &outbox)
        }
    }

    /// The front ends the link when it has read what is sent now.
    func noteBreak() {
        world.lastBreak = world.now
        for call in calls.values { call.record.workerBroke = true }
        isBroken = true
    }
    var isBroken = false

    func freeze(until: UInt64) {
        frozenUntil = max(frozenUntil, until)
        wellSince = nil
    }

    // MARK: Reading

    func poll() {
        guard let link = connection, !isFrozen else { return }
        if link.receivableBytes > 0 {
            link.receive(into: &inbox)
            readFrames()
        }
        flush()
        if let link = connection, link.isAtEnd || link.isReset { leave(broke: isBroken) }
        if connection == nil { isBroken = false }
    }

    func readFrames() {
        var consumed = 0
        // Out of the object for the time being, since what is read may end the link.
        var buffer = ByteBuffer()
        swap(&buffer, &inbox)
        reading: while !isFrozen, connection != nil {
            switch frames.next(in: buffer.bytes, at: consumed) {
            case .incomplete: break reading
            case .failed(let error):
                world.fail("the front broke the bridge protocol", "\(name): \(error)")
                break reading
            case .frame(let header, let payload, let total):
                consumed += total
                handle(header, buffer.bytes.extracting(payload.range))
            }
        }
        buffer.consume(consumed)
        swap(&buffer, &inbox)
    }

    func handle(_ header: FrameHeader, _ payload: Span<UInt8>) {
        switch header.type {
        case .welcome:
            isWelcomed = true
            world.serves(plan.number, asksForToken: !plan.hasNoAuth)
            if !isDraining { wellSince = world.now }
        case .refused: leave()
        case .calls:
            do throws(BridgeError) {
                for call in try CallsReader.calls(header, payload: payload) { begin(call, payload) }
            } catch {
                world.fail("the front broke the bridge protocol", "\(name): \(error)")
            }
        case .request: beginStream(header, payload)
        case .requestData: takeBody(header, payload)
        case .requestEnd:
            if let call = calls[header.call] {
                call.bodyIsOver = true
                checkBodyIsWhole(call)
            }
        case .cancel:
            if let call = calls.removeValue(forKey: header.call) {
                call.record.cancelled = world.now
                world.note("\(name): \(call.record.mark) is cancelled, reason \(header.detail)")
            }
        case .credit:
            if let call = calls[header.call] {
                call.window += Int(header.field)
                if call.waits {
                    call.waits = false
                    schedule(call.id, after: 0, .piece)
                }
            }
        case .ping:
            FrameWriter.pong(
                number: header.field, WorkerLoad(lagMicroseconds: 5, runningCalls: UInt32(calls.count)), into: &outbox)
        case .originQuestion:
            let hasNone = OriginQuestionFlags(rawValue: header.flags).contains(.noOrigin)
            let origin = hasNone ? nil : String(decoding: payload.copied(), as: UTF8.self)
            schedule(0, after: plan.questionDelayMicroseconds, .originAnswer(question: header.call, origin: origin))
        case .draining, .settings: break
        default: world.fail("the front broke the bridge protocol", "\(name): \(header.type.name)")
        }
    }

    // MARK: Writing

    func flush() {
        guard let link = connection else { return }
        while !outbox.isEmpty {
            let count = min(outbox.count, plan.pieceBytes)
            let sent = link.send(outbox.bytes.extracting(first: count))
            outbox.consume(sent)
            // In pieces: one a turn.
            if sent == 0 || plan.pieceBytes != .max { return }
        }
    }

    var hasUnsent: Bool { connection != nil && !isFrozen && !outbox.isEmpty && (connection?.sendableBytes ?? 0) > 0 }
}
