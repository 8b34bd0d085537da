import BridgeProtocol
import Bytes
import Foundation
import Testing

@Suite("HELLO")
struct HelloTests {
    private static let complete = """
        {"protocol":1,"worker":"w1","link":3,"pid":42,"shim":"0.1.0","node":"20.20.2","runner":"4.8.6","later":[{"x":1}],
        "exposure":{"basePath":"/__runner","auth":{"header":"x-runner-token","tokens":["s3cret","tökén"]},
        "cors":{"origin":{"kind":"list","values":["https://a.example"]},"credentials":true,"varyOrigin":false,
        "methods":["POST"],"allowedHeaders":["content-type"],"exposedHeaders":["X-Extra"],"maxAge":600},"allowList":true},
        "targets":[{"kind":"task","id":"app.tasks.add","state":"callable","head":true},
        {"kind":"event","id":"app.events.☃","state":"callable","head":false},
        {"kind":"task","id":"gone","state":"unregistered"},{"kind":"event","id":"left","state":"removed"},
        {"kind":"discovery","id":"","state":"callable","head":false}],
        "listener":{"exposure":true,"everything":false}}
        """

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
                basePath: "/__runner", auth: AuthSettings(tokens: ["s3cret", "tökén"]),
                cors: CORSSettings(
                    origin: .list(["https://a.example"]), credentials: true, varyOrigin: false, methods: ["POST"],
                    allowedHeaders: ["content-type"], exposedHeaders: ["X-Extra"], maxAge: "600"),
                hasAllowList: true),
            targets: [
                .init(kind: .task, id: "app.tasks.add", wantsHead: true), .init(kind: .event, id: "app.events.☃"),
                .init(kind: .task, id: "gone", state: .unregistered), .init(kind: .event, id: "left", state: .removed),
                .init(kind: .discovery, id: ""),
            ],
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
                "this front speaks version 1 of the bridge protocol, the shim version 2: update the front")
        ) {
            try hello(#"{"protocol":2,"worker":7}"#)
        }
        #expect(
            throws: HelloError(
                "this front speaks version 1 of the bridge protocol, the shim version 0: update the npm package runner-sidecar"
            )
        ) { try hello(#"{"protocol":0}"#) }
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
                #""tokens":["s3cret","tökén"]"#, #""tokens":[]"#,
                "HELLO.exposure.auth.tokens must hold at least one token and no empty one; auth is null for no token"
            ),
            (
                #""tokens":["s3cret","tökén"]"#, #""tokens":["a",""]"#,
                "HELLO.exposure.auth.tokens must hold at least one token and no empty one; auth is null for no token"
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
                #"{"kind":"discovery","id":"","state":"callable","head":false}"#,
                "HELLO.targets: there is more than one discovery target"
            ),
            (#""everything":false"#, #""everything":null"#, "HELLO.listener.everything must be true or false"),
        ])
    func whatIsWrong(old: String, new: String, message: String) {
        #expect(throws: HelloError(message)) { try hello(replacing: old, with: new) }
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
