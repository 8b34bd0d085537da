import Testing

@testable import HTTPCodec

@Suite("However the bytes are split")
struct SplitTests {
    static let heads = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "\r\n\r\nPOST /__runner/task/app.tasks.add?q=1 HTTP/1.1\r\nHost: 127.0.0.1:7071\r\nUser-Agent: node\r\nAccept: */*\r\n"
            + "Connection: keep-alive, x\r\nx-runner-token:  s3cret \t\r\nContent-Type: application/json\r\nContent-Length: 23\r\n\r\n",
        "PUT http://h:1/p HTTP/1.0\r\nConnection: keep-alive\r\nX-Empty:\r\nX-A: \u{e9}\tb\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhOST:\r\ntransfer-ENCODING: Chunked\r\nExpect: 100-Continue\r\n\r\n",
        "UNSUBSCRIBE  /x  HTTP/1.1\r\nHost: [::1]:8\r\nAccess-Control-Request-Headers: a, b\r\nX_y~: 1\r\n\r\n",
        "CONNECT peer.test:443 HTTP/1.1\r\nHost: peer.test:443\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n",
        "GET / HTTP/1.1\nHost: a\n\n",
        "GET / HTTP/2.0\r\n\r\n",
        "GET /\u{7f} HTTP/1.1\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
    ]

    @Test("a head comes out the same from two pieces and byte by byte as from one", arguments: heads)
    func everySplit(head: String) {
        let bytes = Array(head.utf8)
        let parser = RequestHeadParser(customField: Array("x-runner-token".utf8))
        let whole = parsed(bytes, parser)
        #expect(whole.progress != .incomplete)
        for cut in 0...bytes.count {
            #expect(parsedInPieces(bytes, cuts: [cut], parser) == whole, "cut at \(cut)")
        }
        #expect(parsedInPieces(bytes, cuts: Array(0..<bytes.count), parser) == whole)
    }

    @Test("every unfinished head says the same from pieces as at once", arguments: heads)
    func everyPrefix(head: String) {
        let bytes = Array(head.utf8)
        for length in 0..<bytes.count {
            let prefix = Array(bytes[..<length])
            let whole = parsed(prefix)
            #expect(parsedInPieces(prefix, cuts: Array(0..<length)) == whole, "first \(length) bytes")
            if case .failed = whole.progress {
                #expect(parsed(bytes).progress == whole.progress, "what failed after \(length) bytes fails with all")
            }
        }
    }

    @Test("a limit that is reached is reached at the same byte however the head comes")
    func limitsInPieces() {
        var limits = HTTPLimits()
        limits.headBytes = 40
        limits.targetBytes = 20
        limits.fieldCount = 3
        limits.fieldNameBytes = 10
        let parser = RequestHeadParser(limits: limits)
        let samples = [
            "GET /" + String(repeating: "a", count: 30), "GET / HTTP/1.1\r\nX: " + String(repeating: "b", count: 60),
            "GET / HTTP/1.1\r\nA: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\n\r\n",
            "GET / HTTP/1.1\r\n" + String(repeating: "n", count: 20),
            "GET / HTTP/1.1\r\nX:" + String(repeating: " ", count: 60),
        ]
        for sample in samples {
            let bytes = Array(sample.utf8)
            for length in 0...bytes.count {
                let prefix = Array(bytes[..<length])
                #expect(
                    parsedInPieces(prefix, cuts: Array(0..<length), parser) == parsed(prefix, parser),
                    "\(sample) first \(length)")
            }
            #expect(parsed(bytes, parser).progress != .incomplete, "\(sample)")
        }
    }

    @Test("a head that drips in byte by byte is read in linear time")
    func dripping() {
        // A value of 16,000 bytes: rescanning it for every byte would touch 128 million of them in this debug build.
        var bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8)
        let parser = RequestHeadParser()
        var scan = HeadScan()
        let head = RequestHead()
        for _ in 0..<16_000 {
            bytes.append(UInt8(ascii: "v"))
            #expect(parser.parse(bytes.span, resuming: &scan, into: head) == .incomplete)
            #expect(Int(scan.checked) == bytes.count)
        }
        bytes += Array("\r\n\r\n".utf8)
        #expect(parser.parse(bytes.span, resuming: &scan, into: head) == .complete)
        #expect(scan == HeadScan())
    }
}
