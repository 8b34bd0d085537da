public import Bytes
internal import CZlib

/// Compresses a body as it comes (RFC 1952), by zlib. For one body at a time; `reset` makes it fit for the next.
@safe public final class GzipStream {
    private let stream: UnsafeMutablePointer<z_stream>

    public enum Ending: Sendable {
        /// All that was appended so far can be read by the client.
        case flush
        /// The body ends.
        case finish
    }

    /// A window of 8 KiB and hash tables to match: a stream takes 96 KiB in place of zlib's usual 256, and events and
    /// records repeat themselves within less.
    private static let windowBits: Int32 = 13
    private static let memoryLevel: Int32 = 7
    /// What zlib says a stream of this kind takes.
    public static let memoryBytes = 1 << (Int(windowBits) + 2) + 1 << (Int(memoryLevel) + 9)
    /// zlib adds this to ask for gzip's header and checksum.
    static let gzipFlag: Int32 = 16

    /// - Parameter level: from 1, the fastest, to 9.
    /// - Returns: nil without memory.
    public init?(level: Int) {
        unsafe stream = .allocate(capacity: 1)
        unsafe stream.initialize(to: z_stream())
        let status = unsafe sidecar_deflate_init(
            stream, Int32(clamping: level), Self.windowBits + Self.gzipFlag, Self.memoryLevel)
        guard status == Z_OK else { return nil }
    }

    deinit {
        unsafe deflateEnd(stream)
        unsafe stream.deallocate()
    }

    public func reset() { _ = unsafe deflateReset(stream) }

    /// Appends the compressed form of `input` to `out`. Nothing may be appended behind `finish`.
    public func append(_ input: Span<UInt8>, _ ending: Ending, into out: inout ByteBuffer) {
        unsafe input.withUnsafeBytes { bytes in
            unsafe stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
            unsafe stream.pointee.avail_in = UInt32(bytes.count)
            var isFull = true
            while isFull {
                let room = unsafe out.unsafeFreeSpace(minimum: max(256, bytes.count / 4))
                let roomBytes = min(room.count, 1 << 30)
                unsafe stream.pointee.next_out = room.baseAddress!.assumingMemoryBound(to: UInt8.self)
                unsafe stream.pointee.avail_out = UInt32(roomBytes)
                let status = unsafe deflate(stream, ending == .finish ? Z_FINISH : Z_SYNC_FLUSH)
                unsafe out.unsafeCommit(roomBytes - Int(stream.pointee.avail_out))
                isFull = unsafe stream.pointee.avail_out == 0 && status != Z_STREAM_END
            }
            unsafe stream.pointee.next_in = nil
        }
    }
}
