/// One end of a link.
public enum BridgeSide: Sendable {
    /// The HTTP side.
    case front
    /// The side inside the Node process.
    case shim
}

/// Which frame it is; the table in `docs/bridge-protocol.md`.
public enum FrameType: UInt8, Sendable, CaseIterable {
    case hello = 0x01
    case result = 0x02
    case responseData = 0x03
    case responseEnd = 0x04
    case pong = 0x05
    case originAnswer = 0x06
    case welcome = 0x11
    case refused = 0x12
    case calls = 0x13
    case cancel = 0x14
    case request = 0x15
    case requestData = 0x16
    case requestEnd = 0x17
    case ping = 0x18
    case originQuestion = 0x19
    case settings = 0x1a
    case credit = 0x21
    case draining = 0x22

    /// Whether `side` may send this frame.
    @inlinable public func isSent(by side: BridgeSide) -> Bool {
        // Each side has its sixteen numbers; both may send the third sixteen.
        switch rawValue >> 4 {
        case 0: side == .shim
        case 1: side == .front
        default: true
        }
    }

    /// The name in the protocol's documentation.
    public var name: StaticString {
        switch self {
        case .hello: "HELLO"
        case .result: "RESULT"
        case .responseData: "RESPONSE_DATA"
        case .responseEnd: "RESPONSE_END"
        case .pong: "PONG"
        case .originAnswer: "ORIGIN_ANSWER"
        case .welcome: "WELCOME"
        case .refused: "REFUSED"
        case .calls: "CALLS"
        case .cancel: "CANCEL"
        case .request: "REQUEST"
        case .requestData: "REQUEST_DATA"
        case .requestEnd: "REQUEST_END"
        case .ping: "PING"
        case .originQuestion: "ORIGIN_QUESTION"
        case .settings: "SETTINGS"
        case .credit: "CREDIT"
        case .draining: "DRAINING"
        }
    }
}
