import BridgeProtocol
import Bytes
import Exposure
import HTTPCodec
import JSONCheck
import Testing

@Suite("The recordings of the runner's HTTP exposure")
struct ReplayTests {
    private enum Outcome: Equatable {
        case agrees
        case differs(String)
        /// Not for this module to answer, and why.
        case notHere(String)
    }

    @Test("every recorded request gets the recorded decision, head and error body", arguments: Recording.allCases)
    func replay(recording: Recording) throws {
        var agreeing: [String: Int] = [:]
        var total: [String: Int] = [:]
        var notHere: [String: Int] = [:]
        let exchanges = try recording.exchanges()
        for exchange in exchanges {
            switch try outcome(of: exchange, recording) {
            case .agrees:
                agreeing[exchange.group, default: 0] += 1
                total[exchange.group, default: 0] += 1
            case .differs(let difference):
                total[exchange.group, default: 0] += 1
                Issue.record("\(exchange.group)/\(exchange.name) (\(exchange.variant)): \(difference.prefix(1_500))")
            case .notHere(let reason): notHere[reason, default: 0] += 1
            }
        }
        let groups = total.keys.sorted().map { "\($0) \(agreeing[$0] ?? 0)/\(total[$0]!)" }
        print("record \(recording): \(groups.joined(separator: ", "))")
        print(
            "record \(recording): \(agreeing.values.reduce(0, +)) of \(total.values.reduce(0, +)) agree;"
                + " not decided here: \(notHere.sorted { $0.key < $1.key })")
        // Most of what was recorded is the front's to decide.
        #expect(total.values.reduce(0, +) * 10 > exchanges.count * 7)
    }

    private func outcome(of exchange: Recording.Exchange, _ recording: Recording) throws -> Outcome {
        let settings = try #require(Self.settings(exchange.variant, recording), "\(exchange.variant)")
        var rules = ExposureRules(settings)
        announce(exchange.variant, recording, &rules.catalogue)

        let request = exchange.request
        let head = RequestHead()
        var scan = HeadScan()
        let parser = RequestHeadParser(customField: rules.authenticator.header)
        guard parser.parse(request.span, resuming: &scan, into: head) == .complete else {
            // Stricter than Node's parser is allowed, and is for HTTPCodec to account for; here the names are shown.
            return .notHere(exchange.origin == "exposure" ? "refused, \(exchange.name)" : "refused by the parser")
        }
        guard exchange.status != nil, exchange.origin != "node-http" else { return .notHere("Node's parser answers") }

        guard let decision = decide(exchange, recording, head, request, &rules) else {
            return .notHere("a RegExp with state")
        }
        return compare(decision, exchange, head, request, &rules)
    }

    /// Nil where the app's judgement of the origin depends on the requests before.
    private func decide(
        _ exchange: Recording.Exchange, _ recording: Recording, _ head: RequestHead, _ request: [UInt8],
        _ rules: inout ExposureRules
    ) -> Decision? {
        var decision = rules.decide(head, request.span)
        if case .outside = decision { decision = rules.decideOutside(head, request.span) }
        guard case .ask(let intent) = decision else { return decision }
        let origin = head[.origin].isPresent ? self.origin(head, request) : nil
        guard let answer = Variants.answer(exchange.variant, origin: origin) else { return nil }
        return rules.resolve(intent, head, request.span, answer)
    }

    private func compare(
        _ decision: Decision, _ exchange: Recording.Exchange, _ head: RequestHead, _ request: [UInt8],
        _ rules: inout ExposureRules
    ) -> Outcome {
        let end: ConnectionEnd = exchange.header("Connection") == "close" ? .close : .keepAlive
        let date = Array((exchange.header("Date") ?? "").utf8)
        let tails = ResponseHeadSuffix(date: date.span, keepAliveSeconds: 5)
        let id = rules.requestID(for: decision, head, request.span)
        var expected = exchange.head(requestID: text(of: id))
        var answer = ByteBuffer()
        switch decision {
        case .ask, .outside: return .differs("is not decided")
        case .stream(let target):
            let isCalled = rules.catalogue.lane(of: target) == .call && exchange.lane == "call"
            let isOctetStream = String(decoding: request, as: UTF8.self).lowercased().contains("octet-stream")
            if case .ask = rules.settings.auth { return .notHere("decided by the app's own handlers") }
            return isCalled && !isOctetStream ? .differs("is taken for a stream") : .notHere("the app's own handlers")
        case .handOver: return .notHere("decided by the app's own handlers")
        case .preflight(let block):
            rules.writePreflight(block, tails, end, into: &answer)
        case .reject(let rejection, let block):
            expected += exchange.body
            write(rejection, id, block, head, tails, end, &rules, into: &answer)
        case .call(_, let kind, let block):
            if let rejection = reading(kind, exchange, head, request, &rules) {
                expected += exchange.body
                write(rejection, id, block, head, tails, end, &rules, into: &answer)
                break
            }
            fallthrough
        case .discovery:
            // The body, and what the task did with the response, is the app's: the head around it is not.
            if exchange.origin == "task" || exchange.header("X-From-Task") != nil
                || exchange.header("content-length") == nil || exchange.header("X-Extra") != nil
            {
                return .notHere("the task writes the response")
            }
            // Nor is a call what the exposure refused.
            let body = String(decoding: exchange.body, as: UTF8.self)
            let refusals: [Rejection] = [
                .notFound, .methodNotAllowed, .unauthorized, .notExposed(.task), .forbidden(.task), .authNotConfigured,
                .payloadTooLarge,
            ]
            for refusal in refusals where body.contains("\"code\":\"\(refusal.answer.code)\"") {
                return .differs("\(decision), and the exposure refused: \(body)")
            }
            if body.contains("INVALID_JSON") && isPlain(exchange, head, request, rules) {
                return .differs("\(decision), and the body was refused")
            }
            rules.writeHead(
                status: exchange.status!, id: id, cors: decision.cors!, bodyBytes: exchange.body.count, tails, end,
                into: &answer)
        }
        if head.keepAlive != (end == .keepAlive) { return .differs("the connection ends otherwise") }
        let written = answer.bytes.copied()
        if written == expected { return .agrees }
        return .differs(
            "\(decision): wrote \(String(decoding: written, as: UTF8.self)) for \(String(decoding: expected, as: UTF8.self))"
        )
    }

    /// What is wrong with a call's body, nil if it is for the app to read.
    private func reading(
        _ kind: Hello.TargetKind, _ exchange: Recording.Exchange, _ head: RequestHead, _ request: [UInt8],
        _ rules: inout ExposureRules
    ) -> Rejection? {
        let body = self.body(head, request)
        let limit = rules.bodyLimit(frontLimitBytes: 16 << 20)
        if body.count > limit.bytes { return limit.rejection }
        if body.isEmpty { return nil }
        var checker = rules.checker(frontDepthLimit: 10_000)
        var summary = JSONSummary()
        let member: MemberName = kind == .event ? .payload : .input
        return checker.check(body.span, member: member, into: &summary) == .valid ? nil : .invalidJSON
    }

    private func isPlain(
        _ exchange: Recording.Exchange, _ head: RequestHead, _ request: [UInt8], _ rules: borrowing ExposureRules
    ) -> Bool {
        var checker = rules.checker(frontDepthLimit: 10_000)
        var summary = JSONSummary()
        _ = checker.check(body(head, request).span, member: .input, into: &summary)
        return summary.isPlain
    }

    private func body(_ head: RequestHead, _ request: [UInt8]) -> [UInt8] {
        let rest = request.span.extracting(head.headBytes..<request.count)
        switch head.framing {
        case .none: return []
        case .contentLength(let length): return rest.extracting(0..<min(length, rest.count)).copied()
        case .chunked:
            var body: [UInt8] = []
            var chunks = ChunkedBody()
            var at = 0
            while case .data(let range) = chunks.next(rest, at: &at) { body += rest.extracting(range.range).copied() }
            return body
        }
    }

    private func write(
        _ rejection: Rejection, _ id: RunnerRequestID, _ block: CORSBlock, _ head: RequestHead,
        _ tails: borrowing ResponseHeadSuffix, _ end: ConnectionEnd, _ rules: inout ExposureRules,
        into answer: inout ByteBuffer
    ) {
        var body = ByteBuffer()
        rules.writeBody(of: rejection, into: &body)
        let status = rejection.answer.status
        rules.writeHead(status: status, id: id, cors: block, bodyBytes: body.count, tails, end, into: &answer)
        if head.method != .head { answer.append(body.bytes) }
    }

    /// The id as it is written.
    private func text(of id: RunnerRequestID) -> String? {
        guard id != .none else { return nil }
        var head = ByteBuffer()
        id.writeHead(Array("\r\n".utf8).span, into: &head)
        let text = String(decoding: head.bytes.copied(), as: UTF8.self)
        // Each of the line breaks is one character.
        return String(text.dropFirst("x-runner-request-id: ".count).dropLast(2))
    }

    private static func settings(_ variant: String, _ recording: Recording) -> ExposureSettings? {
        recording == .runner48 ? Variants.settings(variant) : LaterVariants.settings(variant, recording)
    }

    private func announce(_ variant: String, _ recording: Recording, _ catalogue: inout TargetCatalogue) {
        var targets: [Hello.Target]
        if recording == .runner48 {
            targets = [.init(kind: .discovery, id: "")]
            targets += Variants.callable(variant, .task, ReferenceApp.tasks48).map { .init(kind: .task, id: $0) }
            targets += Variants.callable(variant, .event, ReferenceApp.events48).map { .init(kind: .event, id: $0) }
        } else {
            targets = LaterVariants.targets(variant, recording)
        }
        var numbers: [Int] = []
        for target in targets {
            let number = catalogue.intern(target.kind, id: Array(target.id.utf8).span)
            catalogue.setAvailability(.callable, of: number)
            catalogue.setLane(target.lane, of: number)
            numbers.append(number)
        }
        for (target, number) in zip(targets, numbers) { catalogue.setNames(target.names, of: number) }
        catalogue.setShownIDs(LaterVariants.shownIDs(recording))
    }

    private func origin(_ head: RequestHead, _ bytes: [UInt8]) -> String {
        var values: [String] = []
        var ranges: [ByteRange] = []
        head.forEachValue(of: "origin", in: bytes.span) { ranges.append($0) }
        for range in ranges { values.append(String(decoding: bytes[range.range], as: UTF8.self)) }
        return values.joined(separator: ", ")
    }
}

extension Decision {
    fileprivate var cors: CORSBlock? {
        switch self {
        case .call(_, _, let block), .discovery(_, let block), .reject(_, let block), .preflight(let block): block
        case .stream, .handOver, .outside, .ask: nil
        }
    }
}
