import Testing

@testable import HTTPCodec

@Suite("A head is bounded")
struct LimitTests {
    @Test("by what Node counts: target, names and values together")
    func headBytes() {
        // 16,384 is where Node refuses, recorded as the cases header-counted-16381 and -16384.
        let fixed = "POST /x HTTP/1.1\r\nHost: a\r\nX: "
        let counted = "/x".count + "Hosta".count + "X".count
        func sending(_ total: Int) -> HTTPError? {
            failure(fixed + String(repeating: "v", count: total - counted) + "\r\n\r\n")
        }
        #expect(sending(16_383) == nil)
        #expect(sending(16_384) == .headTooLarge)
    }

    @Test("in its target, its names and its number of fields")
    func others() {
        #expect(failure("GET /" + String(repeating: "a", count: 16_000) + " HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(failure("GET /" + String(repeating: "a", count: 16_384)) == .targetTooLong)
        #expect(failure("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "n", count: 257)) == .headTooLarge)
        let fields = String(repeating: "a:\r\n", count: 1_999)
        #expect(failure("GET / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") == nil)
        #expect(failure("GET / HTTP/1.1\r\nHost: a\r\n\(fields)a:\r\n\r\n") == .tooManyFields)
        #expect(failure(String(repeating: "\r\n", count: 8) + "GET / HTTP/1.1\r\nHost: a\r\n\r\n") == nil)
        #expect(failure(String(repeating: "\r\n", count: 9)) == .malformedRequestLine)
    }

    @Test("on the wire: at that many bytes there is an answer, whatever they are", arguments: [HTTPLimits(), small])
    func wire(limits: HTTPLimits) {
        let parser = RequestHeadParser(limits: limits)
        let starts = [
            "", "\r\n\r\n", "GET /", "GET        ", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nX:",
            "GET / HTTP/1.1\r\nX: y",
            "\r\n\r\n\r\nUNSUBSCRIBE        /        HTTP/1.1\r\n",
        ]
        for start in starts {
            for unit in ["a", " ", "\t", "\r\n", "a:\r\n", "a: \r\n", "aa: \r\n", "a: v\r\n", "longer-name: v\r\n"] {
                var bytes = Array(start.utf8)
                while bytes.count < limits.headWireBytes { bytes += Array(unit.utf8) }
                #expect(parsed(bytes, parser).progress != .incomplete, "\(start) and then \(unit)")
            }
        }
    }

    static var small: HTTPLimits {
        var limits = HTTPLimits()
        limits.headBytes = 100
        limits.targetBytes = 50
        limits.fieldCount = 10
        limits.fieldNameBytes = 20
        return limits
    }
}

extension HTTPLimits {
    /// What a head within these limits takes on the wire at most: with so many bytes the parser never answers
    /// `.incomplete`.
    fileprivate var headWireBytes: Int {
        let requestLine = HTTPMethod.longestName + 2 * separatorSpaces + "HTTP/1.1\r\n".utf8.count
        let besideNameAndValue = ": \r\n".utf8.count
        return leadingEmptyLines * 2 + requestLine + max(headBytes, targetBytes)
            + fieldCount * besideNameAndValue + fieldNameBytes + 4
    }
}
