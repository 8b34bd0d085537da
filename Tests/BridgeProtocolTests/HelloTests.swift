import BridgeProtocol
import Bytes
import Foundation
import Testing

@Suite("HELLO")
struct HelloTests {
    private static let complete = """
        {"protocol":2,"worker":"w1","link":3,"pid":42,"shim":"0.1.0","node":"20.20.2","runner":"4.8.6","later":[{"x":1}],
        "exposure":{"basePath":"/__runner","auth":{"kind":"tokens","header":"x-runner-token","tokens":["s3cret","tökén"]},
        "cors":{"origin":{"kind":"list","values":["https://a.example"]},"credentials":true,"varyOrigin":false,
        "methods":["POST"],"allowedHeaders":["content-type"],"exposedHeaders":["X-Extra"],"maxAge":600},
        "rules":{"unlisted":"forbidden","discovery":"get","requestIds":true,"securityHeaders":true,"corsOnErrors":true,
        "corsCredentialsWithoutOrigin":"none","jsonLimitBytes":2097152,"jsonDepth":{"limit":1001,"plain":999},
        "plainKeys":"serializer","invalidBodyText":"Invalid JSON body","prettyErrors":false,"eventResults":true}},
        "shownIds":[["add","app.tasks.add"]],
        "targets":[{"kind":"task","id":"app.tasks.add","state":"callable","lane":"call","head":true,"names":["add"],"safe":true},
        {"kind":"event","id":"app.events.☃","state":"callable","lane":"listener"},
        {"kind":"task","id":"gone","state":"unregistered"},{"kind":"event","id":"left","state":"removed"},
        {"kind":"discovery","id":"","state":"callable","lane":"call","head":false}],
        "listener":{"exposure":true,"everything":false}}
        """

    private static let rules = WireRules(
        unlisted: .forbidden, discovery: .get, requestIDs: true, securityHeaders: true, corsOnErrors: true,
        corsCredentialsWithoutOrigin: .none, jsonLimitBytes: 2_097_152, jsonDepth: .init(limit: 1_001, plain: 999),
        plainKeys: .serializer, invalidBodyText: "Invalid JSON body", prettyErrors: false, eventResults: true)

    private func hello(_ text: String) throws(HelloError) -> Hello {
        let bytes = Array(text.utf8)
        return try Hello(parsing: bytes.span)
    }

    /// The complete HELLO with one piece of its text replaced.
    private func hello(replacing old: String, with new: String) throws -> Hello {
        let parts = Self.complete.components(separatedBy: old)
        try #require(parts.count == 2, "\(old) is there once")
        return try hello(parts.joined(separator: new))
    }

    @Test("everything it says is read, and what a later version adds is ignored")
    func complete() throws {
        let expected = Hello(
            worker: "w1", link: 3, pid: 42, shimVersion: "0.1.0", nodeVersion: "20.20.2", runnerVersion: "4.8.6",
            exposure: ExposureSettings(
                basePath: "/__runner", auth: .tokens(TokenSettings(tokens: ["s3cret", "tökén"])),
                cors: CORSSettings(
                    origin: .list(["https://a.example"]), credentials: true, varyOrigin: false, methods: ["POST"],
                    allowedHeaders: ["content-type"], exposedHeaders: ["X-Extra"], maxAge: "600"),
                rules: Self.rules),
            targets: [
                .init(kind: .task, id: "app.tasks.add", wantsHead: true, names: ["add"], isSafe: true),
                .init(kind: .event, id: "app.events.☃", lane: .listener),
                .init(kind: .task, id: "gone", state: .unregistered), .init(kind: .event, id: "left", state: .removed),
                .init(kind: .discovery, id: ""),
            ],
            shownIDs: [.init(asked: "add", shown: "app.tasks.add")],
            listener: .init(takesExposure: true))
        #expect(try hello(Self.complete) == expected)
    }

    @Test(
        "every form of CORS origin is read",
        arguments: [
            (#"{"kind":"default"}"#, CORSSettings.Origin.default), (#"{"kind":"fixed","value":"*"}"#, .fixed("*")),
            (#"{"kind":"list","values":[]}"#, .list([])), (#"{"kind":"ask"}"#, .ask), (#"{"kind":"never"}"#, .never),
        ])
    func origins(text: String, origin: CORSSettings.Origin) throws {
        let hello = try hello(replacing: #"{"kind":"list","values":["https://a.example"]}"#, with: text)
        #expect(hello.exposure.cors?.origin == origin)
    }

    @Test("another version of the protocol is refused before all else, naming the side to update")
    func otherVersion() {
        #expect(
            throws: HelloError(
                "this front speaks version 2 of the bridge protocol, the shim version 3: update the front")
        ) {
            try hello(#"{"protocol":3,"worker":7}"#)
        }
        #expect(
            throws: HelloError(
                "this front speaks version 2 of the bridge protocol, the shim version 1: update the npm package runner-sidecar"
            )
        ) { try hello(#"{"protocol":1}"#) }
    }

    @Test(
        "what is wrong is named with its place",
        arguments: [
            (#""worker":"w1""#, #""worker":7"#, "HELLO.worker must be a string of 1 to 64 bytes"),
            (#""link":3"#, #""link":256"#, "HELLO.link must be an integer from 0 to 255"),
            (#""link":3"#, #""link":1.5"#, "HELLO.link must be an integer from 0 to 255"),
            (#""pid":42,"#, "", "HELLO.pid is missing"),
            (#""basePath":"/__runner""#, #""basePath":"api""#, "HELLO.exposure.basePath must begin with a slash"),
            (
                #""header":"x-runner-token""#, #""header":"X-Token""#,
                "HELLO.exposure.auth.header must be a header name in lower case"
            ),
            (
                #""tokens":["s3cret","tökén"]"#, #""tokens":["a",""]"#,
                "HELLO.exposure.auth.tokens must hold no empty token"
            ),
            (
                #""kind":"list","values""#, #""kind":"regexp","values""#,
                "HELLO.exposure.cors.origin.kind must be one of default, fixed, list, ask, never"
            ),
            (
                #""exposedHeaders":["X-Extra"]"#, #""exposedHeaders":["a\r\nSet-Cookie: b"]"#,
                "HELLO.exposure.cors.exposedHeaders[0] holds a character that no header value can have"
            ),
            (#""maxAge":600"#, #""maxAge":"600""#, "HELLO.exposure.cors.maxAge must be a number or null"),
            (#""credentials":true"#, #""credentials":1"#, "HELLO.exposure.cors.credentials must be true or false"),
            (
                #""kind":"task","id":"app.tasks.add""#, #""kind":"hook","id":"app.tasks.add""#,
                "HELLO.targets[0].kind must be one of task, event, discovery"
            ),
            (#"{"kind":"task","id":"gone","state":"unregistered"}"#, "5", "HELLO.targets[2].kind is missing"),
            (
                #"{"kind":"task","id":"gone","state":"unregistered"}"#,
                #"{"kind":"discovery","id":"","state":"callable","lane":"call","head":false}"#,
                "HELLO.targets: there is more than one discovery target"
            ),
            (
                #""jsonLimitBytes":2097152"#, #""jsonLimitBytes":-1"#,
                "HELLO.exposure.rules.jsonLimitBytes must be an integer from 0 to 2147483647"
            ),
            (
                #""plain":999"#, #""plain":1002"#,
                "HELLO.exposure.rules.jsonDepth.plain must be an integer from 0 to 1001"
            ),
            (#""lane":"listener""#, #""lane":"fast""#, "HELLO.targets[1].lane must be one of call, listener"),
            (#""names":["add"]"#, #""names":[""]"#, "HELLO.targets[0].names[0] must be a string of 1 to 1024 bytes"),
            (#"[["add","app.tasks.add"]]"#, #"[["add"]]"#, "HELLO.shownIds[0] must be a list of 2"),
            (#""everything":false"#, #""everything":null"#, "HELLO.listener.everything must be true or false"),
        ])
    func whatIsWrong(old: String, new: String, message: String) {
        #expect(throws: HelloError(message)) { try hello(replacing: old, with: new) }
    }

    @Test("nothing is open that does not say so: a HELLO without auth, or with one of an unknown kind, is refused")
    func authMustBeSaid() throws {
        let auth = #""auth":{"kind":"tokens","header":"x-runner-token","tokens":["s3cret","tökén"]},"#
        let missing = HelloError(
            "HELLO.exposure.auth is missing: its kind must be one of open, tokens, closed, ask")
        #expect(throws: missing) { try hello(replacing: auth, with: "") }
        #expect(throws: missing) { try hello(replacing: auth, with: #""auth":null,"#) }
        #expect(throws: HelloError("HELLO.exposure.auth.kind is missing")) {
            try hello(replacing: auth, with: #""auth":{"header":"x-runner-token","tokens":["a"]},"#)
        }
        #expect(throws: HelloError("HELLO.exposure.auth.kind must be one of open, tokens, closed, ask")) {
            try hello(replacing: auth, with: #""auth":{"kind":"maybe"},"#)
        }
        #expect(throws: HelloError("HELLO.exposure.auth.tokens is missing")) {
            try hello(replacing: auth, with: #""auth":{"kind":"tokens","header":"x-runner-token"},"#)
        }
        let open = try hello(replacing: auth, with: #""auth":{"kind":"open"},"#)
        #expect(open.exposure.auth == .open)
        let closed = try hello(replacing: auth, with: #""auth":{"kind":"closed","message":"No."},"#)
        #expect(closed.exposure.auth == .closed(message: "No."))
        let ask = try hello(replacing: auth, with: #""auth":{"kind":"ask","header":"x-api-key","tokens":[]},"#)
        #expect(ask.exposure.auth == .ask(TokenSettings(header: "x-api-key", tokens: [])))
    }

    @Test(
        "every rule has to be there",
        arguments: [
            #""unlisted":"forbidden","#, #""discovery":"get","#, #""requestIds":true,"#, #""securityHeaders":true,"#,
            #""corsOnErrors":true,"#, #""corsCredentialsWithoutOrigin":"none","#, #""jsonLimitBytes":2097152,"#,
            #""jsonDepth":{"limit":1001,"plain":999},"#, #""plainKeys":"serializer","#,
            #""invalidBodyText":"Invalid JSON body","#, #""prettyErrors":false,"#, #""eventResults":true}"#,
        ])
    func everyRule(text: String) throws {
        let name = try #require(text.split(separator: "\"").first)
        let closing = text.hasSuffix("}") && !text.contains("{") ? #""later":1}"# : ""
        #expect(throws: HelloError("HELLO.exposure.rules.\(name) is missing")) {
            try hello(replacing: text, with: closing)
        }
    }

    @Test("a rule that this front does not know is refused, as it could not be kept")
    func unknownRule() {
        #expect(throws: HelloError("HELLO.exposure.rules.later is unknown to this front: update the front")) {
            try hello(replacing: #""eventResults":true"#, with: #""eventResults":true,"later":1"#)
        }
    }

    @Test("what is handed to the app's own handlers needs some")
    func handlers() {
        #expect(throws: HelloError("HELLO.targets[1].lane is listener, which needs HELLO.listener.exposure")) {
            try hello(replacing: #""listener":{"exposure":true"#, with: #""listener":{"exposure":false"#)
        }
        let asking = Self.complete
            .replacing(#""kind":"tokens""#, with: #""kind":"ask""#)
            .replacing(#""listener":{"exposure":true"#, with: #""listener":{"exposure":false"#)
        #expect(throws: HelloError("HELLO.exposure.auth.kind is ask, which needs HELLO.listener.exposure")) {
            try hello(asking)
        }
    }

    @Test("what is no JSON is refused, not crashed on")
    func hostileBytes() {
        let seed = UInt64.random(in: 0 ... .max)
        print("hello: seed \(seed)")
        var random = SeededGenerator(seed: seed)
        for _ in 0..<5_000 {
            var bytes = Array(Self.complete.utf8)
            for _ in 0..<Int.random(in: 1...8, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
            _ = try? Hello(parsing: bytes.span)
        }
        #expect(throws: HelloError.self) { try hello(String(repeating: "[", count: 100_000)) }
    }
}
