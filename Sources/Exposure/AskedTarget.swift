public import BridgeProtocol
internal import Bytes

/// The task or event that a request asked for, for logs: whether or not there is such a one.
public struct AskedTarget: Equatable, Sendable {
    public let kind: Hello.TargetKind
    /// As it was asked for, decoded, and cut after `byteLimit`: it is the client's, and may hold any character.
    public let id: String
    /// A worker announced it, and it was not removed.
    public let isKnown: Bool

    public static let byteLimit = 128

    public init(kind: Hello.TargetKind, id: Span<UInt8>, isKnown: Bool) {
        self.kind = kind
        self.id = String(decoding: id.copied(), as: UTF8.self)
        self.isKnown = isKnown
    }
}
