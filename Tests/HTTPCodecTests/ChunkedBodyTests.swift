import Testing

@testable import HTTPCodec

@Suite("A chunked body")
struct ChunkedBodyTests {
    static let good: [(body: String, data: String)] = [
        ("0\r\n\r\n", ""),
        ("5\r\nhello\r\n0\r\n\r\n", "hello"),
        ("a\r\n0123456789\r\n1\r\nx\r\n000\r\n\r\n", "0123456789x"),
        ("0A\r\n0123456789\r\n0\r\n\r\n", "0123456789"),
        ("2;a=b;c;d=\"e;\\\"f\"\r\n\r\n\r\n0;last\r\nX-T: 1\r\nY:\r\n\r\n", "\r\n"),
        ("1\r\nx\r\n0\r\nContent-Lengt: 1\r\nContent-Lengthy: 1\r\nTransfer: \u{e9}\r\n\r\n", "x"),
    ]

    @Test("gives the same data and end at every split, and takes no byte behind the end", arguments: good)
    func everySplit(body: String, data: String) {
        let bytes = Array(body.utf8)
        let expected = Dechunked(data: Array(data.utf8), outcome: .end, consumed: bytes.count)
        #expect(dechunk(bytes) == expected)
        for cut in 0...bytes.count { #expect(dechunk(bytes, cuts: [cut]) == expected, "cut at \(cut)") }
        #expect(dechunk(bytes, cuts: Array(0..<bytes.count)) == expected)
        #expect(dechunk(bytes + Array("GET /".utf8)) == expected)
        for length in 0..<bytes.count { #expect(dechunk(Array(bytes[..<length])).outcome == nil, "first \(length)") }
    }

    static let bad: [(String, HTTPError)] = [
        ("\r\n", .malformedChunk),
        ("g\r\n", .malformedChunk),
        ("-1\r\n", .malformedChunk),
        ("0x5\r\n", .malformedChunk),
        (" 5\r\n", .malformedChunk),
        ("5 \r\n", .malformedChunk),
        ("5\t;a\r\n", .malformedChunk),
        (";a\r\n", .malformedChunk),
        ("5;\r\n", .malformedChunk),
        ("5; a\r\n", .malformedChunk),
        ("5;a=\r\n", .malformedChunk),
        ("5;a=b c\r\n", .malformedChunk),
        ("5;a=\"b\r\n", .malformedChunk),
        ("5;a=\"b\"c\r\n", .malformedChunk),
        ("5;a=\"\\\r\n", .malformedChunk),
        ("5;a\0\r\n", .malformedChunk),
        ("5\nhello", .bareLineFeed),
        ("5;a\nhello", .bareLineFeed),
        ("5\rhello", .bareCarriageReturn),
        ("5;a\rb\r\n", .bareCarriageReturn),
        ("5\r\nhellox", .malformedChunk),
        ("5\r\nhello0\r\n\r\n", .malformedChunk),
        ("5\r\nhello\n0\r\n\r\n", .malformedChunk),
        ("5\r\nhello\rx", .bareCarriageReturn),
        ("100000000000000000\r\n", .chunkTooLarge),
        ("ffffffffffffffff\r\n", .chunkTooLarge),
        ("0\r\n\n", .bareLineFeed),
        ("0\r\n\rx", .bareCarriageReturn),
        ("0\r\nX : 1\r\n\r\n", .malformedTrailer),
        ("0\r\nX\r\n\r\n", .malformedTrailer),
        ("0\r\n: 1\r\n\r\n", .malformedTrailer),
        ("0\r\nX: 1\r\n folded\r\n\r\n", .malformedTrailer),
        ("0\r\nX: a\0\r\n\r\n", .malformedTrailer),
        ("0\r\nX: 1\n\r\n", .bareLineFeed),
        ("0\r\nX: 1\rY: 2\r\n", .bareCarriageReturn),
        ("0\r\nContent-Length: 5\r\n\r\n", .framingFieldInTrailer),
        ("0\r\nConnection: close\r\n\r\n", .framingFieldInTrailer),
        ("0\r\nX: 1\r\nTRANSFER-encoding: chunked\r\n\r\n", .framingFieldInTrailer),
    ]

    @Test("that breaks a rule is refused with the error that names it, at every split", arguments: bad)
    func refused(body: String, error: HTTPError) {
        let bytes = Array(body.utf8)
        let whole = dechunk(bytes)
        #expect(whole.outcome == .failed(error))
        for cut in 0...bytes.count { #expect(dechunk(bytes, cuts: [cut]) == whole, "cut at \(cut)") }
        #expect(dechunk(bytes, cuts: Array(0..<bytes.count)) == whole)
    }

    @Test("is bounded in its chunk lines and its trailers, not in their number")
    func limits() {
        var limits = HTTPLimits()
        limits.chunkLineBytes = 20
        limits.trailerBytes = 30
        func outcome(_ body: String) -> ChunkEvent? { dechunk(Array(body.utf8), limits: limits).outcome }
        #expect(outcome("1;" + String(repeating: "e", count: 16) + "\r\nx\r\n0\r\n\r\n") == .end)
        #expect(outcome("1;" + String(repeating: "e", count: 17) + "\r\nx\r\n0\r\n\r\n") == .failed(.chunkLineTooLong))
        #expect(outcome(String(repeating: "0", count: 21)) == .failed(.chunkLineTooLong))
        #expect(outcome(String(repeating: "1;eeeeeeeeee\r\nx\r\n", count: 100) + "0\r\n\r\n") == .end)
        #expect(outcome("0\r\nX: " + String(repeating: "v", count: 23) + "\r\n\r\n") == .end)
        #expect(outcome("0\r\nX: " + String(repeating: "v", count: 24) + "\r\n\r\n") == .failed(.trailersTooLarge))
        #expect(outcome("0\r\n" + String(repeating: "a:\r\n", count: 8) + "\r\n") == .failed(.trailersTooLarge))
    }

    @Test("takes no more of a connection than 32 bytes")
    func size() {
        #expect(MemoryLayout<ChunkedBody>.size <= 32)
        #expect(MemoryLayout<HeadScan>.size <= 16)
    }
}
