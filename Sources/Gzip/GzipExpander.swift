public import Bytes
internal import CZlib

/// Expands gzip (RFC 1952) up to a bound, by zlib. One for each loop; it keeps no state between bodies.
@safe public final class GzipExpander {
    private let stream: UnsafeMutablePointer<z_stream>

    public enum Outcome: Equatable, Sendable {
        case complete
        /// More than the bound would have come out.
        case tooLarge
        /// No gzip, cut short, or its checksum is wrong.
        case malformed
    }

    private static let windowBits: Int32 = 15
    /// What comes out of one step.
    private static let stepBytes = 64 << 10

    /// - Returns: nil without memory.
    public init?() {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        guard unsafe sidecar_inflate_init(stream, Self.windowBits + GzipStream.gzipFlag) == Z_OK else { return nil }
    }

    deinit {
        unsafe inflateEnd(stream)
        unsafe stream.deallocate()
    }

    /// Appends what `input` holds to `out`, at most `limitBytes` of it. Several members one after another are one body
    /// (RFC 1952 section 2.2). After anything but `complete`, what was appended is of no use.
    public func expand(_ input: Span<UInt8>, limitBytes: Int, into out: inout ByteBuffer) -> Outcome {
        _ = unsafe inflateReset(stream)
        return unsafe input.withUnsafeBytes { bytes in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.pointee.avail_in = UInt32(bytes.count)
            defer { unsafe stream.pointee.next_in = nil }
            return expandAll(limitBytes, &out)
        }
    }

    private func expandAll(_ limitBytes: Int, _ out: inout ByteBuffer) -> Outcome {
        let before = out.count
        while true {
            // One byte more than may come tells a body that fits from one that does not.
            let allowed = limitBytes + 1 - (out.count - before)
            let room = unsafe out.unsafeFreeSpace(minimum: min(allowed, Self.stepBytes))
            let roomBytes = min(room.count, allowed)
            unsafe stream.pointee.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
            unsafe stream.pointee.avail_out = UInt32(roomBytes)
            let status = unsafe inflate(stream, Z_NO_FLUSH)
            unsafe out.unsafeCommit(roomBytes - Int(stream.pointee.avail_out))
            if out.count - before > limitBytes { return .tooLarge }
            switch status {
            case Z_OK:
                // Room was left: what was given is used up, and the member has not ended.
                if unsafe stream.pointee.avail_out > 0 && stream.pointee.avail_in == 0 { return .malformed }
            case Z_STREAM_END:
                if unsafe stream.pointee.avail_in == 0 { return .complete }
                _ = unsafe inflateReset(stream)
            default: return .malformed
            }
        }
    }
}
