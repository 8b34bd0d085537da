public import Bytes
internal import CLibDeflate

/// Compresses whole bodies (RFC 1952), by libdeflate: some times faster than zlib, and it wants all of the input at
/// once. A loop has one; it keeps no state between bodies.
@safe public final class GzipCompressor {
    private let raw: OpaquePointer

    /// - Parameter level: from 1, the fastest, to 12.
    /// - Returns: nil without memory, or for another level.
    public init?(level: Int) {
        guard let raw = unsafe libdeflate_alloc_compressor(Int32(clamping: level)) else { return nil }
        unsafe self.raw = raw
    }

    deinit { unsafe libdeflate_free_compressor(raw) }

    /// Appends `input` as one gzip member, if that is smaller than the input itself; else false, and nothing.
    public func compress(_ input: Span<UInt8>, into out: inout ByteBuffer) -> Bool {
        // The smallest member there is takes 20 bytes.
        let roomBytes = input.count - 1
        guard roomBytes >= 20 else { return false }
        let room = unsafe out.unsafeFreeSpace(minimum: roomBytes)
        let written = unsafe input.withUnsafeBytes {
            unsafe libdeflate_gzip_compress(raw, $0.baseAddress!, $0.count, room.baseAddress!, roomBytes)
        }
        guard written > 0 else { return false }
        unsafe out.unsafeCommit(written)
        return true
    }
}
