import BridgeProtocol
import Bytes
import Exposure
import HTTPCodec
import Testing

@Suite("The record of nodeExposure 4.8.6", .enabled(if: Record.isPresent, "needs ../shared/conformance"))
struct ReplayTests {
    private enum Outcome: Equatable {
        case agrees
        case differs(String)
        /// Not for this module to answer, and why.
        case notHere(String)
    }

    @Test("every recorded request gets the recorded decision, head and error body")
    func replay() throws {
        let ids = try Record.ids()
        var agreeing: [String: Int] = [:]
        var total: [String: Int] = [:]
        var notHere: [String: Int] = [:]
        for exchange in try Record.exchanges() where exchange.lane == "call" {
            switch try outcome(of: exchange, ids) {
            case .agrees:
                agreeing[exchange.group, default: 0] += 1
                total[exchange.group, default: 0] += 1
            case .differs(let difference):
                total[exchange.group, default: 0] += 1
                Issue.record("\(exchange.group)/\(exchange.name) (\(exchange.variant)): \(difference)")
            case .notHere(let reason): notHere[reason, default: 0] += 1
            }
        }
        for group in total.keys.sorted() { print("record: \(group) \(agreeing[group] ?? 0) of \(total[group]!)") }
        print(
            "record: \(agreeing.values.reduce(0, +)) of \(total.values.reduce(0, +)) in all; not decided here: \(notHere)"
        )
        #expect(total.values.reduce(0, +) > 700)
    }

    private func outcome(of exchange: Record.Exchange, _ ids: (tasks: [String], events: [String])) throws -> Outcome {
        let settings = try #require(Variants.settings(exchange.variant), "\(exchange.variant)")
        var rules = ExposureRules(settings)
        announce(ids, exchange.variant, &rules.catalogue)

        let request = exchange.request
        let head = RequestHead()
        var scan = HeadScan()
        let parser = RequestHeadParser(customField: rules.authenticator.header)
        guard parser.parse(request.span, resuming: &scan, into: head) == .complete else {
            // Stricter than Node's parser is allowed, and is for HTTPCodec to account for; here the names are shown.
            return .notHere(exchange.origin == "exposure" ? "refused, \(exchange.name)" : "refused by the parser")
        }
        guard exchange.status != nil, exchange.origin != "node-http" else { return .notHere("Node's parser answers") }

        var decision = rules.decide(head, request.span)
        if case .ask(let intent) = decision {
            let origin = head[.origin].isPresent ? self.origin(head, request) : nil
            guard let answer = Variants.answer(exchange.variant, origin: origin) else {
                return .notHere("a RegExp with state")
            }
            decision = rules.resolve(intent, head, request.span, answer)
        }

        let end: ConnectionEnd = exchange.header("Connection") == "close" ? .close : .keepAlive
        let date = Array((exchange.header("Date") ?? "").utf8)
        let tails = AnswerTails(date: date.span, keepAliveSeconds: 5)
        var expected = exchange.head
        var answer = ByteBuffer()
        switch decision {
        case .ask: return .differs("asks again")
        case .stream:
            let isOctetStream = String(decoding: request, as: UTF8.self).contains("application/octet-stream")
            return isOctetStream ? .notHere("read by the app itself") : .differs("is taken for a stream")
        case .preflight(let block):
            rules.writePreflight(block, tails, end, into: &answer)
        case .handOver: return .notHere("decided by the app's own handlers")
        case .outside:
            expected += exchange.body
            guard case .reject(let rejection, let block) = rules.decideOutside(head, request.span) else {
                return .differs("asks for what is outside")
            }
            write(rejection, block, head, tails, end, &rules, into: &answer)
        case .reject(let rejection, let block):
            expected += exchange.body
            write(rejection, block, head, tails, end, &rules, into: &answer)
        case .call(_, _, let block), .discovery(_, let block):
            // The body, and what the task did with the response, is the app's: the head around it is not.
            if exchange.header("X-From-Task") != nil || exchange.header("content-length") == nil {
                return .notHere("the task writes the response")
            }
            // Nor is a call what nodeExposure refused.
            let body = String(decoding: exchange.body, as: UTF8.self)
            let refusals: [Rejection] = [.notFound, .methodNotAllowed, .unauthorized, .notExposed(.task)]
            for refusal in refusals where body.contains("\"code\":\"\(refusal.answer.code)\"") {
                return .differs("\(decision), and nodeExposure refused: \(body)")
            }
            if exchange.status == 400, body != text(of: .invalidJSON, &rules) {
                return .differs("another 400: \(body)")
            }
            let bodyBytes = exchange.body.count
            rules.writeHead(status: exchange.status!, cors: block, bodyBytes: bodyBytes, tails, end, into: &answer)
        }
        if head.keepAlive != (end == .keepAlive) { return .differs("the connection ends otherwise") }
        let written = answer.bytes.copied()
        if written == expected { return .agrees }
        return .differs(
            "\(decision): wrote \(String(decoding: written, as: UTF8.self)) for \(String(decoding: expected, as: UTF8.self))"
        )
    }

    private func write(
        _ rejection: Rejection, _ block: CORSBlock, _ head: RequestHead, _ tails: borrowing AnswerTails,
        _ end: ConnectionEnd,
        _ rules: inout ExposureRules, into answer: inout ByteBuffer
    ) {
        var body = ByteBuffer()
        rules.writeBody(of: rejection, into: &body)
        let status = rejection.answer.status
        rules.writeHead(status: status, cors: block, bodyBytes: body.count, tails, end, into: &answer)
        if head.method != .head { answer.append(body.bytes) }
    }

    private func text(of rejection: Rejection, _ rules: inout ExposureRules) -> String {
        var body = ByteBuffer()
        rules.writeBody(of: rejection, into: &body)
        return String(decoding: body.bytes.copied(), as: UTF8.self)
    }

    private func announce(
        _ ids: (tasks: [String], events: [String]), _ variant: String, _ catalogue: inout TargetCatalogue
    ) {
        for (kind, ids) in [(Hello.TargetKind.task, ids.tasks), (.event, ids.events), (.discovery, [""])] {
            for id in Variants.callable(variant, kind, ids) {
                let bytes = Array(id.utf8)
                let target = catalogue.intern(kind, id: bytes.span)
                catalogue.setAvailability(.callable, of: target)
            }
        }
    }

    private func origin(_ head: RequestHead, _ bytes: [UInt8]) -> String {
        var values: [String] = []
        var ranges: [ByteRange] = []
        head.forEachValue(of: "origin", in: bytes.span) { ranges.append($0) }
        for range in ranges { values.append(String(decoding: bytes[range.range], as: UTF8.self)) }
        return values.joined(separator: ", ")
    }
}
