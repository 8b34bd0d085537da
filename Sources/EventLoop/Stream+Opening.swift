internal import CLibUV

/// How a stream gets its connection, and the options of its socket.
extension Stream {
    /// Takes the next connection of a listener.
    final func accept(from server: UnsafeMutablePointer<uv_stream_t>) throws(LoopError) {
        try unsafe LoopError.check(uv_accept(server, handle))
        retainByTransport()
    }

    /// Takes a connection of a simulated loop.
    final func accept(_ connection: MemoryConnection) {
        unsafe MemoryEndpoint.at(endpoint).connection = connection
        retainByTransport()
    }

    /// Takes over an open TCP descriptor, which stays the caller's if this fails.
    public func adopt(tcp descriptor: Int32) throws(LoopError) {
        if isInMemory { return try adopt(handed: descriptor) }
        try unsafe LoopError.check(uv_tcp_open(endpoint.assumingMemoryBound(to: uv_tcp_t.self), descriptor))
        retainByTransport()
    }

    /// Takes over an open Unix socket descriptor, which stays the caller's if this fails.
    public func adopt(unixSocket descriptor: Int32) throws(LoopError) {
        if isInMemory { return try adopt(handed: descriptor) }
        try unsafe LoopError.check(uv_pipe_open(endpoint.assumingMemoryBound(to: uv_pipe_t.self), descriptor))
        retainByTransport()
    }

    /// On a simulated loop a descriptor is a number that its simulation gave out.
    private func adopt(handed descriptor: Int32) throws(LoopError) {
        guard let connection = loop.simulation?.takeHanded(descriptor) else {
            throw LoopError(code: UV_EBADF.rawValue)
        }
        accept(connection)
    }

    /// Sends small packets at once: answers are gathered here already, so Nagle's wait only adds latency.
    public func disableNagle() {
        guard !isUnixSocket else { return }
        guard !isInMemory else { return }
        _ = unsafe uv_tcp_nodelay(endpoint.assumingMemoryBound(to: uv_tcp_t.self), 1)
    }

    /// The descriptor, for socket options and for handing a connection to another loop; -1 where there is none.
    public var descriptor: Int32 { isInMemory ? -1 : unsafe Handle.descriptor(of: handle) }

    /// A second descriptor for the same connection, to move it to another loop: this stream may close then.
    public func duplicateDescriptor() -> Int32? {
        duplicate(descriptor)
    }

    /// Whether a Unix socket carries the bytes.
    public var isUnixSocket: Bool { state.contains(.unixSocket) }
}
