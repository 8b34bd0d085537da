import BridgeProtocol
import Bytes
import Exposure
import Foundation
import HTTPCodec
import Testing

/// A front's rules with a few targets, asked with plain text.
struct Front: ~Copyable {
    var rules: ExposureRules
    let add: Int
    let notify: Int
    let gone: Int
    let discovery: Int

    init(_ settings: ExposureSettings = ExposureSettings.runner48()) {
        rules = ExposureRules(settings)
        add = Self.announce(.task, "app.tasks.add", .callable, &rules)
        notify = Self.announce(.event, "app.events.notify", .callable, &rules)
        gone = Self.announce(.task, "app.tasks.gone", .unregistered, &rules)
        discovery = Self.announce(.discovery, "", .callable, &rules)
        _ = Self.announce(.task, "app/tasks/slash", .callable, &rules)
        _ = Self.announce(.task, "..", .callable, &rules)
        _ = Self.announce(.task, "%41", .callable, &rules)
    }

    static func announce(
        _ kind: Hello.TargetKind, _ id: String, _ availability: TargetCatalogue.Availability,
        _ rules: inout ExposureRules
    ) -> Int {
        let target = rules.catalogue.intern(kind, id: Array(id.utf8).span)
        rules.catalogue.setAvailability(availability, of: target)
        return target
    }

    mutating func decide(_ line: String, _ fields: String..., answer: OriginAnswer? = nil) -> Decision {
        let bytes = Array(([line + " HTTP/1.1", "Host: a"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
        let head = RequestHead()
        var scan = HeadScan()
        let parser = RequestHeadParser(customField: rules.authenticator.header)
        let progress = parser.parse(bytes.span, resuming: &scan, into: head)
        precondition(progress == .complete, "\(line): \(progress)")
        return rules.decide(head, bytes.span, originAnswer: answer)
    }

    /// The decision and, if it is a rejection, what its body says.
    mutating func rejection(_ line: String, _ fields: String...) -> String? {
        let bytes = Array(([line + " HTTP/1.1", "Host: a"] + fields + ["", ""]).joined(separator: "\r\n").utf8)
        let head = RequestHead()
        var scan = HeadScan()
        _ = RequestHeadParser().parse(bytes.span, resuming: &scan, into: head)
        guard case .reject(let rejection, _) = rules.decide(head, bytes.span) else { return nil }
        var body = ByteBuffer()
        rules.writeBody(of: rejection, into: &body)
        return String(decoding: body.bytes.copied(), as: UTF8.self)
    }

    /// The CORS lines of a decision.
    mutating func lines(_ decision: Decision) -> String? {
        var head = ByteBuffer()
        let date: [UInt8] = []
        let tails = ResponseHeadSuffix(date: date.span, keepAliveSeconds: 5)
        switch decision {
        case .preflight(let block): rules.writePreflight(block, tails, .close, into: &head)
        case .call(_, _, let block), .discovery(_, let block), .reject(_, let block):
            rules.writeHead(status: 200, cors: block, bodyBytes: 0, tails, .close, into: &head)
        default: return nil
        }
        let text = String(decoding: head.bytes.copied(), as: UTF8.self)
        let lines = text.components(separatedBy: "\r\n").dropFirst()
        return lines.prefix { !$0.hasPrefix("content-") }.joined(separator: "|")
    }
}

/// A response as a client sees it.
struct SeenResponse {
    var status = 0
    var fields: [(name: String, value: String)] = []
    var body = ""

    subscript(name: String) -> String? { fields.first { $0.name == name }?.value }

    init(_ bytes: [UInt8]) {
        let parts = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")
        let lines = parts[0].components(separatedBy: "\r\n")
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        fields = lines.dropFirst().map { line in
            let pair = line.components(separatedBy: ": ")
            return (pair[0], pair.dropFirst().joined(separator: ": "))
        }
        body = parts.dropFirst().joined(separator: "\r\n\r\n")
    }
}

extension Front {
    /// What a client gets that sends a request: of a call, the result 8.
    mutating func response(_ line: String, _ fields: String...) -> SeenResponse {
        respond(line, fields) { rules, head, bytes in
            let decision = rules.decide(head, bytes)
            return decision == .outside ? rules.decideOutside(head, bytes) : decision
        }
    }

    /// The same for a request that waited for the app's judgement of its origin.
    mutating func response(_ line: String, resolving intent: Intent, with answer: OriginAnswer) -> SeenResponse {
        respond(line, []) { rules, head, bytes in rules.resolve(intent, head, bytes, answer) }
    }

    private mutating func respond(
        _ line: String, _ fields: [String], _ decide: (inout ExposureRules, RequestHead, Span<UInt8>) -> Decision
    ) -> SeenResponse {
        let text = ([line + " HTTP/1.1", "Host: a"] + fields + ["", ""]).joined(separator: "\r\n")
        let bytes = text.unicodeScalars.map { UInt8($0.value) }
        let head = RequestHead()
        var scan = HeadScan()
        let progress = RequestHeadParser(customField: rules.authenticator.header)
            .parse(bytes.span, resuming: &scan, into: head)
        precondition(progress == .complete, "\(line): \(progress)")
        let decision = decide(&rules, head, bytes.span)
        let id = rules.requestID(for: decision, head, bytes.span)
        let date = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)
        let tails = ResponseHeadSuffix(date: date.span, keepAliveSeconds: 5)
        var out = ByteBuffer()
        switch decision {
        case .call(_, _, let block), .discovery(_, let block):
            rules.writeResult(Array("8".utf8).span, id: id, cors: block, tails, .keepAlive, into: &out)
        case .preflight(let block): rules.writePreflight(block, tails, .keepAlive, into: &out)
        case .reject(let rejection, let block):
            if rejection.namesTarget { rules.readTarget(of: head, bytes.span) }
            var body = ByteBuffer()
            rules.writeBody(of: rejection, into: &body)
            rules.writeHead(
                status: rejection.answer.status, id: id, cors: block, bodyBytes: body.count, tails, .keepAlive,
                into: &out)
            out.append(body.bytes)
        case .stream, .handOver, .outside, .ask: preconditionFailure("\(line): \(decision)")
        }
        return SeenResponse(out.bytes.copied())
    }

    mutating func body(of rejection: Rejection) -> String {
        var body = ByteBuffer()
        rules.writeBody(of: rejection, into: &body)
        return String(decoding: body.bytes.copied(), as: UTF8.self)
    }
}

@Suite("What is to be done with a request")
struct DecisionTests {
    private func isCall(_ decision: Decision, _ target: Int, _ kind: Hello.TargetKind) -> Bool {
        if case .call(target, kind, _) = decision { true } else { false }
    }

    @Test("a POST to a task or event is a call, however the target is written")
    func calls() {
        var front = Front()
        for target in [
            "/__runner/task/app.tasks.add", "/__runner/task/app.tasks.add?q", "/__runner/task/app%2Etasks.add",
            "//h/__runner//task/app.tasks.add/", "/x/../__runner/task/app.tasks.add",
            "http://h/__runner/task/app.tasks.add",
        ] {
            let decision = front.decide("POST " + target)
            let isAdd = isCall(decision, front.add, .task)
            #expect(isAdd, "\(target): \(decision)")
        }
        let event = front.decide("POST /__runner/event/app.events.notify")
        let isNotify = isCall(event, front.notify, .event)
        #expect(isNotify)
    }

    @Test("an id that looks encoded is reached only by its encoding, and dots by none")
    func trickyIds() {
        var front = Front()
        #expect(front.rejection("POST /__runner/task/%41")?.contains("Task A not exposed") == true)
        #expect(front.rejection("POST /__runner/task/%2541") == nil)
        #expect(front.rejection("POST /__runner/task/..")?.contains("\"Not Found\"") == true)
        #expect(front.rejection("POST /__runner/task/app/tasks/slash") == nil)
        #expect(front.rejection("POST /__runner/task/app%2Ftasks//slash") == nil)
    }

    @Test("only the body of a task can be the app's own to read, and only by its media type")
    func streams() {
        var front = Front()
        let task = "POST /__runner/task/app.tasks.add"
        let add = front.add
        for type in [
            "multipart/form-data; boundary=x", "MULTIPART/Form-Data", "text/x-multipart/form-data",
            "application/octet-stream",
            "Application/Octet-Stream;x=1",
        ] {
            #expect(front.decide(task, "Content-Type: " + type) == .stream(target: add), "\(type)")
        }
        for type in [
            "application/json", "application/octet-streams", "x application/octet-stream", "multipart/mixed", "",
        ] {
            let isAdd = isCall(front.decide(task, "Content-Type: " + type), add, .task)
            #expect(isAdd, "\(type)")
        }
        let twice = front.decide(task, "Content-Type: application/json", "Content-Type: multipart/form-data")
        #expect(isCall(twice, add, .task))
        let event = front.decide("POST /__runner/event/app.events.notify", "Content-Type: multipart/form-data")
        let notify = front.notify
        #expect(isCall(event, notify, .event))
    }

    @Test("the checks come in the recorded order: OPTIONS, route, method, token, allow-list, registration")
    func order() {
        var front = Front(ExposureSettings.runner48(auth: AuthSettings.tokens("s")))
        func code(_ line: String, _ fields: String..., in front: inout Front) -> String {
            let decision = fields.isEmpty ? front.decide(line) : front.decide(line, fields[0])
            if case .reject(let rejection, _) = decision { return rejection.answer.code.description }
            if case .preflight = decision { return "preflight" }
            return decision == .outside ? "outside" : "passes"
        }
        let token = "X-Runner-Token: s"
        #expect(code("OPTIONS /elsewhere", in: &front) == "outside")
        #expect(code("OPTIONS /__runner/nothing", in: &front) == "preflight")
        #expect(code("GET /__runner/nothing", in: &front) == "NOT_FOUND")
        #expect(code("GET /__runner/task/hidden", in: &front) == "METHOD_NOT_ALLOWED")
        #expect(code("POST /__runner/task/hidden", in: &front) == "UNAUTHORIZED")
        #expect(code("POST /__runner/task/hidden", token, in: &front) == "NOT_EXPOSED")
        #expect(code("POST /__runner/task/app.tasks.gone", token, in: &front) == "NOT_FOUND")
        #expect(code("POST /__runner/task/app.tasks.add", token, in: &front) == "passes")
        #expect(code("PUT /__runner/discovery", in: &front) == "METHOD_NOT_ALLOWED")
        #expect(code("GET /__runner/discovery/x", in: &front) == "UNAUTHORIZED")
        #expect(code("GET /__runner/discovery/x", token, in: &front) == "passes")
    }

    @Test("without an allow-list an unknown id was not found, with one it is not exposed")
    func unknownIds() {
        var open = Front(ExposureSettings.runner48(unlisted: .notFound))
        #expect(
            open.rejection("POST /__runner/task/a%22%00")
                == #"{"ok":false,"error":{"message":"Task a\"\u0000 not found","code":"NOT_FOUND"}}"#)
        var listed = Front()
        #expect(
            listed.rejection("POST /__runner/event/nope")
                == #"{"ok":false,"error":{"message":"Event nope not exposed","code":"NOT_EXPOSED"}}"#)
        #expect(
            listed.rejection("POST /__runner/task/app.tasks.gone")
                == #"{"ok":false,"error":{"message":"Task app.tasks.gone not found","code":"NOT_FOUND"}}"#)
    }

    @Test("CONNECT is refused and ends the connection")
    func connect() {
        var front = Front()
        #expect(front.decide("CONNECT h:80") == .reject(.connectNotSupported, cors: .none))
        #expect(Rejection.connectNotSupported.answer.closes)
    }

    @Test("a base path that no raw target can spell is still reached by what is normalised to it")
    func unusualBasePaths() {
        var encoded = Front(ExposureSettings.runner48(basePath: "/a%7Bb"))
        #expect(encoded.rejection("POST /a{b/task/app.tasks.add") == nil)
        var doubled = Front(ExposureSettings.runner48(basePath: "//a"))
        #expect(doubled.decide("POST //a/task/app.tasks.add") == .outside)
        let reached = doubled.decide("POST /..//a/task/app.tasks.add")
        let add = doubled.add
        #expect(isCall(reached, add, .task))
        var literal = Front(ExposureSettings.runner48(basePath: "/a{b"))
        #expect(literal.decide("POST /a{b/task/app.tasks.add") == .outside)
    }

    @Test("a token is met by equality alone, as Node would show it to the app")
    func tokens() {
        func passes(_ settings: AuthSettings, _ fields: [String]) -> Bool {
            var front = Front(ExposureSettings.runner48(auth: settings))
            let line = "POST /__runner/task/app.tasks.add"
            let decision = fields.count == 2 ? front.decide(line, fields[0], fields[1]) : front.decide(line, fields[0])
            return decision != .reject(.unauthorized, cors: .none) && isCall(decision, front.add, .task)
        }
        let two = AuthSettings.tokens("first", "second")
        #expect(passes(.open, ["X: y"]))
        #expect(passes(two, ["X-Runner-Token: first"]) && passes(two, ["x-runner-token:second  "]))
        for wrong in ["firs", "first1", "firstfirst", "First", "", "first, second"] {
            #expect(!passes(two, ["X-Runner-Token: " + wrong]), "\(wrong)")
        }
        #expect(!passes(two, ["X-Runner-Token: first", "X-Runner-Token: first"]))
        #expect(passes(AuthSettings.tokens("a, b"), ["X-Runner-Token: a", "x-runner-token: b"]))
        #expect(passes(AuthSettings.tokens("a; b", header: "cookie"), ["Cookie: a", "Cookie: b"]))
        #expect(passes(AuthSettings.tokens("a", header: "authorization"), ["Authorization: a", "Authorization: b"]))
        #expect(passes(AuthSettings.tokens("a", header: "set-cookie"), ["Set-Cookie: a", "Set-Cookie: b"]))
        #expect(passes(AuthSettings.tokens("a, b", header: "origin"), ["Origin: a", "Origin: b"]))
        // A character that no header can carry, and no token at all: closed, not open.
        #expect(!passes(AuthSettings.tokens("☃"), ["X-Runner-Token: ☃"]))
        #expect(!passes(AuthSettings.tokens(""), ["X-Runner-Token: "]))
    }
}
