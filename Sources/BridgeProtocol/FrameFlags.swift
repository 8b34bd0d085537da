/// Flags of CALLS.
public struct CallsFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Every byte of every text is below 0x80.
    public static let ascii = CallsFlags(rawValue: 1)
    /// No object key in any text begins with `$` or is `__proto__`.
    public static let plain = CallsFlags(rawValue: 2)
    /// The texts are the elements of one JSON array. Implies `ascii` and `plain`.
    public static let joined = CallsFlags(rawValue: 4)
}

/// Flags of one call in CALLS.
public struct CallFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The input is `undefined`: the request had no body, or an event no `payload`.
    public static let noInput = CallFlags(rawValue: 1)
    /// The text is the whole body: the shim takes `input` or `payload` from it.
    public static let whole = CallFlags(rawValue: 2)
    /// The request head has an `x-runner-context` field.
    public static let context = CallFlags(rawValue: 4)
    /// The client speaks HTTP/1.0: a response that the shim writes must not be chunked.
    public static let http10 = CallFlags(rawValue: 8)
}

/// Flags of RESULT.
public struct ResultFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The payload is a task's result: the front answers `{"ok":true,"result":`payload`}`.
    public static let result = ResultFlags(rawValue: 1)
    /// No payload: the front answers `{"ok":true}`.
    public static let empty = ResultFlags(rawValue: 2)
    /// The task or event threw. For the record only, as are the two below, which say what it threw.
    public static let failed = ResultFlags(rawValue: 4)
    /// An error that the app registered: the app's way to say no. Only with `failed`.
    public static let registeredError = ResultFlags(rawValue: 8)
    /// The input did not pass the target's own validation. Only with `failed`.
    public static let invalidInput = ResultFlags(rawValue: 16)
    /// Every flag there is: what WELCOME announces.
    public static let all: ResultFlags = [.result, .empty, .failed, .registeredError, .invalidInput]
}

/// Flags of RESPONSE_END. With none of them the connection closes after the last byte.
public struct ResponseEndFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The connection may serve another request.
    public static let keepAlive = ResponseEndFlags(rawValue: 1)
    /// The response is to be cut short visibly.
    public static let abort = ResponseEndFlags(rawValue: 2)
}

/// Flags of ORIGIN_ANSWER.
public struct OriginAnswerFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The payload is the value of Access-Control-Allow-Origin.
    public static let allowed = OriginAnswerFlags(rawValue: 1)
    /// The answer holds for that origin as long as the app's configuration does.
    public static let cacheable = OriginAnswerFlags(rawValue: 2)
    /// The app's function threw: the request is answered with 500.
    public static let threw = OriginAnswerFlags(rawValue: 4)
}

/// Flags of DRAINING.
public struct DrainingFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The front is going to stop, and still sends calls: connect to whoever takes its place.
    public static let soon = DrainingFlags(rawValue: 1)
}

/// Flags of REQUEST.
public struct RequestFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let bodyFollows = RequestFlags(rawValue: 1)
}

/// Flags of ORIGIN_QUESTION.
public struct OriginQuestionFlags: OptionSet, Sendable, Equatable {
    public let rawValue: UInt8
    @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The request has no Origin field, which is not the same as an empty one.
    public static let noOrigin = OriginQuestionFlags(rawValue: 1)
}

/// Why a call is given up: `detail` of CANCEL.
public enum CancelReason: UInt16, Sendable, CaseIterable {
    case clientClosed = 1
    case clientHalfClosed = 2
    case timeout = 3
    case stopping = 4
}
