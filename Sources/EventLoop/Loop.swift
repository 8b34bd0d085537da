public import Bytes
internal import CLibUV

/// One libuv event loop and what its streams share: the read buffer, the pools, the list of streams to flush.
///
/// A loop and everything made on it belong to the thread that runs it; only `Mailbox` may be used from elsewhere.
/// Reads come first, then one gathered write for each stream that got something to say (in libuv's check phase), so a
/// turn of the loop costs each socket at most one write however many messages it carries.
@safe public final class Loop {
    let raw: UnsafeMutablePointer<uv_loop_t>
    private let checkHandle: UnsafeMutablePointer<uv_check_t>
    /// Where reads land while a stream has no partial message of its own.
    let readBuffer: UnsafeMutableRawBufferPointer
    /// Memory for partial input and for answers.
    public let pool: BufferPool
    let writePool = PendingWritePool()
    private var dirty: [Stream] = []
    private var dirtySpare: [Stream] = []
    /// Runs once at the end of every turn, before the streams are flushed.
    public var onTurnEnd: (() -> Void)?
    /// Runs once at the end of every turn, after the streams were flushed.
    public var onTurnFlushed: (() -> Void)?
    private(set) public var turns = 0

    /// Bytes one read may bring in. A multiple of the usual socket buffer granularity; larger reads mean fewer calls
    /// under pipelining, and the buffer exists once a loop, not once a connection.
    public static let readBufferBytes = 256 * 1024

    public init() throws(LoopError) {
        unsafe raw = .allocate(capacity: 1)
        unsafe checkHandle = .allocate(capacity: 1)
        unsafe readBuffer = .allocate(byteCount: Loop.readBufferBytes, alignment: 16)
        pool = BufferPool(bufferBytes: 4096, spareLimit: 1024)
        dirty.reserveCapacity(1024)
        dirtySpare.reserveCapacity(1024)
        try unsafe LoopError.check(uv_loop_init(raw))
        try unsafe LoopError.check(uv_check_init(raw, checkHandle))
        unsafe checkHandle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        unsafe uv_check_start(checkHandle) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data).takeUnretainedValue().endTurn()
        }
        // The check handle alone does not keep the loop running.
        unsafe UnsafeMutableRawPointer(checkHandle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_unref($0)
        }
    }

    deinit {
        // The loop lives as long as its thread; a loop that is dropped early (tests) closes what it owns.
        unsafe UnsafeMutableRawPointer(checkHandle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_close($0, nil)
        }
        unsafe uv_run(raw, UV_RUN_NOWAIT)
        if unsafe uv_loop_close(raw) == 0 {
            unsafe raw.deallocate()
            unsafe checkHandle.deallocate()
        }
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
        dirty.append(stream)
    }

    private func endTurn() {
        turns &+= 1
        onTurnEnd?()
        // Flushing may close a stream, and closing may write elsewhere: go on until nothing is left to say.
        while !dirty.isEmpty {
            swap(&dirty, &dirtySpare)
            for stream in dirtySpare { stream.flushMarked() }
            dirtySpare.removeAll(keepingCapacity: true)
        }
        onTurnFlushed?()
    }
}
