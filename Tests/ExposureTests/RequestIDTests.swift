import BridgeProtocol
import Bytes
import Exposure
import Foundation
import HTTPCodec
import Testing

@Suite("Request ids")
struct RequestIDTests {
    private static let add = "POST /__runner/task/app.tasks.add"

    /// The id in the response to a request that brings `value`.
    private func id(for value: String) -> String? {
        var front = Front(.runner55())
        return front.response(Self.add, "X-Runner-Request-ID: \(value)")["x-runner-request-id"]
    }

    @Test(
        "an id that a request brings is kept, without white space around it",
        arguments: [
            "a", "A-z_0.9:", String(repeating: "x", count: 128), "  a b".replacing(" b", with: "\t"),
            "\u{A0}nbsp\u{A0}",
        ])
    func kept(value: String) {
        let expected = value.trimmingPrefix { $0 == " " || $0 == "\u{A0}" }.prefix { $0 != "\t" && $0 != "\u{A0}" }
        #expect(id(for: value) == String(expected))
    }

    @Test(
        "what is no id is replaced by a UUID of version 4",
        arguments: ["", " ", "a b", "a/b", "é", "a,b", String(repeating: "x", count: 129), "a\u{A0}b", "a;b"])
    func replaced(value: String) {
        #expect(Recording.Exchange.isUUID(id(for: value) ?? ""))
    }

    @Test("of two ids none counts, as Node joins them")
    func repeated() {
        var front = Front(.runner55())
        let response = front.response(Self.add, "x-runner-request-id: a", "x-runner-request-id: b")
        #expect(Recording.Exchange.isUUID(response["x-runner-request-id"] ?? ""))
    }

    @Test("made ids are all different")
    func different() {
        var front = Front(.runner55())
        var seen: Set<String> = []
        for _ in 0..<2_000 { seen.insert(front.response(Self.add)["x-runner-request-id"] ?? "") }
        #expect(seen.count == 2_000)
    }

    private func taskHead(_ fields: String) -> (text: String, changes: Bool) {
        var front = Front(.runner55())
        let bytes = Array("\(Self.add) HTTP/1.1\r\nHost: a\r\n\(fields)\r\n".unicodeScalars.map { UInt8($0.value) })
        let head = RequestHead()
        var scan = HeadScan()
        _ = RequestHeadParser().parse(bytes.span, resuming: &scan, into: head)
        let id = front.rules.requestID(for: front.rules.decide(head, bytes.span), head, bytes.span)
        var written = ByteBuffer()
        id.writeHead(bytes.span, into: &written)
        return (String(decoding: written.bytes.copied(), as: UTF8.self), id.changesHead)
    }

    @Test("an id that was made is the last field of the task's head; all else is as it was sent")
    func head() throws {
        let start = "\(Self.add) HTTP/1.1\r\nHost: a\r\n"
        #expect(!taskHead("X-Runner-Request-Id: mine\r\nX-B: c\r\n").changes)
        for fields in ["", "X-RUNNER-REQUEST-ID: a b\r\n", "x-runner-request-id: a\r\nX-Runner-Request-Id:b\r\n"] {
            let (text, changes) = taskHead(fields + "X-B: c\r\n")
            #expect(changes)
            #expect(text.hasPrefix(start + fields + "X-B: c\r\nx-runner-request-id: "))
            let id = try #require(text.components(separatedBy: "\r\n").dropLast(2).last)
            #expect(Recording.Exchange.isUUID(String(id.dropFirst("x-runner-request-id: ".count))))
        }
        // What had to be trimmed is not what the task would see.
        let (text, changes) = taskHead("x-runner-request-id: \u{A0}a\r\nX-B: c\r\n")
        #expect(changes && text == start + "X-B: c\r\nx-runner-request-id: a\r\n\r\n")
    }
}
