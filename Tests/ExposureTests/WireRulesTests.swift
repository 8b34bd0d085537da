import BridgeProtocol
import Bytes
import Exposure
import Foundation
import HTTPCodec
import JSONCheck
import Testing

/// Each rule of HELLO by itself: what a request gets with one of its values, and with the others, while all other rules
/// stay as they are.
@Suite("The wire rules")
struct WireRulesTests {
    private static let add = "POST /__runner/task/app.tasks.add"

    /// A front by the rules of 5.5, but for what `change` makes of them.
    private func makeFront(
        auth: AuthSettings = .open, cors: CORSSettings? = nil, _ change: (inout WireRules) -> Void = { _ in }
    ) -> Front {
        var settings = ExposureSettings.runner55(auth: auth, cors: cors)
        change(&settings.rules)
        return Front(settings)
    }

    @Test(
        "`unlisted` is what an id gets that was not announced",
        arguments: [
            (WireRules.Unlisted.notExposed, 404, "Task nope not exposed", "NOT_EXPOSED"),
            (.forbidden, 403, "Task nope not exposed", "FORBIDDEN"),
            (.exposureOff, 403, "Exposure not enabled", "FORBIDDEN"),
            (.notFound, 404, "Task nope not found", "NOT_FOUND"),
        ])
    func unlisted(value: WireRules.Unlisted, status: Int, message: String, code: String) {
        var front = makeFront { $0.unlisted = value }
        let response = front.response("POST /__runner/task/nope")
        #expect(response.status == status)
        #expect(response.body == #"{"ok":false,"error":{"message":"\#(message)","code":"\#(code)"}}"#)
        // What is on the list and not registered is another matter.
        #expect(front.response("POST /__runner/task/app.tasks.gone").body.contains("app.tasks.gone not found"))
    }

    @Test("`discovery` names its methods, or is off whatever the token")
    func discovery() {
        func statuses(_ value: WireRules.Discovery) -> [Int] {
            var front = makeFront(auth: .tokens("s")) { $0.discovery = value }
            return ["GET", "POST", "PUT", "HEAD", "OPTIONS"].map {
                front.response("\($0) /__runner/discovery", "X-Runner-Token: s").status
            } + [front.response("GET /__runner/discovery").status]
        }
        #expect(statuses(.getAndPost) == [200, 200, 405, 405, 204, 401])
        #expect(statuses(.get) == [200, 405, 405, 405, 204, 401])
        #expect(statuses(.off) == [404, 404, 404, 404, 204, 404])
    }

    @Test("`requestIds` puts an id in front of every response, but for OPTIONS, the outside and what is no URL")
    func requestIDs() {
        var named = makeFront()
        for line in [
            Self.add, "POST /__runner/task/nope", "GET /__runner/task/app.tasks.add", "POST /__runner/foo",
            "GET /__runner/discovery",
        ] {
            let id = named.response(line).fields.first
            #expect(id?.name == "x-runner-request-id", "\(line)")
            #expect(Recording.Exchange.isUUID(id?.value ?? ""), "\(line)")
        }
        for line in ["OPTIONS /__runner/task/app.tasks.add", "POST /outside", "POST //["] {
            #expect(named.response(line)["x-runner-request-id"] == nil, "\(line)")
        }
        var unnamed = makeFront { $0.requestIDs = false }
        #expect(unnamed.response(Self.add)["x-runner-request-id"] == nil)
        #expect(unnamed.response(Self.add, "X-Runner-Request-Id: mine")["x-runner-request-id"] == nil)
    }

    @Test("`securityHeaders` stand behind content-length, but not on OPTIONS")
    func securityHeaders() {
        let both = ["X-Content-Type-Options", "X-Frame-Options"]
        var secured = makeFront()
        for line in [Self.add, "POST /__runner/task/nope", "POST /outside", "POST //["] {
            let names = secured.response(line).fields.map(\.name)
            let length = names.firstIndex(of: "content-length") ?? 0
            #expect(Array(names[(length + 1)...].prefix(2)) == both, "\(line)")
        }
        #expect(secured.response(Self.add)["X-Content-Type-Options"] == "nosniff")
        #expect(secured.response(Self.add)["X-Frame-Options"] == "DENY")
        #expect(secured.response("OPTIONS /__runner/task/x")["X-Frame-Options"] == nil)
        var plain = makeFront { $0.securityHeaders = false }
        #expect(plain.response(Self.add)["X-Frame-Options"] == nil)
        #expect(plain.response(Self.add)["X-Content-Type-Options"] == nil)
    }

    @Test("`corsOnErrors` puts CORS headers on 405, the outside and what is no URL")
    func corsOnErrors() {
        var with = makeFront()
        var without = makeFront { $0.corsOnErrors = false }
        for line in ["GET /__runner/task/app.tasks.add", "POST /outside", "POST //["] {
            #expect(with.response(line)["Access-Control-Allow-Origin"] == "*", "\(line)")
            #expect(without.response(line)["Access-Control-Allow-Origin"] == nil, "\(line)")
        }
        // All other errors have them either way.
        #expect(without.response("POST /__runner/task/nope")["Access-Control-Allow-Origin"] == "*")
        #expect(without.response("POST /__runner/foo")["Access-Control-Allow-Origin"] == "*")
    }

    @Test("with `corsOnErrors` JavaScript is asked about the origin of these errors, too")
    func askedOnErrors() {
        var asking = makeFront(cors: CORSSettings(origin: .ask))
        #expect(asking.decide("GET /__runner/task/app.tasks.add") == .ask(.reject(.methodNotAllowed)))
        var silent = makeFront(cors: CORSSettings(origin: .ask)) { $0.corsOnErrors = false }
        #expect(silent.decide("GET /__runner/task/app.tasks.add") == .reject(.methodNotAllowed, cors: .none))
    }

    @Test("where the app's function throws, the connection ends if the release would ask it again for the error")
    func throwingOrigins() {
        let threw = OriginAnswer(flags: .threw)
        var asking = makeFront(cors: CORSSettings(origin: .ask))
        #expect(asking.decide(Self.add, answer: threw) == .reject(.originNotJudged, cors: .none))
        #expect(Rejection.originNotJudged.answer.closes)
        var silent = makeFront(cors: CORSSettings(origin: .ask)) { $0.corsOnErrors = false }
        #expect(silent.decide(Self.add, answer: threw) == .reject(.internalError, cors: .none))
        #expect(!Rejection.internalError.answer.closes)
    }

    @Test("`corsCredentialsWithoutOrigin` is the request's origin, or none")
    func credentials() {
        let origin = "Origin: https://a.example"
        var echoing = makeFront(cors: CORSSettings(credentials: true)) { $0.corsCredentialsWithoutOrigin = .echo }
        #expect(echoing.response(Self.add, origin)["Access-Control-Allow-Origin"] == "https://a.example")
        #expect(echoing.response(Self.add)["Access-Control-Allow-Origin"] == "null")
        var closed = makeFront(cors: CORSSettings(credentials: true))
        for fields in [[origin], []] {
            let response = fields.isEmpty ? closed.response(Self.add) : closed.response(Self.add, origin)
            #expect(response["Access-Control-Allow-Origin"] == nil)
            #expect(response["Access-Control-Allow-Credentials"] == "true" && response["Vary"] == "Origin")
        }
        // Without credentials the default is the same everywhere.
        var any = makeFront(cors: CORSSettings())
        #expect(any.response(Self.add, origin)["Access-Control-Allow-Origin"] == "*")
    }

    @Test("`jsonLimitBytes` counts where it is the smaller limit, and then the connection lives")
    func jsonLimit() {
        func limit(_ bytes: Int?, front frontBytes: Int) -> (bytes: Int, closes: Bool, message: String) {
            let front = makeFront { $0.jsonLimitBytes = bytes }
            let (bytes, rejection) = front.rules.bodyLimit(frontLimitBytes: frontBytes)
            return (bytes, rejection.answer.closes, rejection.answer.message.description)
        }
        #expect(limit(1_000, front: 5_000) == (1_000, false, "Payload too large"))
        #expect(limit(0, front: 5_000) == (0, false, "Payload too large"))
        #expect(limit(5_000, front: 1_000) == (1_000, true, "The request body is too large"))
        #expect(limit(nil, front: 1_000) == (1_000, true, "The request body is too large"))
    }

    @Test("`jsonDepth` refuses what is deeper, and takes what is nearly as deep for the serializer to judge")
    func jsonDepth() {
        func check(_ depth: Int, _ change: (inout WireRules) -> Void = { _ in }) -> (JSONVerdict, Bool, Bool) {
            let front = makeFront(change)
            var checker = front.rules.checker(frontDepthLimit: 100_000)
            var summary = JSONSummary()
            let text = Array((String(repeating: "[", count: depth) + String(repeating: "]", count: depth)).utf8)
            let verdict = checker.check(text.span, member: .input, into: &summary)
            return (verdict, summary.isPlain, summary.needsWhole)
        }
        #expect(check(999) == (.valid, true, false))
        #expect(check(1_000) == (.valid, false, true))
        #expect(check(1_001) == (.valid, false, true))
        #expect(check(1_002).0 == .tooDeep(offset: 1_001))
        #expect(check(1_002) { $0.jsonDepth = .init(limit: 10_000, plain: 10_000) } == (.valid, true, false))
        #expect(check(20) { $0.jsonDepth.limit = 19 }.0 == .tooDeep(offset: 19))
        #expect(check(20) { $0.jsonDepth.plain = 19 } == (.valid, false, true))
        let front = makeFront()
        var strict = front.rules.checker(frontDepthLimit: 5)
        var summary = JSONSummary()
        #expect(strict.check(Array("[[[[[[]]]]]]".utf8).span, member: .input, into: &summary) == .tooDeep(offset: 5))
    }

    @Test(
        "`plainKeys` says which keys the serializer has to see",
        arguments: [
            (#"{"input":{"$date":5}}"#, false, true), (#"{"input":{"\u0024date":5}}"#, false, true),
            (#"{"input":{"__proto__":5}}"#, false, false), (#"{"input":{"__type":5}}"#, true, false),
            (#"{"input":{"\u005f_type":5}}"#, true, false), (#"{"__graph":true,"root":1}"#, true, false),
            (#"{"constructor":1}"#, true, false), (#"{"prototype":1}"#, true, false),
            (#"{"$runner.escape::":1}"#, false, false), (#"{"$runner.escape::__type":1}"#, false, false),
            (#"{"\u0024runner.escape::x":1}"#, false, false), (#"{"$runner.escape:":1}"#, false, true),
            (#"{"__typ":1,"__type_":1,"constructors":1,"prototypeX":1,"c":1,"p":1,"_":1}"#, true, true),
            (#"{"__types":1,"__graph_":1,"__proto___":1}"#, true, true),
        ])
    func plainKeys(text: String, plainByEJSON: Bool, plainBySerializer: Bool) {
        for (keys, isPlain) in [(WireRules.PlainKeys.ejson, plainByEJSON), (.serializer, plainBySerializer)] {
            let front = makeFront { $0.plainKeys = keys }
            var checker = front.rules.checker(frontDepthLimit: 100)
            var summary = JSONSummary()
            #expect(checker.check(Array(text.utf8).span, member: .input, into: &summary) == .valid)
            #expect(summary.isPlain == isPlain, "\(text) by \(keys)")
            // EJSON reads each value by itself; to the runner's serializer a graph is the whole text or none.
            let isNested = text.hasPrefix(#"{"input""#)
            #expect(summary.needsWhole == (!isPlain && (keys == .serializer || !isNested)), "\(text) by \(keys)")
        }
    }

    @Test("`eventResults` has the app see all of an event that asks for its payload, and of nothing else")
    func eventResults() {
        func needsWhole(_ text: String, _ member: MemberName = .payload, _ isOn: Bool = true) -> Bool {
            let front = makeFront { $0.eventResults = isOn }
            var checker = front.rules.checker(frontDepthLimit: 100)
            var summary = JSONSummary()
            #expect(checker.check(Array(text.utf8).span, member: member, into: &summary) == .valid)
            #expect(summary.isPlain)
            return summary.needsWhole
        }
        #expect(needsWhole(#"{"payload":1,"returnPayload":true}"#))
        #expect(needsWhole(#"{"return\u0050ayload":false,"payload":1}"#))
        #expect(!needsWhole(#"{"payload":{"returnPayload":true}}"#))
        #expect(!needsWhole(#"{"payload":1,"returnPayloads":true}"#))
        #expect(!needsWhole(#"{"payload":1,"returnPayload":true}"#, .input))
        #expect(!needsWhole(#"{"payload":1,"returnPayload":true}"#, .payload, false))
    }

    @Test("`invalidBodyText` is the message of the 400")
    func invalidBodyText() {
        var front = makeFront { $0.invalidBodyText = #"Not "JSON""# }
        #expect(
            front.body(of: .invalidJSON)
                == #"{"ok":false,"error":{"message":"Not \"JSON\"","code":"INVALID_JSON"}}"#)
    }

    @Test("`prettyErrors` indents the front's bodies as JSON.stringify does with 2, but for the outside")
    func prettyErrors() {
        var front = makeFront { $0.prettyErrors = true }
        #expect(
            front.response("POST /__runner/task/nope").body == """
                {
                  "ok": false,
                  "error": {
                    "message": "Task nope not exposed",
                    "code": "FORBIDDEN"
                  }
                }
                """)
        #expect(
            front.response("POST /outside").body == #"{"ok":false,"error":{"message":"Not Found","code":"NOT_FOUND"}}"#)
    }

    @Test("the kinds of `auth`: open passes, closed never, tokens by equality, and what asks goes to the app")
    func auth() {
        func makeFront(_ auth: AuthSettings) -> Front { self.makeFront(auth: auth) }
        let token = "X-Runner-Token: s"
        var open = makeFront(.open)
        #expect(open.response(Self.add).status == 200)
        var closed = makeFront(.closed(message: "Set it up."))
        for line in [Self.add, "POST /__runner/task/nope", "GET /__runner/discovery"] {
            let response = closed.response(line, token)
            #expect(response.status == 500)
            #expect(
                response.body == #"{"ok":false,"error":{"message":"Set it up.","code":"AUTH_NOT_CONFIGURED"}}"#)
        }
        #expect(closed.response("GET /__runner/task/app.tasks.add").status == 405)
        #expect(closed.response("POST /__runner/foo").status == 404)
        var tokens = makeFront(.tokens("s"))
        #expect(tokens.response(Self.add, token).status == 200)
        #expect(tokens.response(Self.add).status == 401)
        var none = makeFront(.tokens(TokenSettings(tokens: [])))
        #expect(none.response(Self.add, token).status == 401)
        var asking = makeFront(.ask(TokenSettings(tokens: ["s"])))
        let add = asking.add
        let discovery = asking.discovery
        #expect(asking.response(Self.add, token).status == 200)
        #expect(asking.decide(Self.add) == .stream(target: add))
        #expect(asking.decide("POST /__runner/task/nope") == .handOver)
        #expect(asking.decide("GET /__runner/discovery") == .stream(target: discovery))
        #expect(asking.response("GET /__runner/task/app.tasks.add").status == 405)
    }

    @Test("the front's own tokens win over what the app says, and never open more")
    func overriddenAuth() {
        let mine = TokenSettings(header: "x-api-key", tokens: ["mine"])
        let app = TokenSettings(tokens: ["app"])
        for auth in [AuthSettings.open, .closed(message: "No."), .tokens(app), .ask(app)] {
            #expect(auth.overridden(header: "x-api-key", tokens: ["mine"]) == .tokens(mine))
            #expect(auth.overridden(header: nil, tokens: []) == auth)
        }
        // A header without tokens opens nothing and closes nothing.
        #expect(AuthSettings.open.overridden(header: "x-api-key", tokens: []) == .open)
        #expect(AuthSettings.closed(message: "No.").overridden(header: "a", tokens: []) == .closed(message: "No."))
        #expect(
            AuthSettings.ask(app).overridden(header: "x-api-key", tokens: [])
                == .ask(TokenSettings(header: "x-api-key", tokens: ["app"])))
    }

    @Test("a target on the lane of the app's own handlers gets its requests whole, once the token was checked")
    func lanes() {
        var front = makeFront(auth: .tokens("s"))
        front.rules.catalogue.setLane(.listener, of: front.add)
        let add = front.add
        #expect(front.response(Self.add).status == 401)
        #expect(front.decide(Self.add, "X-Runner-Token: s") == .stream(target: add))
        front.rules.catalogue.setLane(.call, of: front.add)
        #expect(front.response(Self.add, "X-Runner-Token: s").status == 200)
    }
}
