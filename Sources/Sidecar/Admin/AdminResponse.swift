internal import Bytes
internal import HTTPCodec

/// What the admin listener answers: always whole, never cached.
struct AdminResponse {
    var status: Int
    var contentType: StaticString
    /// `Allow`'s value, where the method was wrong.
    var allow: String?
    var body: [UInt8]

    static func text(_ status: Int, _ text: String, allow: String? = nil) -> AdminResponse {
        AdminResponse(status: status, contentType: "text/plain; charset=utf-8", allow: allow, body: Array(text.utf8))
    }

    static func json(_ status: Int, _ text: String) -> AdminResponse {
        AdminResponse(status: status, contentType: "application/json; charset=utf-8", body: Array(text.utf8))
    }

    static func html(_ page: StaticString) -> AdminResponse {
        var bytes = ByteBuffer()
        bytes.append(page)
        return AdminResponse(status: 200, contentType: "text/html; charset=utf-8", body: bytes.bytes.copied())
    }

    /// What `fill` writes.
    static func bytes(_ contentType: StaticString, _ fill: (inout ByteBuffer) -> Void) -> AdminResponse {
        var bytes = ByteBuffer()
        fill(&bytes)
        return AdminResponse(status: 200, contentType: contentType, body: bytes.bytes.copied())
    }

    /// Appends head and body; of the answer to HEAD, the head alone.
    func write(isHead: Bool, keepsAlive: Bool, into out: inout ByteBuffer) {
        StatusLine.write(status: status, into: &out)
        out.append("Content-Type: ")
        out.append(contentType)
        out.append("\r\nContent-Length: ")
        out.append(decimal: body.count)
        if let allow {
            out.append("\r\nAllow: ")
            out.append(utf8: allow)
        }
        out.append("\r\nCache-Control: no-store")
        out.append("\r\nX-Content-Type-Options: nosniff")
        out.append("\r\nCross-Origin-Resource-Policy: same-origin")
        // The page is one file: nothing from elsewhere may run in it or frame it.
        out.append("\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; ")
        out.append("script-src 'unsafe-inline'; connect-src 'self'; img-src data:; frame-ancestors 'none'")
        out.append(keepsAlive ? "\r\nConnection: keep-alive\r\n\r\n" : "\r\nConnection: close\r\n\r\n")
        if !isHead { out.append(body) }
    }
}
