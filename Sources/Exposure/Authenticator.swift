public import Bytes
public import BridgeProtocol
public import HTTPCodec

/// Decides who may call: by the token of a request, plain equality with one of the configured ones, as the runner has
/// it (`src/node/exposure/authenticator.ts`), but in constant time.
public struct Authenticator: Sendable {
    /// What becomes of a request.
    enum Verdict {
        case admitted
        case unauthorized
        /// Access is not configured, and so nobody has it.
        case notConfigured
        /// The app decides, from the whole head.
        case ask
    }

    private let field: RequestField?
    private var tokens = ByteStringTable()
    /// For a request without one of the tokens.
    private let otherwise: Verdict

    /// The header that carries the token, in lower case, for the parser to keep; nil when none is looked at.
    public let header: [UInt8]?

    /// - Parameter settings: a token with a character above U+00FF is never met, since no header can carry it; nor is
    ///   an empty one.
    public init(_ settings: AuthSettings) {
        let granting: TokenSettings?
        switch settings {
        case .open: (granting, otherwise) = (nil, .admitted)
        case .closed: (granting, otherwise) = (nil, .notConfigured)
        case .tokens(let tokens): (granting, otherwise) = (tokens, .unauthorized)
        case .ask(let tokens): (granting, otherwise) = (tokens, .ask)
        }
        header = granting.map { Array($0.header.utf8) }
        field = granting.map { RequestField($0.header) }
        for token in (granting?.tokens ?? []).compactMap(Latin1.bytes) where !token.isEmpty {
            _ = tokens.insert(token.span)
        }
    }

    func verdict(_ head: RequestHead, _ bytes: Span<UInt8>) -> Verdict {
        guard let field else { return otherwise }
        switch field.value(in: head, bytes) {
        case .absent: return otherwise
        case .inPlace(let range): return isToken(bytes.extracting(range.range)) ? .admitted : otherwise
        case .joined(let value): return isToken(value.span) ? .admitted : otherwise
        }
    }

    /// The token of a request, if it is one of those that grant access: what a client may make up is not it.
    public func acceptedToken(_ head: RequestHead, _ bytes: Span<UInt8>) -> [UInt8]? {
        guard let field else { return nil }
        switch field.value(in: head, bytes) {
        case .absent: return nil
        case .inPlace(let range):
            let value = bytes.extracting(range.range)
            return isToken(value) ? value.copied() : nil
        case .joined(let value): return isToken(value.span) ? value : nil
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
