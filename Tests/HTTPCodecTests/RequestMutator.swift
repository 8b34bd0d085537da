/// Valid requests, and ways to spoil them.
enum RequestMutator {
    static let samples: [[UInt8]] = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /__runner/task/app.tasks.add HTTP/1.1\r\nHost: 127.0.0.1:7071\r\nContent-Type: application/json\r\n"
            + "Content-Length: 23\r\n\r\n{\"input\":{\"a\":5,\"b\":3}}",
        "POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n3;x=y;z=\"q\"\r\nabc\r\n0\r\nX-T: 1\r\n\r\n",
        "POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: a\r\n\r\n0\r\n\r\nGET /next HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT http://other.test:81/x?q#f HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: keep-alive\r\n\r\nBODY"
            + "DELETE /second HTTP/1.1\r\nHost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nHost: a\r\nOrigin: http://b\r\nAccess-Control-Request-Headers: x\r\n\r\n",
        "POST /x HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}",
        "GET /x HTTP/1.0\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: [::1]:80\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}",
        "GET /x HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        "CONNECT peer.test:443 HTTP/1.1\r\nHost: peer.test:443\r\n\r\n",
        "M-SEARCH /x HTTP/1.1\r\nHost: a\r\nX-A: \u{e9}\tb\r\nX-Empty:\r\nX_B~: 1\r\n\r\n",
        "HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
        "PATCH /x HTTP/1.1\r\nHost: a\r\nProxy-Connection: close\r\nContent-Length: 0\r\n\r\n",
    ].map { Array($0.utf8) }

    /// Pieces that have confused parsers before.
    private static let fragments: [[UInt8]] = [
        "\r\n", "\n", "\r", "\0", " ", "\t", "\u{0b}", ":", ";", ",", "\"", "\\", "=", "@", "#", "?", "*", "/", "//",
        "://", "[", "]",
        "Transfer-Encoding: chunked\r\n", "Transfer-Encoding: identity\r\n", "Transfer-Encoding: gzip, chunked\r\n",
        "Content-Length: 5\r\n", "Content-Length: 0\r\n", "content-length: +5\r\n", "Transfer-Encoding : chunked\r\n",
        "Host: b\r\n", "Host:\r\n", "Connection: close\r\n", "Connection: keep-alive\r\n", "Expect: 100-continue\r\n",
        "Expect: x\r\n",
        "X: 1\r\n folded\r\n", "X: 1\n", "X: 1\r", "chunked", ", chunked", "chunked, ", "HTTP/1.0", "HTTP/1.1",
        "HTTP/2.0", "HTTP/0.9",
        "http://", "0\r\n\r\n", "ffffffffffffffff\r\n", "00000005\r\n", "5;\r\n", "5 \r\n", "0x5\r\n", ";a=b", "-", "+",
        "0", "5", "close",
        "keep-alive", "\u{7f}", "\u{e9}", "%00", "\r\n\r\n", "Content-Length: 5\r\n\r\n", "Trailer: x\r\n", "GET ",
        "QUERY ", "PRI ", "get ",
    ].map { Array($0.utf8) }

    /// One of the samples, or two of them on one connection, spoilt in one or two places.
    static func mutated(using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = samples.randomElement(using: &generator)!
        if Int.random(in: 0..<8, using: &generator) == 0 { bytes += samples.randomElement(using: &generator)! }
        for _ in 0..<Int.random(in: 1...2, using: &generator) { mutate(&bytes, &generator) }
        return bytes
    }

    private static func mutate(_ bytes: inout [UInt8], _ generator: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &generator)
        let fragment = fragments.randomElement(using: &generator)!
        switch Int.random(in: 0..<12, using: &generator) {
        case 0: bytes[at] = UInt8.random(in: 0...255, using: &generator)
        case 1: bytes.remove(at: at)
        case 2: bytes.insert(UInt8.random(in: 0...255, using: &generator), at: at)
        case 3: bytes[at] ^= 0x20
        case 4: bytes.removeSubrange(at...)
        case 5, 6: bytes.insert(contentsOf: fragment, at: at)
        case 7, 8, 9:
            // At the start of a line, where it may pass for one.
            if let lf = bytes[at...].firstIndex(of: 10) { bytes.insert(contentsOf: fragment, at: lf + 1) }
        case 10:
            let length = min(fragment.count, bytes.count - at)
            bytes.replaceSubrange(at..<at + length, with: fragment)
        default:
            // A line twice.
            if let lf = bytes[at...].firstIndex(of: 10), let end = bytes[(lf + 1)...].firstIndex(of: 10) {
                bytes.insert(contentsOf: Array(bytes[(lf + 1)...end]), at: lf + 1)
            }
        }
    }
}
