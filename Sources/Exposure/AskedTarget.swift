public import BridgeProtocol
public import HTTPCodec

/// The task or event that a request asked for, for logs: whether or not there is such a one.
public struct AskedTarget: Equatable, Sendable {
    public let kind: Hello.TargetKind
    /// As it was asked for, decoded, and cut after `byteLimit`: it is the client's, and may hold any character.
    public let id: String
    /// A worker announced it, and it was not removed.
    public let isKnown: Bool

    public static let byteLimit = 128
}

extension ExposureRules {
    /// Reads which target a rejected request asked for; nil where its path names none.
    public mutating func askedTarget(of head: RequestHead, _ bytes: Span<UInt8>) -> AskedTarget? {
        let kind: Hello.TargetKind
        switch readRoute(of: head, bytes) {
        case .task: kind = .task
        case .event: kind = .event
        case .outside, .unparsable, .notFound, .discovery: return nil
        }
        let found = targets.find(kind, id: id.span)
        return AskedTarget(
            kind: kind, id: String(decoding: id.prefix(AskedTarget.byteLimit), as: UTF8.self),
            isKnown: found.map { targets.availability(of: $0) != .absent } ?? false)
    }
}
