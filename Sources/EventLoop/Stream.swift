public import Bytes
internal import CLibUV

/// One end of a byte stream (TCP or Unix socket) on a loop: input kept until a subclass has consumed it, output
/// gathered and written once a turn.
///
/// There is one for each connection, most of them idle: the order of the stored properties leaves no gaps.
///
/// Subclasses override `received`, `ended`, `drained` and `closed`; they are called on the loop's thread only.
@safe open class Stream {
    /// What carries the bytes. Everything that depends on it stands in `Stream+Transport.swift`, a dozen functions that
    /// each know the kinds there are: to begin and stop reading, to write what is taken at once, to write the rest
    /// later, to end, reset and close. A further transport (TLS over one of these) is a case here and an arm there;
    /// whoever uses streams sees bytes in `received` and writes to `outbox`, whatever carries them.
    ///
    /// On a simulated loop either kind is carried in memory, and behaves as the kind it stands for.
    public enum Transport: Sendable { case tcp, unixSocket }

    struct State: OptionSet {
        let rawValue: UInt16
        static let reading = State(rawValue: 1)
        static let marked = State(rawValue: 2)
        static let closing = State(rawValue: 4)
        static let closeWhenDrained = State(rawValue: 8)
        /// The end of the output was asked for.
        static let shutDown = State(rawValue: 16)
        /// libuv's handle keeps this object alive.
        static let open = State(rawValue: 32)
        /// The peer has sent its last.
        static let inputEnded = State(rawValue: 64)
        /// The connection broke, and the subclass knows.
        static let broken = State(rawValue: 128)
        /// `received` is running.
        static let receiving = State(rawValue: 256)
        /// `drained` is asked for even when the kernel takes everything at once.
        static let awaitsDrain = State(rawValue: 512)
        /// A `MemoryConnection` is at the other end, not libuv.
        static let inMemory = State(rawValue: 1024)
        /// A Unix socket, or what stands for one.
        static let unixSocket = State(rawValue: 2048)
    }

    public final let loop: Loop
    /// libuv's handle or, in memory, the connection's other end: what the transport keeps.
    final let endpoint: UnsafeMutableRawPointer
    /// Input that `received` has not consumed.
    private final var inbox = ByteBuffer()
    /// `received` is called again only when this many bytes wait: how a reader of a large body avoids being asked, and
    /// looking, once for every packet.
    public final var neededBytes: UInt32 = 0
    /// Output not yet handed to the kernel. Append, then call `flushSoon()`.
    public final var outbox = ByteBuffer()
    private(set) final var state: State = []
    private final var pending: PendingWrite?

    /// Makes a stream that is connected to nothing yet: give it to `Listener.accept(into:)` or call `adopt`. From then
    /// on it lives until it is closed, referenced or not.
    public init(loop: Loop, transport: Transport) throws(LoopError) {
        self.loop = loop
        var status: Int32 = 0
        if loop.simulation != nil {
            unsafe endpoint = MemoryEndpoint.make()
            state.insert(.inMemory)
        } else {
            switch transport {
            case .tcp:
                let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
                unsafe endpoint = UnsafeMutableRawPointer(tcp)
                status = unsafe uv_tcp_init(loop.raw, tcp)
            case .unixSocket:
                let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
                unsafe endpoint = UnsafeMutableRawPointer(pipe)
                status = unsafe uv_pipe_init(loop.raw, pipe, 0)
            }
        }
        if transport == .unixSocket { state.insert(.unixSocket) }
        if status < 0 {
            // libuv does not know the handle: there is nothing to close, only memory to free.
            state.insert(.closing)
            throw LoopError(code: status)
        }
    }

    deinit { freeEndpoint() }

    /// The transport keeps this object alive from now on, until it is closed.
    final func retainByTransport() {
        guard !state.contains(.open) else { return }
        state.insert(.open)
        beRetained()
    }

    // MARK: What a subclass overrides

    /// Input arrived. Takes every byte not consumed so far; gives how many of them are consumed now. The rest is
    /// offered again when more has come or `resumeInput` is called (which does nothing while this runs).
    open func received(_ bytes: Span<UInt8>) -> Int { bytes.count }
    /// The peer sent all it will send (nil; once at most), or the connection broke (once at most, and nothing follows
    /// but `closed`). Whoever wants the stream to go closes it.
    open func ended(_ error: LoopError?) {}
    /// Output that had to wait has left.
    open func drained() {}
    /// The descriptor is gone; the last call a stream makes. A stream dropped before it was connected makes none.
    open func closed() {}

    // MARK: Reading

    public final var isReading: Bool { state.contains(.reading) }
    public final var isClosing: Bool { state.contains(.closing) }
    /// Bytes that came in and wait to be consumed.
    public final var unconsumedBytes: Int { inbox.count }

    public final func startReading() {
        guard state.isDisjoint(with: [.reading, .closing, .inputEnded, .broken]) else { return }
        state.insert(.reading)
        beginReading()
    }

    /// Leaves further input in the kernel, whose full buffers then slow the peer down.
    public final func stopReading() {
        guard state.contains(.reading) else { return }
        state.remove(.reading)
        endReading()
    }

    /// Where the transport is to put what it reads.
    final func provideMemory(_ buffer: inout uv_buf_t) {
        if inbox.isEmpty && Int(neededBytes) <= Loop.readBufferBytes {
            unsafe buffer.base = loop.readBuffer.baseAddress!.assumingMemoryBound(to: CChar.self)
            unsafe buffer.len = loop.readBuffer.count
            return
        }
        // A message is under way: the rest of it is read straight behind what is here.
        let missing = max(Int(neededBytes) - inbox.count, 4096)
        let free = unsafe inbox.unsafeFreeSpace(minimum: missing)
        unsafe buffer.base = free.baseAddress!.assumingMemoryBound(to: CChar.self)
        unsafe buffer.len = free.count
    }

    /// The transport has read so many bytes into the memory it was given, or met the end or an error: libuv's code.
    final func didRead(_ count: Int) {
        guard count != 0 else { return }
        guard count > 0 else {
            stopReading()
            if count == Int(UV_EOF.rawValue) {
                state.insert(.inputEnded)
                ended(nil)
            } else {
                breakDown(LoopError(code: Int32(count)))
            }
            return
        }
        if inbox.isEmpty && Int(neededBytes) <= Loop.readBufferBytes {
            let fresh = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
            let consumed = count >= Int(neededBytes) ? offer(fresh) : 0
            if consumed < count && !isClosing {
                // A large message gets its room at once, but no more than a megabyte on its word alone.
                if Int(neededBytes) > loop.pool.bufferBytes { inbox.reserve(min(Int(neededBytes), 1 << 20)) }
                loop.pool.provide(&inbox)
                inbox.append(fresh.extracting(droppingFirst: consumed))
            }
        } else {
            unsafe inbox.unsafeCommit(count)
            resumeInput()
        }
    }

    /// A write that fails tells that the peer is gone, not that it had said nothing: what it sent before is in the
    /// kernel still (on a Unix socket; a TCP reset has dropped it) and is read first.
    private final func readLastWords() {
        guard !state.contains(.receiving) else { return }
        while state.contains(.reading) {
            var buffer = unsafe uv_buf_t()
            unsafe provideMemory(&buffer)
            let count = unsafe readNow(UnsafeMutableRawPointer(buffer.base), buffer.len)
            guard count > 0 else { return }
            didRead(count)
        }
    }

    /// Offers the input that waits once more, after a subclass that had left it there can go on.
    public final func resumeInput() {
        guard !inbox.isEmpty, inbox.count >= Int(neededBytes), !isClosing else { return }
        // The buffer is moved out for the time of the call: `received` may close us. Nothing can come in meanwhile,
        // since input comes from the loop only, and whoever asks again finds an empty inbox.
        var input = ByteBuffer()
        swap(&input, &inbox)
        let consumed = offer(input.bytes)
        input.consume(consumed)
        if isClosing || input.isEmpty {
            loop.pool.reclaim(&input)
        } else {
            swap(&input, &inbox)
        }
    }

    private final func offer(_ bytes: Span<UInt8>) -> Int {
        state.insert(.receiving)
        let consumed = received(bytes)
        state.remove(.receiving)
        return consumed
    }

    // MARK: Writing

    /// Output not yet taken by the kernel, in bytes.
    public final var unsentBytes: Int { outbox.count + (pending?.bytes.count ?? 0) }

    /// Gives `outbox` pooled memory; call before appending to it.
    public final func prepareOutbox() {
        if outbox.capacity == 0 { loop.pool.provide(&outbox) }
    }

    /// Writes `outbox` at the end of this turn.
    public final func flushSoon() {
        guard state.isDisjoint(with: [.marked, .closing]) else { return }
        precondition(state.contains(.open), "nobody is at the other end yet")
        state.insert(.marked)
        loop.markDirty(self)
    }

    final func flushMarked() {
        state.remove(.marked)
        flush()
        guard state.contains(.awaitsDrain), unsentBytes == 0, !isClosing else { return }
        state.remove(.awaitsDrain)
        drained()
    }

    /// Makes sure that `drained` is called once everything in `outbox` has left, however soon that is.
    public final func awaitDrain() {
        state.insert(.awaitsDrain)
        flushSoon()
    }

    /// Writes what `outbox` holds; what the kernel does not take waits and leaves when it can.
    public final func flush() {
        guard pending == nil, !isClosing else { return }
        if state.contains(.broken) { outbox.removeAll() }
        guard !outbox.isEmpty else {
            loop.pool.reclaim(&outbox)
            finishIfAsked()
            return
        }
        let written = unsafe writeNow(outbox.unsafeReadable)
        if written >= 0 {
            outbox.consume(Int(written))
        } else if written != UV_EAGAIN.rawValue {
            fail(LoopError(code: written))
            return
        }
        if outbox.isEmpty {
            loop.pool.reclaim(&outbox)
            finishIfAsked()
        } else {
            writeRest()
        }
    }

    /// Appends `bytes` to `outbox`, except what the kernel takes right now, together with what `outbox` held: for
    /// bodies so large that to copy them costs more than a system call of their own.
    public final func writeThrough(_ bytes: Span<UInt8>) {
        guard pending == nil, state.isDisjoint(with: [.closing, .broken]) else { return outbox.append(bytes) }
        let before = unsafe outbox.unsafeReadable
        let written = unsafe bytes.withUnsafeBytes { body in unsafe writeNow(before, body) }
        // What went wrong, if anything did, the next flush will meet, too.
        let taken = max(0, Int(written))
        let ofOutbox = min(taken, outbox.count)
        outbox.consume(ofOutbox)
        outbox.append(bytes.extracting(droppingFirst: taken - ofOutbox))
        flushSoon()
    }

    private final func writeRest() {
        let rest = loop.writePool.take()
        swap(&rest.bytes, &outbox)
        pending = rest
        let status = writeLater(rest)
        if status < 0 {
            reclaimPending()
            fail(LoopError(code: status))
        }
    }

    private final func reclaimPending() {
        guard let done = pending else { return }
        pending = nil
        done.bytes.removeAll()
        loop.pool.reclaim(&done.bytes)
        loop.writePool.give(done)
    }

    /// What `writeLater` was given has left, or never will.
    final func didWriteRest(_ status: Int32) {
        reclaimPending()
        guard !isClosing else { return }
        if status < 0 {
            fail(LoopError(code: status))
            return
        }
        if outbox.isEmpty { finishIfAsked() } else { flush() }
        if pending == nil && state.isDisjoint(with: [.closing, .broken]) { drained() }
    }

    private final func fail(_ error: LoopError) {
        outbox.removeAll()
        loop.pool.reclaim(&outbox)
        readLastWords()
        if !isClosing { breakDown(error) }
    }

    private final func breakDown(_ error: LoopError) {
        guard !state.contains(.broken) else { return }
        stopReading()
        state.insert(.broken)
        ended(error)
    }

    // MARK: Ending

    /// Closes once everything in `outbox` has left.
    public final func closeWhenDrained() {
        guard !isClosing else { return }
        state.insert(.closeWhenDrained)
        if outbox.isEmpty && pending == nil { close() } else { flushSoon() }
    }

    /// Everything has left: does what was to come then.
    private final func finishIfAsked() {
        if state.contains(.closeWhenDrained) {
            close()
        } else if state.contains(.shutDown) {
            endOutput()
        }
    }

    /// Tells the peer that nothing more will come (FIN) once everything in `outbox` has left, while input goes on.
    /// Nothing may be appended afterwards.
    public final func shutdownOutput() {
        guard !isClosing, !state.contains(.shutDown) else { return }
        state.insert(.shutDown)
        if outbox.isEmpty && pending == nil { endOutput() } else { flushSoon() }
    }

    /// Closes with a reset, so that a peer cannot mistake what it got for a whole answer.
    public final func reset() {
        guard !isClosing else { return }
        makeCloseAReset()
        close()
    }

    /// Closes now; what was not written is dropped.
    public final func close() {
        guard !isClosing else { return }
        state.insert(.closing)
        state.remove(.reading)
        outbox.removeAll()
        loop.pool.reclaim(&outbox)
        inbox.removeAll()
        loop.pool.reclaim(&inbox)
        retainByTransport()
        closeEndpoint()
    }
}
