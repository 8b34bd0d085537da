internal import EventLoop

/// TEMPORARY
final class AdminServer {
    let address: SocketAddress
    init(front: Front, address: SocketAddress) throws(LoopError) { self.address = address }
}
