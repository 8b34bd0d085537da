public import Bytes
internal import CLibUV

/// One libuv event loop and what its streams share: the read buffer, the pools, the list of streams to flush.
///
/// A loop and everything made on it belong to the thread that runs it; only `Mailbox` may be used from elsewhere.
/// Reads come first, then one gathered write for each stream that got something to say (in libuv's check phase), so the
/// reads of a turn cost each socket at most one write however many messages they carry. What timers and closed streams
/// say is written the same way, before the loop waits again (in libuv's prepare phase).
@safe public final class Loop {
    let raw: UnsafeMutablePointer<uv_loop_t>
    /// Comes after the reads of a turn.
    private let checkHandle: UnsafeMutablePointer<uv_check_t>
    /// Comes before the loop waits: what timers and closed streams had to say must not wait with it.
    private let prepareHandle: UnsafeMutablePointer<uv_prepare_t>
    /// Where reads land while a stream has no partial message of its own.
    let readBuffer: UnsafeMutableRawBufferPointer
    /// Memory for partial input and for answers.
    public var pool = BufferPool(bufferBytes: 4096, spareLimit: 1024)
    let writePool = PendingWritePool()
    /// Streams with something to write. Not retained: the list is worked off before libuv runs the callbacks of closed
    /// handles, which is where a stream may go, and a stream that is closing does not enter it.
    private var dirty: [Unmanaged<Stream>] = unsafe []
    private var dirtySpare: [Unmanaged<Stream>] = unsafe []
    /// Runs before the streams are flushed: after the reads of every turn, and before the loop waits for the next ones.
    public var onTurnEnd: (() -> Void)?
    /// Runs once at the end of every turn, after the streams were flushed.
    public var onTurnFlushed: (() -> Void)?
    private(set) public var turns = 0

    /// Bytes one read may bring in. A multiple of the usual socket buffer granularity; larger reads mean fewer calls
    /// under pipelining, and the buffer exists once a loop, not once a connection.
    public static let readBufferBytes = 256 * 1024

    public init() throws(LoopError) {
        let raw = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        let status = unsafe uv_loop_init(raw)
        guard status == 0 else {
            unsafe raw.deallocate()
            throw LoopError(code: status)
        }
        unsafe self.raw = raw
        unsafe checkHandle = .allocate(capacity: 1)
        unsafe prepareHandle = .allocate(capacity: 1)
        unsafe readBuffer = .allocate(byteCount: Loop.readBufferBytes, alignment: 16)
        unsafe dirty.reserveCapacity(1024)
        unsafe dirtySpare.reserveCapacity(1024)
        watchTurns()
    }

    private func watchTurns() {
        let this = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe uv_check_init(raw, checkHandle)
        unsafe checkHandle.pointee.data = this
        _ = unsafe uv_check_start(checkHandle) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { loop in
                loop.turns &+= 1
                loop.writeAll()
            }
        }
        _ = unsafe uv_prepare_init(raw, prepareHandle)
        unsafe prepareHandle.pointee.data = this
        _ = unsafe uv_prepare_start(prepareHandle) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { $0.writeAll() }
        }
        // These two alone do not keep the loop running.
        unsafe Handle.unreference(checkHandle)
        unsafe Handle.unreference(prepareHandle)
    }

    deinit {
        // Whatever is on a loop references it, so that nothing but these is left, and handles that are closing already.
        unsafe Handle.closeAndFree(checkHandle)
        unsafe Handle.closeAndFree(prepareHandle)
        unsafe uv_run(raw, UV_RUN_NOWAIT)
        if unsafe uv_loop_close(raw) == 0 { unsafe raw.deallocate() }
        unsafe readBuffer.deallocate()
    }

    /// Runs until `stop()` or until nothing is left to wait for.
    public func run() {
        _ = unsafe uv_run(raw, UV_RUN_DEFAULT)
    }

    /// Runs one turn: waits for at most one round of events.
    public func runOnce() {
        _ = unsafe uv_run(raw, UV_RUN_ONCE)
    }

    /// Ends `run()` after the current turn.
    public func stop() {
        unsafe uv_stop(raw)
    }

    /// The loop's clock at the start of this turn, in milliseconds since an arbitrary point.
    public var nowMilliseconds: UInt64 { unsafe uv_now(raw) }

    /// The monotonic clock, read now, in nanoseconds.
    public static var nanoseconds: UInt64 { uv_hrtime() }

    func markDirty(_ stream: Stream) {
        unsafe dirty.append(Unmanaged.passUnretained(stream))
    }

    private func writeAll() {
        onTurnEnd?()
        // Flushing may close a stream, closing may write elsewhere, and who waited for an outbox to empty may go on:
        // until nothing is left to say.
        while unsafe !dirty.isEmpty {
            unsafe swap(&dirty, &dirtySpare)
            for at in unsafe dirtySpare.indices {
                unsafe dirtySpare[at]._withUnsafeGuaranteedRef { $0.flushMarked() }
            }
            unsafe dirtySpare.removeAll(keepingCapacity: true)
            onTurnEnd?()
        }
        onTurnFlushed?()
    }
}
