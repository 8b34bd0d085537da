internal import CLibUV

/// How a stream gets its connection, and the options of its socket.
extension Stream {
    /// Takes the next connection of a listener.
    final func accept(from server: UnsafeMutablePointer<uv_stream_t>) throws(LoopError) {
        try unsafe LoopError.check(uv_accept(server, handle))
        retainByHandle()
    }

    /// Takes over an open TCP descriptor, which stays the caller's if this fails.
    public func adopt(tcp descriptor: Int32) throws(LoopError) {
        try unsafe LoopError.check(
            uv_tcp_open(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), descriptor))
        retainByHandle()
    }

    /// Takes over an open Unix socket descriptor, which stays the caller's if this fails.
    public func adopt(unixSocket descriptor: Int32) throws(LoopError) {
        try unsafe LoopError.check(
            uv_pipe_open(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_pipe_t.self), descriptor))
        retainByHandle()
    }

    /// Sends small packets at once: answers are gathered here already, so Nagle's wait only adds latency.
    public func disableNagle() {
        _ = unsafe uv_tcp_nodelay(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self), 1)
    }

    /// The descriptor, for socket options and for handing a connection to another loop.
    public var descriptor: Int32 { unsafe Handle.descriptor(of: handle) }

    /// A second descriptor for the same connection, to move it to another loop: this stream may close then.
    public func duplicateDescriptor() -> Int32? {
        duplicate(descriptor)
    }
}
