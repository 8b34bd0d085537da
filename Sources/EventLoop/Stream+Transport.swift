internal import Bytes
internal import CLibUV

/// All that depends on what carries a stream's bytes: libuv's handles, or memory where the loop is simulated. Codes are
/// libuv's, whatever the transport.
extension Stream {
    @inline(__always)
    final var isInMemory: Bool { state.contains(.inMemory) }

    /// libuv's handle, where that is the transport.
    @inline(__always)
    final var handle: UnsafeMutablePointer<uv_stream_t> { unsafe endpoint.assumingMemoryBound(to: uv_stream_t.self) }

    /// The transport holds a reference to this object from now on.
    final func beRetained() {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).beOpened(by: self) }
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    // MARK: Reading

    /// `provideMemory` and `didRead` are called from now on, as input comes.
    final func beginReading() {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).startedReading() }
        _ = unsafe uv_read_start(
            handle,
            { handle, _, buffer in
                unsafe Unmanaged<Stream>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef {
                    unsafe $0.provideMemory(&buffer!.pointee)
                }
            },
            { handle, count, _ in
                unsafe Unmanaged<Stream>.fromOpaque(handle!.pointee.data)._withUnsafeGuaranteedRef { $0.didRead(count) }
            })
    }

    /// They are called no more.
    final func endReading() {
        // In memory it is asked before each read whether it reads.
        guard !isInMemory else { return }
        _ = unsafe uv_read_stop(handle)
    }

    /// Reads what is there: the number of bytes, 0 at the end or when there is nothing, less on an error.
    final func readNow(_ memory: UnsafeMutableRawPointer, _ count: Int) -> Int {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).connection?.take(memory, count) ?? 0 }
        return unsafe receiveAtOnce(descriptor, memory, count)
    }

    // MARK: Writing

    /// Writes what is taken at once: the number of bytes, or an error, which is UV_EAGAIN when nothing is taken.
    @inline(__always)
    final func writeNow(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).write(bytes) }
        var buffer = unsafe Self.buffer(bytes)
        return unsafe uv_try_write(handle, &buffer, 1)
    }

    /// The same for two runs of bytes, of which the first may be empty.
    @inline(__always)
    final func writeNow(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int32 {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).write(first, second) }
        var buffers = unsafe (Self.buffer(first), Self.buffer(second))
        return unsafe withUnsafeMutableBytes(of: &buffers) {
            let start = unsafe $0.baseAddress!.assumingMemoryBound(to: uv_buf_t.self)
            return unsafe first.isEmpty ? uv_try_write(handle, start + 1, 1) : uv_try_write(handle, start, 2)
        }
    }

    /// Writes all of it, as soon as it is taken; then, or when that has become impossible, `didWriteRest` is called.
    /// Not if this gives an error.
    final func writeLater(_ rest: PendingWrite) -> Int32 {
        if isInMemory {
            unsafe MemoryEndpoint.at(endpoint).connection?.writeLater(rest)
            return 0
        }
        unsafe rest.request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        var buffer = unsafe Self.buffer(rest.bytes.unsafeReadable)
        let status = unsafe uv_write(rest.request, handle, &buffer, 1) { request, status in
            unsafe Unmanaged<Stream>.fromOpaque(request!.pointee.data).takeRetainedValue().didWriteRest(status)
        }
        if status < 0 { unsafe Unmanaged<Stream>.fromOpaque(rest.request.pointee.data).release() }
        return status
    }

    private static func buffer(_ bytes: UnsafeRawBufferPointer) -> uv_buf_t {
        unsafe uv_buf_init(
            UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: CChar.self)), UInt32(bytes.count))
    }

    // MARK: Ending

    /// Tells the peer that nothing more comes.
    final func endOutput() {
        if isInMemory {
            unsafe MemoryEndpoint.at(endpoint).connection?.endOutput()
            return
        }
        shutDownWriting(descriptor)
    }

    /// Makes the coming close a reset.
    final func makeCloseAReset() {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).closesWithReset = true }
        lingerZero(descriptor)
    }

    /// Lets go of the connection; `closed` is called once that is done, and then the reference is given back.
    final func closeEndpoint() {
        if isInMemory {
            unsafe MemoryEndpoint.at(endpoint).close()
            loop.simulation?.close(self)
            return
        }
        unsafe endpoint.withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_close($0) { handle in
                let stream = unsafe Unmanaged<Stream>.fromOpaque(handle!.pointee.data).takeRetainedValue()
                stream.closed()
            }
        }
    }

    /// The end of the turn in which a stream in memory was closed.
    final func finishClosingInMemory() {
        if unsafe MemoryEndpoint.at(endpoint).connection?.disconnect() == true {
            didWriteRest(UV_ECANCELED.rawValue)
        }
        closed()
    }

    /// This object goes.
    final func freeEndpoint() {
        if isInMemory {
            unsafe Unmanaged<MemoryEndpoint>.fromOpaque(endpoint).release()
        } else if state.contains(.closing) {
            unsafe endpoint.deallocate()
        } else {
            unsafe Handle.closeAndFree(endpoint)
        }
    }
}

/// What a stream in memory keeps in place of libuv's handle.
final class MemoryEndpoint {
    var connection: MemoryConnection?
    var closesWithReset = false

    static func make() -> UnsafeMutableRawPointer { unsafe Unmanaged.passRetained(MemoryEndpoint()).toOpaque() }

    static func at(_ pointer: UnsafeMutableRawPointer) -> MemoryEndpoint {
        unsafe Unmanaged<MemoryEndpoint>.fromOpaque(pointer).takeUnretainedValue()
    }

    func beOpened(by stream: Stream) {
        connection?.connect(stream, as: stream.state.contains(.unixSocket) ? .unixSocket : .tcp)
    }

    func startedReading() { connection?.startedReading() }

    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        unsafe connection?.write(bytes) ?? UV_ENOTCONN.rawValue
    }

    func write(_ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Int32 {
        guard unsafe !first.isEmpty else { return unsafe write(second) }
        let before = unsafe write(first)
        guard Int(before) == first.count else { return before }
        return unsafe before + max(0, write(second))
    }

    var untakenBytes: Int {
        guard let connection, connection.waitingBytes > 0 else { return 0 }
        return connection.waitingBytes + connection.receivableBytes
    }

    func close() { connection?.closeFromStream(withReset: closesWithReset) }
}
