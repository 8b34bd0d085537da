internal import Bytes

/// Whether the connection lives on behind an answer.
public enum ConnectionEnd: Sendable {
    case keepAlive
    case close
}

/// The end of every answer's head, from the line break behind `content-length`'s value to the empty line: the same for
/// a whole second, so it is made once a second and copied as one run.
public struct AnswerTails: ~Copyable, Sendable {
    private struct Tails {
        var keepAlive: [UInt8] = []
        /// The same with what a task's result begins with, which is most of what is ever sent.
        var keepAliveResult: [UInt8] = []
        var close: [UInt8] = []
    }

    private var plain = Tails()
    /// With the security headers, which later releases of the runner set.
    private var secured = Tails()
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
        let date = date.copied()
        plain = tails(Self.date, date)
        secured = tails(Self.securityHeaders + Self.date, date)
    }

    private static let date = Array("\r\nDate: ".utf8)
    private static let securityHeaders = Array("\r\nX-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY".utf8)

    private func tails(_ fields: [UInt8], _ date: [UInt8]) -> Tails {
        let start = fields + date + Array("\r\nConnection: ".utf8)
        let keepAlive = start + Array("keep-alive\r\nKeep-Alive: timeout=\(keepAliveSeconds)\r\n\r\n".utf8)
        return Tails(
            keepAlive: keepAlive, keepAliveResult: keepAlive + Array(Self.resultStart.description.utf8),
            close: start + Array("close\r\n\r\n".utf8))
    }

    @inline(__always)
    func append(_ end: ConnectionEnd, secured isSecured: Bool, to buffer: inout ByteBuffer) {
        switch (end, isSecured) {
        case (.keepAlive, false): buffer.append(plain.keepAlive.span)
        case (.keepAlive, true): buffer.append(secured.keepAlive.span)
        case (.close, false): buffer.append(plain.close.span)
        case (.close, true): buffer.append(secured.close.span)
        }
    }

    /// The same, and behind it the start of a body that holds a result.
    @inline(__always)
    func appendWithResultStart(_ end: ConnectionEnd, secured isSecured: Bool, to buffer: inout ByteBuffer) {
        switch (end, isSecured) {
        case (.keepAlive, false): buffer.append(plain.keepAliveResult.span)
        case (.keepAlive, true): buffer.append(secured.keepAliveResult.span)
        case (.close, _):
            append(.close, secured: isSecured, to: &buffer)
            buffer.append(Self.resultStart)
        }
    }

    /// What a result's JSON text stands behind; `}` follows it.
    static let resultStart: StaticString = #"{"ok":true,"result":"#
}
