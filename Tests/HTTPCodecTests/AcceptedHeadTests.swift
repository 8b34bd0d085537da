import Bytes
import Testing

@testable import HTTPCodec

@Suite("A request head is read")
struct AcceptedHeadTests {
    @Test("with method, target, version, known fields and the place of the body")
    func everything() {
        let bytes = Array(
            ("POST /a/b?c=d HTTP/1.1\r\nHost: example.com:80\r\nContent-Type:  application/json \r\nX-Token: t\r\n"
                + "Content-Length: 007\r\nX-Other: y\r\n\r\nBODY").utf8)
        let (progress, head) = parseWhole(bytes, RequestHeadParser(customField: Array("x-token".utf8)))
        #expect(progress == .complete)
        #expect(head.method == .post && text(bytes, head.methodRange) == "POST")
        #expect(text(bytes, head.target) == "/a/b?c=d")
        #expect(head.minorVersion == 1)
        #expect(text(bytes, head[.host].value) == "example.com:80")
        #expect(text(bytes, head[.contentType].value) == "application/json")
        #expect(text(bytes, head[.custom].value) == "t")
        #expect(head[.origin] == FieldSlot())
        #expect(head.framing == .contentLength(7))
        #expect(head.headBytes == bytes.count - 4)
        #expect(head.fieldCount == 5)
        #expect(head.keepAlive && !head.expectsContinue)
    }

    @Test(
        "and every known field is found under its name in any case, wherever in the head it is",
        arguments: KnownField.allCases)
    func knownFields(field: KnownField) throws {
        let custom = "x-a-configured-token-header-that-is-long"
        let name = field == .custom ? custom : field.name.description
        let value =
            field == .contentLength
            ? "5" : field == .expect ? "100-continue" : field == .transferEncoding ? "chunked" : "v"
        let parser = RequestHeadParser(customField: Array(custom.utf8))
        for spelling in [name, name.uppercased()] {
            for (before, after) in [("", "X-Last-Of-Them: and long enough\r\n"), ("X-First: 1\r\n", "")] {
                let host = field == .host ? "" : "Host: a\r\n"
                let bytes = Array("GET / HTTP/1.1\r\n\(host)\(before)\(spelling): \(value)\r\n\(after)\r\n".utf8)
                let (progress, head) = parseWhole(bytes, parser)
                #expect(progress == .complete)
                #expect(text(bytes, head[field].value) == value)
                #expect(head[field].occurrences == 1)
                for other in KnownField.allCases where other != field && other != .host {
                    #expect(!head[other].isPresent, "\(name) is not \(other)")
                }
            }
        }
    }

    @Test("and a name that only resembles a known one is another")
    func resemblingNames() {
        let parser = RequestHeadParser(customField: Array("x-runner-token".utf8))
        let names = [
            "hos", "hosts", "h\u{6f}su", "content-lengti", "content_length", "content-length-", "transfer-encodinh",
            "access-control-request-header_", "access-control-request-headert", "x-runner-tokem", "x-runner-contexu",
        ]
        for name in names {
            let (progress, head) = parseWhole(Array("GET / HTTP/1.1\r\nHost: a\r\n\(name): 1\r\n\r\n".utf8), parser)
            #expect(progress == .complete, "\(name)")
            for field in KnownField.allCases where field != .host {
                #expect(!head[field].isPresent, "\(name) is not \(field)")
            }
        }
    }

    @Test("and a configured field that is a known one is found there")
    func configuredKnownField() {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: b\r\nX-Runner-Token: c\r\n\r\n".utf8)
        let (_, known) = parseWhole(bytes, RequestHeadParser(customField: Array("authorization".utf8)))
        #expect(known[.authorization].isPresent && !known[.custom].isPresent)
        let (_, other) = parseWhole(bytes, RequestHeadParser(customField: Array("x-runner-token".utf8)))
        #expect(other[.authorization].isPresent && other[.custom].isPresent)
        let (_, none) = parseWhole(bytes, RequestHeadParser())
        #expect(!none[.custom].isPresent)
    }

    @Test("and repeated fields are counted, the first kept, all of them there to be walked")
    func repeatedFields() {
        let bytes = Array("\r\nGET / HTTP/1.1\r\nHost: a\r\nX-T:  1 \r\nx-t:\r\nX-T: 3\r\n\r\nX-T: 4\r\n".utf8)
        let (_, head) = parseWhole(bytes, RequestHeadParser(customField: Array("x-t".utf8)))
        #expect(head[.custom].occurrences == 3)
        #expect(text(bytes, head[.custom].value) == "1")
        var values: [String] = []
        head.forEachValue(of: "x-t", in: bytes.span) { values.append(text(bytes, $0)) }
        #expect(values == ["1", "", "3"])
        var names: [String] = []
        head.forEachField(in: bytes.span) { name, _ in names.append(text(bytes, name)) }
        #expect(names == ["Host", "X-T", "x-t", "X-T"])
    }

    @Test(
        "with each target form that the record shows answered",
        arguments: [
            "/", "//x", "/a#frag", "/a\\b", "/<script>|^`{}\"", "/[", "*", "http://a", "http://u:p@a:1/b", "HTTP://A/b",
            "foo://x/y", "http:///x", "http://[bad/x", "http://a?q", "http://xn--//x",
        ])
    func targets(target: String) {
        #expect(parsed(Array("POST \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8)).target == target)
    }

    @Test(
        "with each Host that a URI may have",
        arguments: ["", "a", "a.b-c_d", "127.0.0.1:80", "[::1]", "[::1]:80", "[v1.a:b]", "a:", "%41b", "a!$&'()*+,;=~"])
    func hosts(host: String) {
        #expect(parsed(Array("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8)).progress == .complete)
    }

    @Test("and each method that Node's parser knows is known")
    func methods() {
        let names =
            "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY "
            + "OPTIONS PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK "
            + "UNLOCK UNSUBSCRIBE"
        let own: [String: HTTPMethod] = [
            "GET": .get, "HEAD": .head, "POST": .post, "PUT": .put, "DELETE": .delete, "CONNECT": .connect,
            "OPTIONS": .options, "TRACE": .trace, "PATCH": .patch,
        ]
        for name in names.split(separator: " ").map(String.init) {
            let target = name == "CONNECT" ? "a:1" : "/"
            let (progress, head) = parseWhole(Array("\(name) \(target) HTTP/1.1\r\nHost: a\r\n\r\n".utf8))
            #expect(progress == .complete, "\(name)")
            #expect(head.method == own[name] ?? .other, "\(name)")
        }
    }

    @Test(
        "and whether the connection stays follows version and Connection",
        arguments: [
            ("1.1", "", true), ("1.1", "Connection: close\r\n", false), ("1.1", "Connection: CLOSE , x\r\n", false),
            ("1.1", "Connection: keep-alive\r\nConnection: close\r\n", false), ("1.1", "Connection: closed\r\n", true),
            ("1.1", "Connection: upgrade\r\n", true), ("1.1", "Proxy-Connection: close\r\n", false),
            ("1.0", "", false), ("1.0", "Connection: Keep-Alive\r\n", true),
            ("1.0", "Connection: keep-alive, close\r\n", false),
            ("1.0", "Connection: foo\r\n", false),
        ])
    func persistence(version: String, fields: String, stays: Bool) {
        let head = parsed(Array("GET / HTTP/\(version)\r\nHost: a\r\n\(fields)\r\n".utf8))
        #expect(head.progress == .complete)
        #expect(head.keepAlive == stays)
    }

    @Test(
        "and 100-continue is heard in HTTP/1.1 only",
        arguments: [
            ("1.1", "100-continue", true), ("1.1", "100-Continue", true), ("1.1", "100-continue, foo", true),
            ("1.0", "100-continue", false), ("1.0", "other", false),
        ])
    func expectations(version: String, value: String, waits: Bool) {
        let head = parsed(Array("POST / HTTP/\(version)\r\nHost: a\r\nExpect: \(value)\r\n\r\n".utf8))
        #expect(head.progress == .complete)
        #expect(head.expectsContinue == waits)
    }
}
