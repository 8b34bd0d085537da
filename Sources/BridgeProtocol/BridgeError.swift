/// A rule of the bridge protocol that the other side broke. The link is closed, and this is what is logged.
public enum BridgeError: Error, Equatable, Sendable {
    case unknownType(UInt8)
    /// A frame that the other side may not send.
    case wrongSender(FrameType)
    case payloadTooLarge(FrameType, payloadBytes: UInt32, limitBytes: Int)
    case unknownFlags(FrameType, UInt8)
    /// Flags that cannot be set together.
    case contradictoryFlags(FrameType, UInt8)
    case badDetail(FrameType, UInt16)
    case badCall(FrameType, UInt32)
    case badField(FrameType, UInt32)
    /// A payload where there may be none, none where there must be one, or one of the wrong length.
    case badLength(FrameType, payloadBytes: UInt32)
    /// The entries of CALLS do not fit each other or the payload; the number is the first bad entry's.
    case badEntries(entry: Int)

    /// The case's name, as in the test vectors.
    public var code: StaticString {
        switch self {
        case .unknownType: "unknownType"
        case .wrongSender: "wrongSender"
        case .payloadTooLarge: "payloadTooLarge"
        case .unknownFlags: "unknownFlags"
        case .contradictoryFlags: "contradictoryFlags"
        case .badDetail: "badDetail"
        case .badCall: "badCall"
        case .badField: "badField"
        case .badLength: "badLength"
        case .badEntries: "badEntries"
        }
    }
}

extension BridgeError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .unknownType(let type): "a frame of the unknown type \(type)"
        case .wrongSender(let type): "\(type.name) from the side that may not send it"
        case .payloadTooLarge(let type, let payloadBytes, let limitBytes):
            "\(type.name) with a payload of \(payloadBytes) bytes, more than \(limitBytes)"
        case .unknownFlags(let type, let flags): "\(type.name) with the unknown flags \(flags)"
        case .contradictoryFlags(let type, let flags): "\(type.name) with the contradictory flags \(flags)"
        case .badDetail(let type, let detail): "\(type.name) with the detail \(detail)"
        case .badCall(let type, let call): "\(type.name) for call \(call), though it belongs to the link"
        case .badField(let type, let field): "\(type.name) with the field \(field)"
        case .badLength(let type, let payloadBytes): "\(type.name) with a payload of \(payloadBytes) bytes"
        case .badEntries(let entry): "CALLS whose entry \(entry) does not fit"
        }
    }
}
