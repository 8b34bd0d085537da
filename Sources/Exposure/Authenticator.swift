internal import Bytes
public import BridgeProtocol
public import HTTPCodec

/// Checks the token of a request: plain equality with one of the configured ones, as nodeExposure has it
/// (`src/node/exposure/authenticator.ts`, 4.8.6), but in constant time.
public struct Authenticator: Sendable {
    private let field: RequestField?
    private var tokens = ByteStringTable()

    /// The header that carries the token, in lower case, for the parser to keep; nil when everybody is let in.
    public let header: [UInt8]?

    /// - Parameter settings: nil lets everybody in. A token with a character above U+00FF is never met, since no header
    ///   can carry it; nor is an empty one.
    public init(_ settings: AuthSettings?) {
        header = settings.map { Array($0.header.utf8) }
        field = settings.map { RequestField($0.header) }
        for token in (settings?.tokens ?? []).compactMap(Latin1.bytes) where !token.isEmpty {
            _ = tokens.insert(token.span)
        }
    }

    /// Whether the request may pass.
    public func admits(_ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard let field else { return true }
        switch field.value(in: head, bytes) {
        case .absent: return false
        case .inPlace(let range): return isToken(bytes.extracting(range.range))
        case .joined(let value): return isToken(value.span)
        }
    }

    /// Compares with every token to its end, so that the time tells neither which nor how much of it was right.
    private func isToken(_ value: Span<UInt8>) -> Bool {
        var isAdmitted = false
        for i in 0..<tokens.count {
            let isEqual = Self.isEqualInConstantTime(value, tokens[i])
            isAdmitted = isAdmitted || isEqual
        }
        return isAdmitted
    }

    /// Takes time by the length of `value`, which the client knows.
    private static func isEqualInConstantTime(_ value: Span<UInt8>, _ token: Span<UInt8>) -> Bool {
        var difference: UInt8 = value.count == token.count ? 0 : 1
        var at = 0
        for i in 0..<value.count {
            difference |= value[i] ^ token[at]
            at = at + 1 < token.count ? at + 1 : 0
        }
        return difference == 0
    }
}
