import Bytes
import Compression
import Gzip
import Testing

/// A response as a client reads it.
private struct Response {
    var head: String
    var fields: [String: String] = [:]
    /// Without its chunks.
    var body: [UInt8] = []
    var isComplete = true

    init(_ bytes: [UInt8]) throws {
        let end = try #require(bytes.indices.first { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) })
        head = String(decoding: bytes[..<end], as: UTF8.self)
        for line in head.split(separator: "\r\n").dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            let name = parts[0].lowercased()
            let value = parts[1].drop { $0 == " " }
            fields[name] = fields[name].map { $0 + ", " + value } ?? String(value)
        }
        var rest = bytes[(end + 4)...]
        guard fields["transfer-encoding"] == "chunked" else {
            body = Array(rest)
            return
        }
        while true {
            guard let lf = rest.firstIndex(of: 10) else {
                isComplete = false
                return
            }
            let size = try #require(Int(String(decoding: rest[rest.startIndex..<lf - 1], as: UTF8.self), radix: 16))
            if size == 0 { break }
            body += rest[lf + 1..<lf + 1 + size]
            rest = rest[(lf + 3 + size)...]
        }
    }

    func expanded() throws -> (GzipExpander.Outcome, String) {
        var out = ByteBuffer()
        let outcome = try #require(GzipExpander()).expand(body.span, limitBytes: 64 << 20, into: &out)
        return (outcome, String(decoding: out.bytes.copied(), as: UTF8.self))
    }
}

/// What a client gets of `pieces`, and whether the app's framing held.
private func send(
    _ pieces: [String], accepted: Bool = true, isHead: Bool = false, thresholdBytes: Int = 100
) -> (bytes: [UInt8], isWhole: Bool) {
    let gzip = ResponseGzip(level: 6)
    // What was under way before leaves nothing behind.
    var waste = ByteBuffer()
    let before = Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab".utf8)
    gzip.begin(accepted: true, isHead: false, thresholdBytes: 0)
    _ = gzip.take(before.span, into: &waste)
    gzip.begin(accepted: accepted, isHead: isHead, thresholdBytes: thresholdBytes)
    var out = ByteBuffer()
    for piece in pieces {
        let bytes = Array(piece.utf8)
        guard gzip.take(bytes.span, into: &out) else { return (out.bytes.copied(), false) }
    }
    return (out.bytes.copied(), true)
}

private let text = String(repeating: "All work and no play makes Jack a dull boy.\n", count: 30)

private func response(_ fields: String, body: String = text, status: String = "200 OK") -> String {
    "HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

@Suite("responses of the app, compressed")
struct ResponseGzipTests {
    @Test("a text of known length is compressed, and says so")
    func length() throws {
        let sent = send([response("Content-Type: text/plain\r\nX-One: 1\r\n")])
        let got = try Response(sent.bytes)
        #expect(got.head.hasPrefix("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nX-One: 1\r\n"))
        #expect(got.fields["content-length"] == nil)
        #expect(got.fields["content-encoding"] == "gzip")
        #expect(got.fields["vary"] == "Accept-Encoding")
        #expect(try got.expanded() == (.complete, text))
        #expect(sent.bytes.count < text.utf8.count / 2)
    }

    @Test("in chunks, each piece of the app's can be read when it comes")
    func events() throws {
        let gzip = ResponseGzip(level: 6)
        gzip.begin(accepted: true, isHead: false, thresholdBytes: 1000)
        var out = ByteBuffer()
        let head = Array(
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)
        #expect(gzip.take(head.span, into: &out))
        #expect(gzip.isCompressing)
        var expected = ""
        for number in 0..<20 {
            let event = "data: \(number)\n\n"
            expected += event
            let chunk = Array("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n".utf8)
            #expect(gzip.take(chunk.span, into: &out))
            #expect(try Response(out.bytes.copied()).expanded().1 == expected)
        }
        let end = Array("0\r\n\r\n".utf8)
        #expect(gzip.take(end.span, into: &out))
        let got = try Response(out.bytes.copied())
        #expect(got.isComplete)
        #expect(try got.expanded() == (.complete, expected))
    }

    @Test("however the app's bytes are cut, the client gets the same")
    func cut() throws {
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\n"
            + "a\r\n[1,2,3,4,5\r\n3;x=y\r\n,6]\r\n0\r\n\r\n"
        for whole in [response("Content-Type: application/json\r\nVary: Origin\r\n"), chunked] {
            let bytes = Array(whole.utf8)
            let expected = try Response(send([whole]).bytes)
            for size in [1, 2, 3, 7, 50] {
                let pieces = stride(from: 0, to: bytes.count, by: size).map {
                    String(decoding: bytes[$0..<min(bytes.count, $0 + size)], as: UTF8.self)
                }
                let got = try Response(send(pieces).bytes)
                #expect(got.head == expected.head)
                #expect(try got.expanded() == expected.expanded())
                #expect(try got.expanded().0 == .complete)
            }
        }
    }

    @Test(
        "what must stay as it is goes through byte for byte",
        arguments: [
            response("Content-Type: image/png\r\n"), response(""),
            response("Content-Type: text/plain\r\nContent-Encoding: br\r\n"),
            response("Content-Type: text/plain\r\nCache-Control: private, no-transform\r\n"),
            response("Content-Type: text/plain\r\nContent-Range: bytes 0-1/2\r\n", status: "206 Partial Content"),
            response("Content-Type: text/plain\r\nContent-Digest: sha-256=:x:\r\n"),
            response("Content-Type: text/plain\r\nTrailer: X\r\n"),
            response("Content-Type: text/plain\r\n", body: "short"),
            "HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n",
            "HTTP/1.1 304 Not Modified\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nanything",
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n" + text,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: gzip, chunked\r\n\r\n" + text,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 500\r\nContent-Length: 600\r\n\r\n" + text,
            "HTTP/1.1 200 OK\r\nno colon\r\nContent-Type: text/plain\r\nContent-Length: 500\r\n\r\n" + text,
            "garbage\r\n\r\n" + text, "SSH-2.0-x\r\n",
        ])
    func verbatim(whole: String) {
        let sent = send([whole, ""])
        #expect(sent.isWhole)
        // A head that does not come is still waited for.
        if whole.contains("\r\n\r\n") { #expect(String(decoding: sent.bytes, as: UTF8.self) == whole) }
    }

    @Test("a head that never ends goes through once it is too long")
    func endlessHead() {
        let line = "X: " + String(repeating: "y", count: 1000) + "\r\n"
        let pieces = ["HTTP/1.1 200 OK\r\n"] + [String](repeating: line, count: 70)
        #expect(String(decoding: send(pieces).bytes, as: UTF8.self) == pieces.joined())
    }

    @Test("a response to HEAD has no body, whatever its head says")
    func head() throws {
        let whole = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\n"
        #expect(send([whole], isHead: true).bytes == Array(whole.utf8))
    }

    @Test("a client that takes no gzip is told that others may")
    func notAccepted() throws {
        let sent = send([response("Content-Type: text/plain\r\nVary: Origin\r\n")], accepted: false)
        let got = try Response(sent.bytes)
        #expect(got.fields["vary"] == "Origin, Accept-Encoding")
        #expect(got.fields["content-encoding"] == nil)
        #expect(got.body == Array(text.utf8))
    }

    @Test("a Vary that says it already is left alone", arguments: ["accept-encoding", "Origin, Accept-Encoding", "*"])
    func varies(value: String) throws {
        for accepted in [true, false] {
            let sent = send([response("Content-Type: text/plain\r\nVary: \(value)\r\n")], accepted: accepted)
            #expect(try Response(sent.bytes).fields["vary"] == value)
        }
    }

    @Test("a strong validator becomes a weak one, ranges are no longer offered, identity is no coding")
    func validators() throws {
        let fields = "Content-Type: text/plain\r\nETag: \"a\"\r\nAccept-Ranges: bytes\r\nContent-Encoding: identity\r\n"
        let got = try Response(send([response(fields)]).bytes)
        #expect(got.fields["etag"] == "W/\"a\"")
        #expect(got.fields["accept-ranges"] == nil)
        #expect(got.fields["content-encoding"] == "gzip")
        let weak = try Response(send([response("Content-Type: text/plain\r\nETag: W/\"a\"\r\n")]).bytes)
        #expect(weak.fields["etag"] == "W/\"a\"")
    }

    @Test("informational heads go ahead of the one that counts")
    func informational() throws {
        let early = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
        let sent = send([early + early, response("Content-Type: text/plain\r\n")])
        let prefix = Array((early + early).utf8)
        #expect(sent.bytes.starts(with: prefix))
        #expect(try Response(Array(sent.bytes.dropFirst(prefix.count))).expanded() == (.complete, text))
    }

    @Test(
        "an app whose framing breaks is cut, and never made whole",
        arguments: [
            ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n", "xyz\r\n"],
            ["HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nmore"],
            [response("Content-Type: text/plain\r\n") + "more"], [response("Content-Type: text/plain\r\n"), "more"],
        ])
    func broken(pieces: [String]) throws {
        #expect(!send(pieces).isWhole)
    }

    @Test("no bytes whatsoever do harm")
    func anything() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let starts = [
            response("Content-Type: text/plain\r\nETag: \"a\"\r\n", body: String(repeating: "x", count: 200)),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ]
        let gzip = ResponseGzip(level: 1)
        for _ in 0..<5000 {
            var bytes = Array(starts.randomElement(using: &random)!.utf8)
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                bytes[at] = [0, 10, 13, 58, 48, 255, 32].randomElement(using: &random)!
            }
            gzip.begin(accepted: Bool.random(using: &random), isHead: false, thresholdBytes: 0)
            var out = ByteBuffer()
            let cut = Int.random(in: 0...bytes.count, using: &random)
            let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
            if gzip.take(first.span, into: &out) { _ = gzip.take(second.span, into: &out) }
        }
    }
}

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}
