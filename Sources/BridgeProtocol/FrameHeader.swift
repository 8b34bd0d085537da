public import Bytes

/// The first 16 bytes of every frame, little-endian.
public struct FrameHeader: Equatable, Sendable {
    /// Bytes that a header takes.
    public static let byteCount = 16

    /// Bytes of payload, without header and padding.
    public var payloadBytes: UInt32
    public var type: FrameType
    /// By type, see `FrameFlags.swift`.
    public var flags: UInt8
    /// By type: an HTTP status, a number of calls, a reason; else 0.
    public var detail: UInt16
    /// The call this belongs to, 0 where it belongs to the link.
    public var call: UInt32
    /// By type: a protocol version, bytes of text, bytes granted; else 0.
    public var field: UInt32

    @inlinable public init(
        type: FrameType, flags: UInt8 = 0, detail: UInt16 = 0, call: UInt32 = 0, field: UInt32 = 0,
        payloadBytes: Int = 0
    ) {
        self.type = type
        self.flags = flags
        self.detail = detail
        self.call = call
        self.field = field
        self.payloadBytes = UInt32(payloadBytes)
    }

    /// Bytes of header, payload and padding together.
    @inlinable public var totalBytes: Int { Self.byteCount + (Int(payloadBytes) + 7) & ~7 }

    /// Appends the header. Payload and padding are the caller's to append.
    @inlinable public func write(into buffer: inout ByteBuffer) {
        buffer.reserve(Self.byteCount)
        buffer.appendLittleEndian(payloadBytes)
        buffer.appendLittleEndian(UInt32(type.rawValue) | UInt32(flags) << 8 | UInt32(detail) << 16)
        buffer.appendLittleEndian(call)
        buffer.appendLittleEndian(field)
    }
}

/// How large a frame that arrives may be.
public struct FrameLimits: Equatable, Sendable {
    /// The protocol's own bound on a payload: no side may raise it.
    public static let largestPayloadBytes = 64 * 1024 * 1024

    /// Payload bytes of any frame; WELCOME tells the shim.
    public var frameBytes: Int
    /// Payload bytes of RESULT; the shim sends larger ones as RESPONSE_DATA.
    public var resultBytes: Int

    public init(frameBytes: Int = FrameLimits.largestPayloadBytes, resultBytes: Int = 8 * 1024 * 1024) {
        precondition(frameBytes > 0 && frameBytes <= Self.largestPayloadBytes && resultBytes > 0)
        self.frameBytes = frameBytes
        self.resultBytes = min(resultBytes, frameBytes)
    }
}
