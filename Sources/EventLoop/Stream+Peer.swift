internal import CLibUV

/// What can be told of the other end without reading from it or writing to it.
extension Stream {
    /// Output that the peer has not acknowledged, as long as some of it waits here: what a stalled peer is recognised
    /// by. What waits here alone tells too little: the kernel takes more only when a third of its buffer, megabytes, is
    /// free again, which takes a slow reader long.
    public var untakenBytes: Int {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).untakenBytes }
        let waiting = unsafe uv_stream_get_write_queue_size(handle)
        return waiting == 0 ? 0 : waiting + unacknowledgedBytes(descriptor)
    }

    /// Whether the connection is broken although nobody reads from it or writes to it just now.
    public var peerIsGone: Bool {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).connection?.hasHungUp ?? false }
        return hasHungUp(descriptor)
    }

    /// Who is at the other end of a TCP connection; nil when that cannot be told (any more).
    public var peerAddress: SocketAddress? {
        if isInMemory { return unsafe MemoryEndpoint.at(endpoint).connection?.peerAddress }
        return SocketAddress(peerOf: descriptor)
    }
}
