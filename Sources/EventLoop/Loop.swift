public import Bytes
internal import CLibUV

/// One libuv event loop and what its streams share: the read buffer, the pools, the list of streams to flush.
///
/// A loop and everything made on it belong to the thread that runs it; only `Mailbox` may be used from elsewhere.
/// Reads come first, then one gathered write for each stream that got something to say (in libuv's check phase), so the
/// reads of a turn cost each socket at most one write however many messages they carry. What timers and closed streams
/// say is written the same way, before the loop waits again (in libuv's prepare phase).
@safe public final class Loop {
    /// libuv's loop; nil when the loop is simulated.
    let raw: UnsafeMutablePointer<uv_loop_t>?
    /// Comes after the reads of a turn.
    private let checkHandle: UnsafeMutablePointer<uv_check_t>?
    /// Comes before the loop waits: what timers and closed streams had to say must not wait with it.
    private let prepareHandle: UnsafeMutablePointer<uv_prepare_t>?
    /// What stands in for the kernel, its clock and libuv in a test; nil for a loop that serves.
    public let simulation: Simulation?
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
        simulation = nil
        let check = UnsafeMutablePointer<uv_check_t>.allocate(capacity: 1)
        let prepare = UnsafeMutablePointer<uv_prepare_t>.allocate(capacity: 1)
        unsafe (checkHandle, prepareHandle) = (check, prepare)
        unsafe readBuffer = .allocate(byteCount: Loop.readBufferBytes, alignment: 16)
        unsafe dirty.reserveCapacity(1024)
        unsafe dirtySpare.reserveCapacity(1024)
        unsafe watchTurns(check, prepare)
    }

    /// A loop without libuv, sockets or a real clock: `simulation` stands in for them. Its streams are in memory,
    /// whatever transport they ask for; its turns are those of a real loop, and `runOnce` runs one without waiting.
    public init(simulation: Simulation) {
        unsafe raw = nil
        unsafe checkHandle = nil
        unsafe prepareHandle = nil
        self.simulation = simulation
        unsafe readBuffer = .allocate(byteCount: Loop.readBufferBytes, alignment: 16)
    }

    private func watchTurns(_ check: UnsafeMutablePointer<uv_check_t>, _ prepare: UnsafeMutablePointer<uv_prepare_t>) {
        let this = unsafe Unmanaged.passUnretained(self).toOpaque()
        _ = unsafe uv_check_init(raw, check)
        unsafe check.pointee.data = this
        _ = unsafe uv_check_start(check) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { $0.eventsAreOver() }
        }
        _ = unsafe uv_prepare_init(raw, prepare)
        unsafe prepare.pointee.data = this
        _ = unsafe uv_prepare_start(prepare) { handle in
            unsafe Unmanaged<Loop>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { $0.writeAll() }
        }
        // These two alone do not keep the loop running.
        unsafe Handle.unreference(check)
        unsafe Handle.unreference(prepare)
    }

    /// The reads of this turn are done.
    private func eventsAreOver() {
        turns &+= 1
        writeAll()
    }

    deinit {
        // Whatever is on a loop references it, so that nothing but these is left, and handles that are closing already.
        if let raw = unsafe raw, let check = unsafe checkHandle, let prepare = unsafe prepareHandle {
            unsafe Handle.closeAndFree(check)
            unsafe Handle.closeAndFree(prepare)
            unsafe uv_run(raw, UV_RUN_NOWAIT)
            if unsafe uv_loop_close(raw) == 0 { unsafe raw.deallocate() }
        }
        unsafe readBuffer.deallocate()
    }

    /// Runs until `stop()` or until nothing is left to wait for.
    public func run() {
        precondition(simulation == nil, "whoever simulates a loop turns it, too")
        _ = unsafe uv_run(raw, UV_RUN_DEFAULT)
    }

    /// Runs one turn: waits for at most one round of events.
    public func runOnce() {
        if let simulation { return runOnce(in: simulation) }
        _ = unsafe uv_run(raw, UV_RUN_ONCE)
    }

    /// The same order as libuv's: timers, what they had to say, events, what those had to say, closed handles.
    private func runOnce(in simulation: Simulation) {
        simulation.fireTimers()
        writeAll()
        simulation.serveReady()
        eventsAreOver()
        simulation.finishClosing()
    }

    /// Ends `run()` after the current turn.
    public func stop() {
        precondition(simulation == nil, "whoever simulates a loop turns it, too")
        unsafe uv_stop(raw)
    }

    /// The loop's clock at the start of this turn, in milliseconds since an arbitrary point.
    public var nowMilliseconds: UInt64 {
        if let simulation { return simulation.turnMilliseconds }
        return unsafe uv_now(raw)
    }

    /// The monotonic clock, read now, in nanoseconds.
    public var nanoseconds: UInt64 {
        if let simulation { return simulation.nanoseconds }
        return uv_hrtime()
    }

    /// The time of day, read now: seconds since 1970, and the milliseconds of the current second.
    public var wallClock: (seconds: Int, milliseconds: Int) {
        if let simulation { return simulation.wallClock }
        return WallClock.now
    }

    /// The time of day, read now, in milliseconds since 1970.
    public var unixMilliseconds: Int {
        let now = wallClock
        return now.seconds * 1000 + now.milliseconds
    }

    /// Writes to standard error and empties `bytes`. A simulated loop keeps them instead.
    public func writeStandardError(_ bytes: inout ByteBuffer) {
        guard let simulation else { return StandardError.write(&bytes) }
        simulation.keepStandardError(bytes.bytes)
        bytes.removeAll()
    }

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
