import BridgeProtocol
import Bytes
import Exposure
import Foundation
import HTTPCodec
import Testing

@Suite("CORS")
struct CORSTests {
    private static let post = "POST /__runner/task/app.tasks.add"
    private static let preflight = "OPTIONS /__runner/task/app.tasks.add"

    private func front(_ cors: CORSSettings) -> Front {
        Front(ExposureSettings.runner48(cors: cors))
    }

    @Test("an origin is echoed only if the list has just that")
    func list() {
        var front = front(CORSSettings(origin: .list(["https://a.example", "https://b.example"])))
        let allowed = front.decide(Self.post, "Origin: https://b.example")
        #expect(front.lines(allowed) == "Vary: Origin|Access-Control-Allow-Origin: https://b.example")
        for origin in ["https://B.example", "https://b.example.evil", "null", ""] {
            let refused = front.decide(Self.post, "Origin: " + origin)
            #expect(front.lines(refused) == "Vary: Origin", "\(origin)")
        }
        // Node joins what is repeated.
        let twice = front.decide(Self.post, "Origin: https://a.example", "Origin: https://b.example")
        #expect(front.lines(twice) == "Vary: Origin")
    }

    @Test("a preflight answer gives back what was asked for unless the app says otherwise")
    func requestedHeaders() {
        var echoing = front(CORSSettings())
        let start = "Access-Control-Allow-Origin: *|Access-Control-Allow-Methods: POST, OPTIONS"
        #expect(echoing.lines(echoing.decide(Self.preflight)) == start)
        let asked = echoing.decide(
            Self.preflight, "Access-Control-Request-Headers: x-a", "access-control-request-headers: B")
        #expect(echoing.lines(asked) == start + "|Access-Control-Allow-Headers: x-a, B")

        var fixed = front(
            CORSSettings(
                origin: .fixed(""), credentials: true, methods: ["GET"], allowedHeaders: ["a", "b"], maxAge: "1.5"))
        let answer = fixed.decide(Self.preflight, "Access-Control-Request-Headers: x-a")
        #expect(
            fixed.lines(answer)
                == "Access-Control-Allow-Methods: GET|Access-Control-Allow-Headers: a, b"
                + "|Access-Control-Allow-Credentials: true|Access-Control-Max-Age: 1.5")
    }

    @Test("JavaScript is asked about an origin, and not again when its answer holds")
    func asking() {
        var front = front(CORSSettings(origin: .ask))
        let origin = "Origin: https://a.example"
        let once = OriginAnswer(flags: .allowed, value: Array("https://x".utf8))
        let always = OriginAnswer(flags: [.allowed, .cacheable], value: Array("https://y".utf8))
        #expect(asks(front.decide(Self.post, origin)))
        let first = front.decide(Self.post, origin, answer: once)
        #expect(front.lines(first) == "Vary: Origin|Access-Control-Allow-Origin: https://x")
        #expect(asks(front.decide(Self.post, origin)))
        _ = front.decide(Self.post, origin, answer: always)
        let later = front.decide(Self.post, origin)
        #expect(front.lines(later) == "Vary: Origin|Access-Control-Allow-Origin: https://y")
        let preflight = front.decide(Self.preflight, origin)
        #expect(front.lines(preflight)?.contains("https://y") == true)
        // No origin is another question, and so is an empty one.
        #expect(asks(front.decide(Self.post)))
        #expect(asks(front.decide(Self.post, "Origin: ")))
        // What nodeExposure answers before CORS needs no question.
        #expect(front.decide("GET /__runner/task/app.tasks.add", origin) == .reject(.methodNotAllowed, cors: .none))
        #expect(front.decide("GET /elsewhere", origin) == .outside)
    }

    @Test("a function that throws, or gives what no header can hold, is an internal error without CORS")
    func throwing() {
        var front = front(CORSSettings(origin: .ask))
        let evil = OriginAnswer(flags: .allowed, value: Array("a\r\nSet-Cookie: b".utf8))
        for answer in [OriginAnswer(flags: .threw), evil] {
            #expect(front.decide(Self.post, answer: answer) == .reject(.internalError, cors: .none))
            #expect(front.decide(Self.preflight, answer: answer) == .reject(.internalError, cors: .none))
        }
    }

    @Test("the question carries the origin as the app would see it")
    func question() {
        var front = front(CORSSettings(origin: .ask))
        for (fields, expected) in [("Origin: a\r\nOrigin: b\r\n", "a, b"), ("Origin: a\r\n", "a"), ("", nil)] {
            let bytes = Array("\(Self.post) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".utf8)
            let head = RequestHead()
            var scan = HeadScan()
            _ = RequestHeadParser().parse(bytes.span, resuming: &scan, into: head)
            #expect(asks(front.rules.decide(head, bytes.span)))
            var written = ByteBuffer()
            front.rules.writeOriginQuestion(7, head, bytes.span, into: &written)
            var question = ByteBuffer()
            if let expected {
                FrameWriter.originQuestion(question: 7, origin: Array(expected.utf8).span, into: &question)
            } else {
                FrameWriter.originQuestion(question: 7, origin: nil, into: &question)
            }
            #expect(written.bytes.copied() == question.bytes.copied())
        }
    }

    @Test("blocks made from clients' origins are bounded; what is beyond is lent and given back")
    func boundedBlocks() {
        var front = front(CORSSettings(credentials: true))
        var lent: [CORSBlock] = []
        for i in 0..<3_000 {
            let decision = front.decide(Self.post, "Origin: https://\(i).example")
            guard case .call(_, _, let block) = decision else {
                Issue.record("\(decision)")
                continue
            }
            #expect(front.lines(decision)?.contains("Allow-Origin: https://\(i).example|") == true)
            lent.append(block)
        }
        let most = front.rules.lentBlocks
        #expect(most > 1_500 && most < 3_000)
        for block in lent { front.rules.release(block) }
        let left = front.rules.lentBlocks
        #expect(left == 0)
        // The first ones were kept, and need no more room.
        _ = front.decide(Self.post, "Origin: https://0.example")
        let stillNone = front.rules.lentBlocks
        #expect(stillNone == 0)
    }

    @Test("a decision made before the configuration changed is answered as it was made")
    func changedSettings() {
        var front = front(CORSSettings(credentials: true))
        let kept = front.decide(Self.post, "Origin: https://a.example")
        let lent = front.decide(Self.post, "Origin: " + String(repeating: "a", count: 2_000))
        front.rules.apply(
            ExposureSettings.runner48(basePath: "/api", cors: CORSSettings(origin: .fixed("https://b.example"))))
        #expect(front.lines(kept)?.contains("Allow-Origin: https://a.example|") == true)
        #expect(front.lines(lent)?.contains("Allow-Origin: aaa") == true)
        #expect(front.decide(Self.post) == .outside)
        let new = front.decide("POST /api/task/app.tasks.add")
        #expect(front.lines(new) == "Access-Control-Allow-Origin: https://b.example")
        if case .call(_, _, let block) = lent { front.rules.release(block) }
        let left = front.rules.lentBlocks
        #expect(left == 0)
    }

    @Test("an origin of absurd length is answered, and not kept")
    func longOrigins() {
        var front = front(CORSSettings(credentials: true))
        let decision = front.decide(Self.post, "Origin: " + String(repeating: "a", count: 10_000))
        #expect(front.lines(decision)?.utf8.count ?? 0 > 10_000)
        let lent = front.rules.lentBlocks
        #expect(lent == 1)
    }
}

/// Whether the app has to judge the request's origin first.
func asks(_ decision: Decision) -> Bool {
    if case .ask = decision { true } else { false }
}
