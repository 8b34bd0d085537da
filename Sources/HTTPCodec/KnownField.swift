public import Bytes

/// The fields whose value the parser keeps, found without a search.
public enum KnownField: Int, CaseIterable, Sendable {
    case host, connection, contentLength, transferEncoding, contentType, expect, origin
    case accessControlRequestHeaders, authorization, traceparent, tracestate, requestID, runnerContext
    case runnerRequestID
    case forwardedFor, forwarded, upgrade
    /// Like `Connection`, to Node: an old proxy's spelling of it.
    case proxyConnection
    /// The configured field, when it is none of the others.
    case custom

    /// The name in lower case; empty for `custom`.
    public var name: StaticString {
        switch self {
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .contentType: "content-type"
        case .expect: "expect"
        case .origin: "origin"
        case .accessControlRequestHeaders: "access-control-request-headers"
        case .authorization: "authorization"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .requestID: "x-request-id"
        case .runnerContext: "x-runner-context"
        case .runnerRequestID: "x-runner-request-id"
        case .forwardedFor: "x-forwarded-for"
        case .forwarded: "forwarded"
        case .upgrade: "upgrade"
        case .proxyConnection: "proxy-connection"
        case .custom: ""
        }
    }
}

/// Where a known field was in the head.
public struct FieldSlot: Sendable, Equatable {
    /// The first one's value, white space around it left out.
    public var value: ByteRange
    /// How often the field was there; 0 means that it was not.
    public var occurrences: UInt16

    @inlinable public init() {
        value = .empty
        occurrences = 0
    }

    @inlinable public var isPresent: Bool { occurrences > 0 }
}
