public import Bytes

/// What the bytes at a frame boundary amount to.
public enum FrameProgress: Equatable, Sendable {
    /// At least `neededBytes` from the boundary on must be there before it is worth asking again.
    case incomplete(neededBytes: Int)
    /// A whole frame. `payload` is an offset into the bytes given; the next frame starts `totalBytes` further on.
    case frame(FrameHeader, payload: ByteRange, totalBytes: Int)
    /// A rule was broken: the link has to be closed.
    case failed(BridgeError)
}

/// Reads the frames that one side receives. It keeps no state and copies nothing: the bytes stay where they are until a
/// frame is whole.
public struct FrameReader: Sendable {
    public let limits: FrameLimits
    private let sender: BridgeSide

    /// - Parameter receiver: the side that reads; it refuses the frames that only it may send.
    public init(receiver: BridgeSide, limits: FrameLimits = FrameLimits()) {
        sender = receiver == .front ? .shim : .front
        self.limits = limits
    }

    /// Reads the frame that starts at `offset`. A header that breaks a rule fails before its payload has arrived.
    public func next(in bytes: Span<UInt8>, at offset: Int = 0) -> FrameProgress {
        guard bytes.count - offset >= FrameHeader.byteCount else {
            return .incomplete(neededBytes: FrameHeader.byteCount)
        }
        let kinds = bytes.littleEndianUInt32(at: offset + 4)
        guard let type = FrameType(rawValue: UInt8(truncatingIfNeeded: kinds)) else {
            return .failed(.unknownType(UInt8(truncatingIfNeeded: kinds)))
        }
        guard type.isSent(by: sender) else { return .failed(.wrongSender(type)) }
        let header = FrameHeader(
            type: type,
            flags: UInt8(truncatingIfNeeded: kinds >> 8),
            detail: UInt16(truncatingIfNeeded: kinds >> 16),
            call: bytes.littleEndianUInt32(at: offset + 8),
            field: bytes.littleEndianUInt32(at: offset + 12),
            payloadBytes: Int(bytes.littleEndianUInt32(at: offset)))
        if let error = header.brokenRule(limits) { return .failed(error) }
        let totalBytes = header.totalBytes
        guard bytes.count - offset >= totalBytes else { return .incomplete(neededBytes: totalBytes) }
        let payload = ByteRange(offset: offset + FrameHeader.byteCount, length: Int(header.payloadBytes))
        return .frame(header, payload: payload, totalBytes: totalBytes)
    }
}
