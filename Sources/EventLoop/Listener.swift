internal import CLibUV

/// A listening socket on a loop.
@safe public final class Listener {
    private unowned let loop: Loop
    private let handle: UnsafeMutablePointer<uv_stream_t>
    private let transport: Stream.Transport
    private let onConnection: (Listener) -> Void
    private var isClosed = false

    /// Listens on a TCP address.
    ///
    /// - Parameter sharesPort: sets SO_REUSEPORT, so that each loop (and a second front, during a restart) has a listener
    ///   of its own on the port and the kernel spreads connections over them.
    public init(
        loop: Loop, address: SocketAddress, sharesPort: Bool, backlog: Int32,
        onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.transport = .tcp
        self.onConnection = onConnection
        let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        unsafe handle = UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_stream_t.self)
        try unsafe LoopError.check(uv_tcp_init_ex(loop.raw, tcp, address.family))
        do throws(LoopError) {
            if sharesPort { try setReusePort(descriptor) }
            _ = try unsafe address.withSockaddr { (pointer) throws(LoopError) in
                try unsafe LoopError.check(uv_tcp_bind(tcp, pointer, 0))
            }
            try listen(backlog: backlog)
        } catch {
            close()
            throw error
        }
    }

    /// Listens on a Unix socket that `UnixSocket.bind` made.
    public init(
        loop: Loop, unixSocket descriptor: Int32, backlog: Int32, onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) {
        self.loop = loop
        self.transport = .unixSocket
        self.onConnection = onConnection
        let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
        unsafe handle = UnsafeMutableRawPointer(pipe).assumingMemoryBound(to: uv_stream_t.self)
        try unsafe LoopError.check(uv_pipe_init(loop.raw, pipe, 0))
        do throws(LoopError) {
            try unsafe LoopError.check(uv_pipe_open(pipe, descriptor))
            try listen(backlog: backlog)
        } catch {
            close()
            throw error
        }
    }

    deinit { unsafe UnsafeMutableRawPointer(handle).deallocate() }

    private func listen(backlog: Int32) throws(LoopError) {
        unsafe handle.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        try unsafe LoopError.check(
            uv_listen(handle, backlog) { handle, status in
                guard status >= 0 else { return }
                let listener = unsafe Unmanaged<Listener>.fromOpaque(handle!.pointee.data).takeUnretainedValue()
                listener.onConnection(listener)
            })
    }

    /// Takes the connection that `onConnection` announced.
    public func accept(into stream: Stream) throws(LoopError) {
        try unsafe stream.accept(from: handle)
    }

    /// The address it listens on, with the real port where 0 was asked for.
    public var address: SocketAddress? { SocketAddress(localOf: descriptor) }

    private var descriptor: Int32 {
        var fd: Int32 = -1
        return unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_fileno($0, &fd) == 0 ? fd : -1
        }
    }

    /// Stops listening. Connections that the kernel completed and nobody accepted are reset by it.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        unsafe handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        unsafe UnsafeMutableRawPointer(handle).withMemoryRebound(to: uv_handle_t.self, capacity: 1) {
            unsafe uv_close($0) { handle in
                unsafe Unmanaged<Listener>.fromOpaque(handle!.pointee.data).release()
            }
        }
    }
}
