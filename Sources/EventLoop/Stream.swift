public import Bytes
internal import CLibUV

/// One end of a byte stream (TCP or Unix socket) on a loop: input kept until a subclass has consumed it, output
/// gathered and written once a turn.
///
/// Subclasses override `received`, `ended`, `drained` and `closed`; they are called on the loop's thread only.
@safe open class Stream {
    public enum Transport: Sendable { case tcp, unixSocket }

    private struct State: OptionSet {
        let rawValue: UInt8
        static let reading = State(rawValue: 1)
        static let marked = State(rawValue: 2)
        static let closing = State(rawValue: 4)
        static let closeWhenDrained = State(rawValue: 8)
        static let shutDown = State(rawValue: 16)
        static let open = State(rawValue: 32)
    }

    public unowned let loop: Loop
    private let handle: UnsafeMutablePointer<uv_stream_t>
    /// Input that `received` has not consumed.
    private var inbox = ByteBuffer()
    /// Output not yet handed to the kernel. Append, then call `flushSoon()`.
    public var outbox = ByteBuffer()
    private var pending: PendingWrite?
    private var state: State = []
    /// `received` is called again only when this many bytes wait: how a reader of a large body avoids being asked, and
    /// looking, once for every packet.
    public var neededBytes: UInt32 = 0

    public init(loop: Loop, transport: Transport) throws(LoopError) {
        self.loop = loop
        switch transport {
        case .tcp:
            let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
            unsafe handle = UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_stream_t.self)
            let status = unsafe uv_tcp_init(loop.raw, tcp)
            if status < 0 { throw LoopError(code: status) }
        case .unixSocket:
            let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
            unsafe handle = UnsafeMutableRawPointer(pipe).assumingMemoryBound(to: uv_stream_t.self)
            let status = unsafe uv_pipe_init(loop.raw, pipe, 0)
            if status < 0 { throw LoopError(code: status) }
        }
        // The handle keeps this object alive until libuv has let go of it.
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        state.insert(.open)
    }

    deinit { unsafe UnsafeMutableRawPointer(handle).deallocate() }

    // MARK: What a subclass overrides

    /// Input arrived. Takes every byte not consumed so far; gives how many of them are consumed now.
    open func received(_ bytes: Span<UInt8>) -> Int { bytes.count }
    /// The peer sent all it will send (nil), or the connection broke.
    open func ended(_ error: LoopError?) {}
    /// Output that had to wait has left.
    open func drained() {}
    /// The descriptor is gone; the last call a stream makes.
    open func closed() {}

    // MARK: Opening

    /// Takes the next connection of a listener.
    func accept(from server: UnsafeMutablePointer<uv_stream_t>) throws(LoopError) {
        try unsafe LoopError.check(uv_accept(server, handle))
    }

    /// Takes over an open TCP descriptor.
    public func adopt(tcp descriptor: Int32) throws(LoopError) {
        try unsafe LoopError.check(
            uv_tcp_open(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), descriptor))
    }

    /// Takes over an open Unix socket descriptor.
    public func adopt(unixSocket descriptor: Int32) throws(LoopError) {
        try unsafe LoopError.check(
            uv_pipe_open(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self), descriptor))
    }

    /// Sends small packets at once: answers are gathered here already, so Nagle's wait only adds latency.
    public func disableNagle() {
        _ = unsafe uv_tcp_nodelay(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), 1)
    }

    /// The descriptor, for socket options and for handing a connection to another loop.
    public var descriptor: Int32 {
        var fd: Int32 = -1
        return unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_fileno($0, &fd) == 0 ? fd : -1
        }
    }

    // MARK: Reading

    public var isReading: Bool { state.contains(.reading) }
    public var isClosing: Bool { state.contains(.closing) }
    /// Bytes that came in and wait to be consumed.
    public var unconsumedBytes: Int { inbox.count }

    public func startReading() {
        guard !state.contains(.reading), !state.contains(.closing) else { return }
        state.insert(.reading)
        _ = unsafe uv_read_start(
            handle,
            { handle, _, buffer in
                let stream = unsafe Unmanaged<Stream>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                unsafe stream.provideMemory(&buffer!.pointee)
            },
            { handle, count, _ in
                let stream = unsafe Unmanaged<Stream>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                stream.didRead(count)
            })
    }

    /// Leaves further input in the kernel, whose full buffers then slow the peer down.
    public func stopReading() {
        guard state.contains(.reading) else { return }
        state.remove(.reading)
        _ = unsafe uv_read_stop(handle)
    }

    private func provideMemory(_ buffer: inout uv_buf_t) {
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

    private func didRead(_ count: Int) {
        guard count != 0 else { return }
        guard count > 0 else {
            stopReading()
            ended(count == Int(UV_EOF.rawValue) ? nil : LoopError(code: Int32(count)))
            return
        }
        if inbox.isEmpty && Int(neededBytes) <= Loop.readBufferBytes {
            let fresh = unsafe Span<UInt8>(_unsafeBytes: UnsafeRawBufferPointer(rebasing: loop.readBuffer[..<count]))
            let consumed = count >= Int(neededBytes) ? received(fresh) : 0
            if consumed < count && !isClosing {
                loop.pool.provide(&inbox)
                inbox.append(fresh.extracting(droppingFirst: consumed))
            }
        } else {
            unsafe inbox.unsafeCommit(count)
            resumeInput()
        }
    }

    /// Offers the input that waits once more, after a subclass that had left it there can go on.
    public func resumeInput() {
        guard !inbox.isEmpty, inbox.count >= Int(neededBytes), !isClosing else { return }
        // The buffer is moved out for the time of the call: `received` may append nothing to it, but may close us.
        var input = ByteBuffer()
        swap(&input, &inbox)
        let consumed = received(input.bytes)
        input.consume(consumed)
        if isClosing || input.isEmpty {
            loop.pool.reclaim(&input)
        } else {
            swap(&input, &inbox)
        }
    }

    // MARK: Writing

    /// Output not yet taken by the kernel, in bytes.
    public var unsentBytes: Int { outbox.count + (pending?.bytes.count ?? 0) }

    /// Gives `outbox` pooled memory; call before appending to it.
    public func prepareOutbox() {
        if outbox.capacity == 0 { loop.pool.provide(&outbox) }
    }

    /// Writes `outbox` at the end of this turn.
    public func flushSoon() {
        guard !state.contains(.marked), !state.contains(.closing) else { return }
        state.insert(.marked)
        loop.markDirty(self)
    }

    func flushMarked() {
        state.remove(.marked)
        flush()
    }

    /// Writes what `outbox` holds; what the kernel does not take waits and leaves when it can.
    public func flush() {
        guard !outbox.isEmpty, pending == nil, !isClosing else {
            if outbox.isEmpty { loop.pool.reclaim(&outbox) }
            return
        }
        let readable = unsafe outbox.unsafeReadable
        var buffer = unsafe uv_buf_init(
            UnsafeMutablePointer(mutating: readable.baseAddress!.assumingMemoryBound(to: CChar.self)),
            UInt32(readable.count))
        let written = unsafe uv_try_write(handle, &buffer, 1)
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

    private func writeRest() {
        let rest = loop.writePool.take()
        swap(&rest.bytes, &outbox)
        pending = rest
        unsafe rest.request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let readable = unsafe rest.bytes.unsafeReadable
        var buffer = unsafe uv_buf_init(
            UnsafeMutablePointer(mutating: readable.baseAddress!.assumingMemoryBound(to: CChar.self)),
            UInt32(readable.count))
        let status = unsafe uv_write(rest.request, handle, &buffer, 1) { request, status in
            unsafe Unmanaged<Stream>.fromOpaque(request!.pointee.data).takeRetainedValue().didWriteRest(status)
        }
        if status < 0 {
            unsafe Unmanaged<Stream>.fromOpaque(rest.request.pointee.data).release()
            reclaimPending()
            fail(LoopError(code: status))
        }
    }

    private func reclaimPending() {
        guard let done = pending else { return }
        pending = nil
        done.bytes.removeAll()
        loop.pool.reclaim(&done.bytes)
        loop.writePool.give(done)
    }

    private func didWriteRest(_ status: Int32) {
        reclaimPending()
        guard !isClosing else { return }
        if status < 0 {
            fail(LoopError(code: status))
            return
        }
        if !outbox.isEmpty { flush() }
        if pending == nil && !isClosing {
            finishIfAsked()
            if !isClosing { drained() }
        }
    }

    private func fail(_ error: LoopError) {
        outbox.removeAll()
        ended(error)
    }

    // MARK: Ending

    /// Closes once everything in `outbox` has left.
    public func closeWhenDrained() {
        guard !isClosing else { return }
        state.insert(.closeWhenDrained)
        if outbox.isEmpty && pending == nil { close() } else { flushSoon() }
    }

    public var willCloseWhenDrained: Bool { state.contains(.closeWhenDrained) }

    private func finishIfAsked() {
        if state.contains(.closeWhenDrained) { close() }
    }

    /// Tells the peer that nothing more will come (FIN), while input goes on.
    public func shutdownOutput() {
        guard !isClosing, !state.contains(.shutDown) else { return }
        state.insert(.shutDown)
        shutDownWriting(descriptor)
    }

    /// Closes with a reset, so that a peer cannot mistake what it got for a whole answer.
    public func reset() {
        guard !isClosing else { return }
        lingerZero(descriptor)
        close()
    }

    /// Closes now; what was not written is dropped.
    public func close() {
        guard !isClosing else { return }
        state.insert(.closing)
        state.remove(.reading)
        outbox.removeAll()
        loop.pool.reclaim(&outbox)
        inbox.removeAll()
        loop.pool.reclaim(&inbox)
        unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_close($0) { handle in
                let stream = unsafe Unmanaged<Stream>.fromOpaque(handle!.pointee.data).takeRetainedValue()
                stream.closed()
            }
        }
    }
}

extension Stream {
    /// A second descriptor for the same connection, to move it to another loop: this stream may close then.
    public func duplicateDescriptor() -> Int32? {
        duplicate(descriptor)
    }
}
