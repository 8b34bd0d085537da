import Testing

@testable import HTTPCodec

@Suite("A request whose end two servers could see in different places is refused")
struct SmugglingTests {
    @Test(
        "whatever way its Content-Length is not one plain number",
        arguments: [
            "", "-1", "+1", "abc", "1.0", "0x17", "2 3", "1,1", "5, 5", "5,6", "1_0", "1;", "\u{b2}",
            "99999999999999999999",
            "9223372036854775808", "18446744073709551617",
        ])
    func contentLength(value: String) {
        #expect(failure(headWith("Content-Length: \(value)\r\n")) == .malformedContentLength)
    }

    @Test("with Content-Length twice, the same or not")
    func repeatedContentLength() {
        #expect(failure(headWith("Content-Length: 5\r\nContent-Length: 5\r\n")) == .repeatedContentLength)
        #expect(failure(headWith("Content-Length: 5\r\nX: 1\r\ncontent-length: 6\r\n")) == .repeatedContentLength)
    }

    @Test("with both Content-Length and Transfer-Encoding, in either order")
    func both() {
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            "Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
        ] {
            #expect(failure(headWith(fields)) == .contentLengthWithTransferEncoding)
        }
    }

    @Test("the largest Content-Length is a number, not an overflow")
    func largestContentLength() {
        #expect(parsed(Array(headWith("Content-Length: 9223372036854775807\r\n").utf8)).framing == .contentLength(.max))
        #expect(
            parsed(Array(headWith("Content-Length: 00000000000000000000000023\r\n").utf8)).framing == .contentLength(23)
        )
    }

    @Test(
        "with any Transfer-Encoding but chunked",
        arguments: [
            ("", HTTPError.malformedTransferEncoding), ("identity", .malformedTransferEncoding),
            ("gzip", .malformedTransferEncoding), ("xchunked", .malformedTransferEncoding),
            ("chunkedx", .malformedTransferEncoding), ("chunked, chunked", .malformedTransferEncoding),
            ("chunked, gzip", .malformedTransferEncoding), ("chunked, identity", .malformedTransferEncoding),
            ("chunked,", .malformedTransferEncoding), (",chunked", .malformedTransferEncoding),
            ("\"chunked\"", .malformedTransferEncoding), ("chunked;q=1", .malformedTransferEncoding),
            ("chu nked", .malformedTransferEncoding), ("gzip chunked", .malformedTransferEncoding),
            ("chun\u{212a}ed", .malformedTransferEncoding), ("gzip;x=1, chunked", .malformedTransferEncoding),
            ("gzip, chunked", .unsupportedTransferEncoding), ("identity,chunked", .unsupportedTransferEncoding),
            ("\u{0b}chunked", .malformedFieldValue), ("chunked\0", .malformedFieldValue),
        ])
    func transferEncoding(value: String, error: HTTPError) {
        #expect(failure(headWith("Transfer-Encoding: \(value)\r\n")) == error)
    }

    @Test("chunked is chunked in any case and with white space around it")
    func chunkedSpellings() {
        for value in ["chunked", "Chunked", "CHUNKED", "  chunked  ", "\tchunked"] {
            #expect(parsed(Array(headWith("Transfer-Encoding:\(value)\r\n").utf8)).framing == .chunked)
        }
    }

    @Test("with a tab behind a framing field's value, which Node's parser refuses")
    func trailingTab() {
        for tail in ["\t", " \t", "\t  "] {
            #expect(failure(headWith("Transfer-Encoding: chunked\(tail)\r\n")) == .malformedTransferEncoding)
            #expect(failure(headWith("Content-Length: 5\(tail)\r\n")) == .malformedContentLength)
        }
    }

    @Test("with Transfer-Encoding twice, or under a name that another server might take for it")
    func transferEncodingShapes() {
        #expect(
            failure(headWith("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"))
                == .malformedTransferEncoding)
        #expect(
            failure(headWith("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n")) == .malformedTransferEncoding)
        #expect(failure(headWith("Transfer-Encoding : chunked\r\n")) == .malformedFieldName)
        #expect(failure(headWith("Transfer-Encoding\r\n : chunked\r\n")) == .malformedField)
        #expect(failure(headWith("X: y\r\n Transfer-Encoding: chunked\r\n")) == .foldedField)
        #expect(failure(headWith("X: y\nTransfer-Encoding: chunked\r\n")) == .bareLineFeed)
        #expect(failure(headWith("X: y\rTransfer-Encoding: chunked\r\n")) == .bareCarriageReturn)
        #expect(failure(headWith("Transfer-Encoding\u{0b}: chunked\r\n")) == .malformedFieldName)
        #expect(failure(headWith("Transfer-Encoding:\r\n chunked\r\n")) == .foldedField)
    }

    @Test("in HTTP/1.0 with Transfer-Encoding")
    func http10() {
        #expect(
            failure("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == .transferEncodingInHTTP10)
    }
}
