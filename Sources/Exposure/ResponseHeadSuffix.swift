internal import Bytes

/// Whether the connection lives on behind an answer.
public enum ConnectionEnd: Sendable {
    case keepAlive
    case close
}

/// The end of every answer's head, from the line break behind `content-length`'s value to the empty line: the same for
/// a whole second, so it is made once a second and copied as one run.
public struct ResponseHeadSuffix: ~Copyable, Sendable {
    // Arrays of this value itself: one within another value would be counted with each response.
    private var keepAlive: [UInt8] = []
    /// The same with what a task's result begins with, which is most of what is ever sent.
    private var keepAliveResult: [UInt8] = []
    private var close: [UInt8] = []
    // With the security headers, which later releases of the runner set.
    private var securedKeepAlive: [UInt8] = []
    private var securedKeepAliveResult: [UInt8] = []
    private var securedClose: [UInt8] = []
    private let keepAliveSeconds: Int

    /// - Parameters:
    ///   - date: 29 bytes, as `HTTPDate` writes them.
    ///   - keepAliveSeconds: how long an idle connection is kept, as the client is told.
    public init(date: Span<UInt8>, keepAliveSeconds: Int) {
        self.keepAliveSeconds = keepAliveSeconds
        update(date: date)
    }

    /// Puts in another date.
    public mutating func update(date: Span<UInt8>) {
        let start = Array("\r\nDate: ".utf8) + date.copied() + Array("\r\nConnection: ".utf8)
        let result = Array(Self.resultStart.description.utf8)
        keepAlive = start + Array("keep-alive\r\nKeep-Alive: timeout=\(keepAliveSeconds)\r\n\r\n".utf8)
        keepAliveResult = keepAlive + result
        close = start + Array("close\r\n\r\n".utf8)
        securedKeepAlive = Self.securityHeaders + keepAlive
        securedKeepAliveResult = Self.securityHeaders + keepAliveResult
        securedClose = Self.securityHeaders + close
    }

    private static let securityHeaders = Array("\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY".utf8)

    @inline(__always)
    func append(_ end: ConnectionEnd, secured: Bool, to buffer: inout ByteBuffer) {
        guard !secured else { return appendSecured(end, to: &buffer) }
        switch end {
        case .keepAlive: buffer.append(keepAlive.span)
        case .close: buffer.append(close.span)
        }
    }

    private func appendSecured(_ end: ConnectionEnd, to buffer: inout ByteBuffer) {
        switch end {
        case .keepAlive: buffer.append(securedKeepAlive.span)
        case .close: buffer.append(securedClose.span)
        }
    }

    /// The same, and behind it the start of a body that holds a result.
    @inline(__always)
    func appendWithResultStart(_ end: ConnectionEnd, secured: Bool, to buffer: inout ByteBuffer) {
        guard !secured else { return appendSecuredWithResultStart(end, to: &buffer) }
        switch end {
        case .keepAlive: buffer.append(keepAliveResult.span)
        case .close:
            buffer.append(close.span)
            buffer.append(Self.resultStart)
        }
    }

    private func appendSecuredWithResultStart(_ end: ConnectionEnd, to buffer: inout ByteBuffer) {
        switch end {
        case .keepAlive: buffer.append(securedKeepAliveResult.span)
        case .close:
            buffer.append(securedClose.span)
            buffer.append(Self.resultStart)
        }
    }

    /// What a result's JSON text stands behind; `}` follows it.
    static let resultStart: StaticString = #"{"ok":true,"result":"#
}
