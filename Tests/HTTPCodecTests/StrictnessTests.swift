import Testing

@testable import HTTPCodec

@Suite("A head that breaks a rule is refused")
struct StrictnessTests {
    /// What is sent, and what is wrong with it.
    static let malformed: [(String, HTTPError)] = [
        // Request line
        (" GET / HTTP/1.1\r\n", .malformedRequestLine),
        ("GET\t/ HTTP/1.1\r\n", .malformedRequestLine),
        ("GET /\tHTTP/1.1\r\n", .malformedRequestLine),
        ("GET / HTTP/1.1 \r\n", .malformedVersion),
        ("GET /\r\n", .malformedRequestLine),
        ("GET\r\n", .malformedRequestLine),
        ("BAD\r\n", .malformedRequestLine),
        ("GET          / HTTP/1.1\r\n", .malformedRequestLine),
        ("get / HTTP/1.1\r\n", .unknownMethod),
        ("FOO / HTTP/1.1\r\n", .unknownMethod),
        ("UNSUBSCRIBEX / HTTP/1.1\r\n", .unknownMethod),
        ("G@T / HTTP/1.1\r\n", .malformedRequestLine),
        ("\u{16}\u{03}\u{01}", .malformedRequestLine),
        ("GET / http/1.1\r\n", .malformedVersion),
        ("GET / HTTP/1.x\r\n", .malformedVersion),
        ("GET / HTTP/11\r\n", .malformedVersion),
        ("GET / HTTP/1.10\r\n", .malformedVersion),
        ("GET / ICE/1.0\r\n", .malformedVersion),
        ("GET HTTP/1.1\r\n", .malformedRequestLine),
        ("GET  HTTP/1.1\r\n", .malformedRequestLine),
        ("GET / HTTP/2.0\r\n", .versionNotSupported),
        ("GET / HTTP/0.9\r\n", .versionNotSupported),
        ("GET / HTTP/1.2\r\n", .versionNotSupported),
        ("PRI * HTTP/2.0\r\n", .versionNotSupported),
        // Target
        ("GET /a\u{7f} HTTP/1.1\r\n", .malformedTarget),
        ("GET /a\u{01} HTTP/1.1\r\n", .malformedTarget),
        ("GET /a\0 HTTP/1.1\r\n", .malformedTarget),
        ("GET /\u{fc} HTTP/1.1\r\n", .malformedTarget),
        ("GET mailto:x HTTP/1.1\r\n", .malformedTarget),
        ("GET x HTTP/1.1\r\n", .malformedTarget),
        ("GET *x HTTP/1.1\r\n", .malformedTarget),
        ("GET http:/a HTTP/1.1\r\n", .malformedTarget),
        ("GET http:// HTTP/1.1\r\n", .malformedTarget),
        ("GET http://a@b@c/ HTTP/1.1\r\n", .malformedTarget),
        ("GET http://a\\b/ HTTP/1.1\r\n", .malformedTarget),
        ("GET a:80 HTTP/1.1\r\n", .malformedTarget),
        ("CONNECT /x HTTP/1.1\r\n", .malformedTarget),
        ("CONNECT a HTTP/1.1\r\n", .malformedTarget),
        ("CONNECT :80 HTTP/1.1\r\n", .malformedTarget),
        ("CONNECT http://a:80 HTTP/1.1\r\n", .malformedTarget),
        // Line ends
        ("GET / HTTP/1.1\n", .bareLineFeed),
        ("GET /\n", .bareLineFeed),
        ("GET / HTTP/1.1\rX", .bareCarriageReturn),
        ("\rGET / HTTP/1.1\r\n", .bareCarriageReturn),
        (headWith("X: 1\n"), .bareLineFeed),
        (headWith("X: 1\rY: 2\r\n"), .bareCarriageReturn),
        (headWith("X\n"), .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\r\n\n", .bareLineFeed),
        ("GET / HTTP/1.1\r\nHost: a\r\n\rX", .bareCarriageReturn),
        // Fields
        (headWith("garbage\r\n"), .malformedField),
        (headWith("X : 1\r\n"), .malformedFieldName),
        (headWith("X\t: 1\r\n"), .malformedFieldName),
        (headWith(": 1\r\n"), .malformedFieldName),
        (headWith("X(A): 1\r\n"), .malformedFieldName),
        (headWith("X-\u{e9}: 1\r\n"), .malformedFieldName),
        (headWith("X\0: 1\r\n"), .malformedFieldName),
        (headWith("X: 1\r\n folded\r\n"), .foldedField),
        (headWith("X: 1\r\n\tfolded\r\n"), .foldedField),
        ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", .foldedField),
        (headWith("X: a\0b\r\n"), .malformedFieldValue),
        (headWith("X: a\u{0b}b\r\n"), .malformedFieldValue),
        (headWith("X: \u{7f}\r\n"), .malformedFieldValue),
        // Host
        ("GET / HTTP/1.1\r\n\r\n", .missingHost),
        ("GET / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", .repeatedHost),
        ("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", .repeatedHost),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: []\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: %4\r\n\r\n", .malformedHost),
        ("GET / HTTP/1.1\r\nHost: \u{e9}\r\n\r\n", .malformedHost),
        // Expect
        (headWith("Expect: 200-ok\r\n"), .expectationFailed),
        (headWith("Expect:\r\n"), .expectationFailed),
        (headWith("Expect: x100-continue\r\n"), .expectationFailed),
    ]

    @Test("with the error that names it", arguments: malformed)
    func refused(head: String, error: HTTPError) {
        #expect(failure(head) == error)
    }

    @Test("whatever control character is in its value, its name or its target")
    func controlCharacters() {
        for byte in (UInt8(0)..<0x20).map({ $0 }) + [0x7F] where byte != 0x09 {
            for length in [0, 1, 15, 16, 17, 40] {
                let filler = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                let value = Array("GET / HTTP/1.1\r\nHost: a\r\nX: ".utf8) + filler + [byte] + filler
                #expect(failure(value + Array("\r\n\r\n".utf8)) != nil, "value, \(byte) after \(length)")
                let name = Array("GET / HTTP/1.1\r\nHost: a\r\nX".utf8) + filler + [byte] + filler
                #expect(failure(name + Array(": 1\r\n\r\n".utf8)) != nil, "name, \(byte) after \(length)")
                let target = Array("GET /".utf8) + filler + [byte] + filler
                #expect(
                    failure(target + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)) != nil,
                    "target, \(byte) after \(length)")
            }
        }
    }

    @Test("and exactly the characters of a token are let into a name")
    func tokenCharacters() {
        let allowed = Set("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)
        for byte in UInt8.min...UInt8.max where byte != UInt8(ascii: ":") {
            for length in [1, 20] {
                let filler = [UInt8](repeating: UInt8(ascii: "a"), count: length)
                let head =
                    Array("GET / HTTP/1.1\r\nHost: a\r\n".utf8) + filler + [byte] + filler + Array(": 1\r\n\r\n".utf8)
                #expect((failure(head) == nil) == allowed.contains(byte), "\(byte)")
            }
        }
    }

    @Test("every error has a status of its kind, a code of its own, and words for a person")
    func errorTable() {
        var codes: Set<String> = []
        for error in HTTPError.allCases {
            #expect([400, 413, 414, 417, 431, 501, 505].contains(error.status), "\(error)")
            #expect(codes.insert(error.code.description).inserted, "\(error)")
            let message = error.message.description
            #expect(
                message.count > 20 && message.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F && $0 != 0x22 && $0 != 0x5C })
        }
    }
}
