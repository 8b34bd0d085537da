import Bytes

/// A slot for each known field.
///
/// Properties and not an array: a property is read and written in place, while an element of an inline array was read
/// from a copy of the whole array, which took a ninth of all instructions of a call.
struct FieldSlots: ~Copyable, Sendable {
    /// Which of the slots are of this head: one bit each. The others are left as they were, which is cheaper than
    /// clearing.
    private var present: UInt32 = 0
    private var host = FieldSlot()
    private var connection = FieldSlot()
    private var contentLength = FieldSlot()
    private var transferEncoding = FieldSlot()
    private var contentType = FieldSlot()
    private var expect = FieldSlot()
    private var origin = FieldSlot()
    private var accessControlRequestHeaders = FieldSlot()
    private var authorization = FieldSlot()
    private var traceparent = FieldSlot()
    private var tracestate = FieldSlot()
    private var requestID = FieldSlot()
    private var runnerContext = FieldSlot()
    private var runnerRequestID = FieldSlot()
    private var forwardedFor = FieldSlot()
    private var forwarded = FieldSlot()
    private var upgrade = FieldSlot()
    private var proxyConnection = FieldSlot()
    private var custom = FieldSlot()

    /// Forgets all fields.
    @inline(__always)
    mutating func clear() { present = 0 }

    /// For a head that is kept beside the one that was read. Rare, so that the type itself need not be copyable.
    mutating func copy(_ other: borrowing FieldSlots) {
        present = other.present
        host = other.host
        connection = other.connection
        contentLength = other.contentLength
        transferEncoding = other.transferEncoding
        contentType = other.contentType
        expect = other.expect
        origin = other.origin
        accessControlRequestHeaders = other.accessControlRequestHeaders
        authorization = other.authorization
        traceparent = other.traceparent
        tracestate = other.tracestate
        requestID = other.requestID
        runnerContext = other.runnerContext
        forwardedFor = other.forwardedFor
        forwarded = other.forwarded
        upgrade = other.upgrade
        proxyConnection = other.proxyConnection
        custom = other.custom
    }

    @inline(__always)
    subscript(field: KnownField) -> FieldSlot {
        guard present >> UInt32(field.rawValue) & 1 == 1 else { return FieldSlot() }
        return switch field {
        case .host: host
        case .connection: connection
        case .contentLength: contentLength
        case .transferEncoding: transferEncoding
        case .contentType: contentType
        case .expect: expect
        case .origin: origin
        case .accessControlRequestHeaders: accessControlRequestHeaders
        case .authorization: authorization
        case .traceparent: traceparent
        case .tracestate: tracestate
        case .requestID: requestID
        case .runnerContext: runnerContext
        case .runnerRequestID: runnerRequestID
        case .forwardedFor: forwardedFor
        case .forwarded: forwarded
        case .upgrade: upgrade
        case .proxyConnection: proxyConnection
        case .custom: custom
        }
    }

    /// Counts one more `field`, and keeps its value, without white space around it, if it is the first.
    @inline(__always)
    mutating func note(_ field: KnownField, _ bytes: Span<UInt8>, _ value: Range<Int>) {
        let bit: UInt32 = 1 << UInt32(field.rawValue)
        let isFirst = present & bit == 0
        present |= bit
        let value = bytes.trimmingWhitespace(value)
        switch field {
        case .host: host.note(value, isFirst)
        case .connection: connection.note(value, isFirst)
        case .contentLength: contentLength.note(value, isFirst)
        case .transferEncoding: transferEncoding.note(value, isFirst)
        case .contentType: contentType.note(value, isFirst)
        case .expect: expect.note(value, isFirst)
        case .origin: origin.note(value, isFirst)
        case .accessControlRequestHeaders: accessControlRequestHeaders.note(value, isFirst)
        case .authorization: authorization.note(value, isFirst)
        case .traceparent: traceparent.note(value, isFirst)
        case .tracestate: tracestate.note(value, isFirst)
        case .requestID: requestID.note(value, isFirst)
        case .runnerContext: runnerContext.note(value, isFirst)
        case .runnerRequestID: runnerRequestID.note(value, isFirst)
        case .forwardedFor: forwardedFor.note(value, isFirst)
        case .forwarded: forwarded.note(value, isFirst)
        case .upgrade: upgrade.note(value, isFirst)
        case .proxyConnection: proxyConnection.note(value, isFirst)
        case .custom: custom.note(value, isFirst)
        }
    }
}

extension FieldSlot {
    @inline(__always)
    fileprivate mutating func note(_ value: ByteRange, _ isFirst: Bool) {
        if isFirst {
            self.value = value
            occurrences = 1
        } else {
            occurrences &+= 1
        }
    }
}
