import BridgeProtocol
import Bytes
import Exposure
import HTTPCodec
import Testing

@Suite("Answers")
struct AnswerTests {
    private func tails() -> ResponseHeadSuffix {
        let date = Array("Sun, 06 Nov 1994 08:49:37 GMT".utf8)
        return ResponseHeadSuffix(date: date.span, keepAliveSeconds: 65)
    }

    private func text(_ body: (inout ExposureRules, CORSBlock, inout ByteBuffer) -> Void) -> String {
        var front = Front()
        guard case .call(_, _, let block) = front.decide("POST /__runner/task/app.tasks.add") else { return "no call" }
        var answer = ByteBuffer()
        body(&front.rules, block, &answer)
        return String(decoding: answer.bytes.copied(), as: UTF8.self)
    }

    @Test("a result is the head, and the payload in its envelope")
    func result() {
        let eight = Array("8".utf8)
        #expect(
            text { $0.writeResult(eight.span, cors: $1, tails(), .keepAlive, into: &$2) }
                == "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\ncontent-type: application/json; charset=utf-8\r\n"
                + "content-length: 22\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: keep-alive\r\n"
                + "Keep-Alive: timeout=65\r\n\r\n{\"ok\":true,\"result\":8}")
        #expect(
            text { $0.writeResult(nil, cors: $1, tails(), .close, into: &$2) }.hasSuffix(
                "Connection: close\r\n\r\n{\"ok\":true}"))
        #expect(text { $0.writeResult(nil, cors: $1, tails(), .close, into: &$2) }.contains("content-length: 11\r\n"))
    }

    @Test("an error's head says when to come back, if it is worth it")
    func retryAfter() {
        let answer = Rejection.overloaded.answer
        let head = text {
            $0.writeHead(
                status: answer.status, cors: $1, bodyBytes: 3, retryAfterSeconds: answer.retryAfterSeconds, tails(),
                .close,
                into: &$2)
        }
        #expect(head.hasPrefix("HTTP/1.1 503 Service Unavailable\r\nAccess-Control-Allow-Origin: *\r\ncontent-type: "))
        #expect(
            head.hasSuffix(
                "content-length: 3\r\nRetry-After: 1\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nConnection: close\r\n\r\n"
            ))
    }

    @Test("every error has a status that fits, a code in capitals and a body that is its envelope")
    func envelopes() {
        var front = Front()
        _ = front.decide("POST /__runner/task/x")
        for rejection in Rejection.allCases {
            let answer = rejection.answer
            #expect((400...599).contains(answer.status))
            #expect(answer.code.description.allSatisfy { $0.isUppercase || $0.isNumber || $0 == "_" })
            if case .http = rejection { #expect(answer.closes) }
            #expect((answer.status == 503) == (answer.retryAfterSeconds != nil))
            var body = ByteBuffer()
            front.rules.writeBody(of: rejection, into: &body)
            let message = rejection == .invalidJSON ? "Invalid EJSON body" : answer.message.description
            let name = answer.messageEnd.utf8CodeUnitCount > 0 ? "x" : ""
            #expect(
                String(decoding: body.bytes.copied(), as: UTF8.self)
                    == "{\"ok\":false,\"error\":{\"message\":\"\(message)\(name)\(answer.messageEnd)\",\"code\":\"\(answer.code)\"}}"
            )
        }
    }

    @Test("a body that is too large has one answer, whoever noticed")
    func tooLarge() {
        #expect(
            Rejection.http(.bodyTooLarge).answer.code.description == Rejection.payloadTooLarge.answer.code.description)
    }
}

@Suite("The catalogue of targets")
struct TargetCatalogueTests {
    @Test("a target keeps its number, however many are added and whoever announces it again")
    func numbers() {
        var catalogue = TargetCatalogue()
        let ids = (0..<5_000).map { Array("app.tasks.number\($0)".utf8) }
        var numbers: [Int] = []
        for id in ids { numbers.append(catalogue.intern(.task, id: id.span)) }
        #expect(numbers == Array(0..<5_000))
        for (id, number) in zip(ids, numbers) {
            #expect(catalogue.find(.task, id: id.span) == number)
            #expect(catalogue.intern(.task, id: id.span) == number)
            #expect(catalogue.find(.event, id: id.span) == nil)
        }
        let first = ids[0]
        let event = catalogue.intern(.event, id: first.span)
        #expect(event == 5_000 && catalogue.kind(of: event) == .event)
        #expect(catalogue.id(of: 17) == "app.tasks.number17" && catalogue.id(of: event) == "app.tasks.number0")
        #expect(catalogue.availability(of: event) == .absent)
    }

    @Test("ids of every length are told apart")
    func lengths() {
        var catalogue = TargetCatalogue()
        let ids = (0...40).map { Array(repeating: UInt8(ascii: "a"), count: $0) }
        for id in ids { _ = catalogue.intern(.task, id: id.span) }
        #expect(catalogue.count == 41)
        for (number, id) in ids.enumerated() { #expect(catalogue.find(.task, id: id.span) == number) }
        let other = Array("aaaaaaab".utf8)
        #expect(catalogue.find(.task, id: other.span) == nil)
    }
}
