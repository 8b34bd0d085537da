internal import EventLoop
internal import Settings

/// Where clients connect to this loop.
final class ClientListeners {
    private var listeners: [(listener: Listener, isInherited: Bool)] = []

    /// Listens where every loop does.
    ///
    /// - Parameters:
    ///   - isFirst: of several loops, the first one takes a port, and the others join it.
    ///   - isAlone: there are no others.
    ///   - onConnection: takes a connection of the listener it is given.
    /// - Returns: the point, with the real port where the kernel was to choose one.
    func listen(
        at point: ListenPoint, on loop: Loop, _ configuration: Configuration, isFirst: Bool, isAlone: Bool,
        onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) -> ListenPoint {
        let backlog = Int32(configuration.backlog)
        switch point {
        case .address(let address):
            let listener = try Listener(
                loop: loop, address: address, sharesPort: configuration.sharesPort || !isFirst,
                leadsPort: !configuration.sharesPort && isFirst && !isAlone, backlog: backlog,
                onConnection: onConnection)
            listeners.append((listener, isInherited: false))
            return .address(listener.address ?? address)
        case .socket(let socket):
            let listener = try Listener(
                loop: loop, sharing: socket.descriptor, transport: socket.transport, backlog: backlog,
                onConnection: onConnection)
            listeners.append((listener, isInherited: socket.isInherited))
            return point
        }
    }

    /// Stops listening. Who is connected in the kernel already is taken, since closing would reset them; at a socket
    /// that outlives this front they wait for the next one.
    ///
    /// - Parameter take: is given the descriptor.
    func stop(take: (Int32, Stream.Transport) -> Void) {
        for (listener, isInherited) in listeners {
            while !isInherited, let descriptor = listener.takeWaiting() { take(descriptor, listener.transport) }
            listener.close()
        }
        listeners.removeAll()
    }
}
