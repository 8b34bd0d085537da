internal import CLibUV

/// A listening socket on a loop, for as long as it is referenced and not closed.
@safe public final class Listener {
    private let loop: Loop
    /// Nil on a simulated loop.
    private let handle: UnsafeMutablePointer<uv_stream_t>?
    private let simulatedAddress: SocketAddress?
    /// What a stream that takes a connection of this listener is made with.
    public let transport: Stream.Transport
    private let onConnection: (Listener) -> Void
    private var isClosed = false
    /// A connection was announced and not taken yet.
    private var isOffering = false

    /// Listens on a TCP address.
    ///
    /// - Parameters:
    ///   - sharesPort: sets SO_REUSEPORT, so that each loop (and a second front, during a hand-over) has a listener of
    ///     its own on the port and the kernel spreads connections over them.
    ///   - leadsPort: takes a port that nobody else listens on, then lets listeners with `sharesPort` join it. Of two
    ///     processes that do so at the same moment, one gets EADDRINUSE.
    ///   - onConnection: calls `accept(into:)` on the listener it is given. A connection it does not take is closed.
    public init(
        loop: Loop, address: SocketAddress, sharesPort: Bool, leadsPort: Bool = false, backlog: Int32,
        onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) {
        if loop.simulation != nil {
            self.loop = loop
            self.transport = .tcp
            self.onConnection = onConnection
            unsafe handle = nil
            simulatedAddress = address
            loop.simulation?.add(self, on: address)
            return
        }
        simulatedAddress = nil
        let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        let status = unsafe uv_tcp_init_ex(loop.raw, tcp, address.family)
        guard status == 0 else {
            unsafe tcp.deallocate()
            throw LoopError(code: status)
        }
        self.loop = loop
        self.transport = .tcp
        self.onConnection = onConnection
        unsafe handle = UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_stream_t.self)
        // From here on an error is thrown by a whole object, whose end closes the handle.
        if sharesPort { try setReusePort(descriptor) }
        _ = try unsafe address.withSockaddr { (pointer) throws(LoopError) in
            try unsafe LoopError.check(uv_tcp_bind(tcp, pointer, 0))
        }
        // Bound without it, the port is this socket's alone; the kernel asks for it again when another one binds.
        if leadsPort { try setReusePort(descriptor) }
        try listen(backlog: backlog)
    }

    /// Listens on a Unix socket that `UnixSocket.bind` made. The descriptor is the listener's from now on, and is
    /// closed if this fails.
    public init(
        loop: Loop, unixSocket descriptor: Int32, backlog: Int32, onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) {
        precondition(loop.simulation == nil, "a simulated loop has no descriptors to listen on")
        simulatedAddress = nil
        let pipe = UnsafeMutablePointer<uv_pipe_t>.allocate(capacity: 1)
        let status = unsafe uv_pipe_init(loop.raw, pipe, 0)
        guard status == 0 else {
            unsafe pipe.deallocate()
            closeDescriptor(descriptor)
            throw LoopError(code: status)
        }
        self.loop = loop
        self.transport = .unixSocket
        self.onConnection = onConnection
        unsafe handle = UnsafeMutableRawPointer(pipe).assumingMemoryBound(to: uv_stream_t.self)
        let opened = unsafe uv_pipe_open(pipe, descriptor)
        if opened < 0 {
            closeDescriptor(descriptor)
            throw LoopError(code: opened)
        }
        try listen(backlog: backlog)
    }

    /// Listens on a socket that other loops listen on, too: this one gets a descriptor of its own for it, and whichever
    /// loop has time takes the next connection. `descriptor` stays the caller's.
    public convenience init(
        loop: Loop, sharing descriptor: Int32, transport: Stream.Transport, backlog: Int32,
        onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) {
        guard let own = duplicate(descriptor) else { throw .fromErrno }
        switch transport {
        case .unixSocket: try self.init(loop: loop, unixSocket: own, backlog: backlog, onConnection: onConnection)
        case .tcp: try self.init(loop: loop, tcpSocket: own, backlog: backlog, onConnection: onConnection)
        }
    }

    /// Listens on a TCP socket that is bound already. The descriptor is the listener's from now on, and is closed if
    /// this fails.
    private init(
        loop: Loop, tcpSocket descriptor: Int32, backlog: Int32, onConnection: @escaping (Listener) -> Void
    ) throws(LoopError) {
        precondition(loop.simulation == nil, "a simulated loop has no descriptors to listen on")
        simulatedAddress = nil
        let tcp = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        let status = unsafe uv_tcp_init(loop.raw, tcp)
        guard status == 0 else {
            unsafe tcp.deallocate()
            closeDescriptor(descriptor)
            throw LoopError(code: status)
        }
        self.loop = loop
        self.transport = .tcp
        self.onConnection = onConnection
        unsafe handle = UnsafeMutableRawPointer(tcp).assumingMemoryBound(to: uv_stream_t.self)
        let opened = unsafe uv_tcp_open(tcp, descriptor)
        if opened < 0 {
            closeDescriptor(descriptor)
            throw LoopError(code: opened)
        }
        try listen(backlog: backlog)
    }

    deinit { close() }

    private func listen(backlog: Int32) throws(LoopError) {
        unsafe handle!.pointee.data = Unmanaged.passUnretained(self).toOpaque()
        try unsafe LoopError.check(
            uv_listen(handle, backlog) { handle, status in
                guard status >= 0 else { return }
                unsafe Unmanaged<Listener>.fromOpaque(handle!.pointee.data).takeUnretainedValue().offer()
            })
    }

    /// A connection waits.
    func offer() {
        isOffering = true
        onConnection(self)
        // libuv announces nothing more until a connection is taken.
        if isOffering && !isClosed { turnAway() }
    }

    private func turnAway() {
        guard let nobody = try? Stream(loop: loop, transport: transport) else { return }
        try? accept(into: nobody)
        nobody.close()
    }

    /// Takes the connection that `onConnection` announced.
    public func accept(into stream: Stream) throws(LoopError) {
        guard !isClosed else { throw .wouldBlock }
        isOffering = false
        if let simulatedAddress {
            guard let connection = loop.simulation?.takeArriving(at: simulatedAddress) else { throw .wouldBlock }
            return stream.accept(connection)
        }
        try unsafe stream.accept(from: handle!)
    }

    /// Takes a connection that waits in the kernel and was not announced yet, or nil when there is none: for the moment
    /// before `close`. The descriptor is the caller's.
    public func takeWaiting() -> Int32? {
        if let simulatedAddress { return loop.simulation?.handArriving(at: simulatedAddress) }
        return isClosed ? nil : acceptAtOnce(descriptor)
    }

    /// The address it listens on, with the real port where 0 was asked for.
    public var address: SocketAddress? {
        if isClosed { return nil }
        return simulatedAddress ?? SocketAddress(localOf: descriptor)
    }

    private var descriptor: Int32 { unsafe handle.map { unsafe Handle.descriptor(of: $0) } ?? -1 }

    /// Stops listening. Connections that the kernel completed and nobody accepted are reset by it.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        if let handle = unsafe handle { unsafe Handle.closeAndFree(handle) }
        loop.simulation?.remove(self)
    }
}
