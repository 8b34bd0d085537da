public import Bytes

/// What stands in for the kernel, its clock and libuv when a loop is simulated: time that is given, connections in
/// memory, and the events of a turn in an order that does not change from one run to the next.
///
/// ```swift
/// let simulation = Simulation()
/// let loop = Loop(simulation: simulation)
/// let client = simulation.connect(to: address)   // the listener on `loop` is offered it in the next turn
/// client?.send(request)
/// loop.runOnce()
/// simulation.advance(milliseconds: 10)
/// ```
///
/// Everything runs on one thread, and only when it is told to, so that a seed decides the whole of a run.
public final class Simulation {
    /// The monotonic clock.
    public private(set) var nanoseconds: UInt64
    /// The loop's clock, which stands still during a turn.
    private(set) var turnMilliseconds: UInt64
    /// What the wall clock showed when the monotonic one was 0.
    private let unixOriginMilliseconds: UInt64

    /// Those that were started, in the order of starting. A timer takes itself off before it goes.
    private var timers: [Started] = []
    private var ready: [MemoryConnection] = []
    private var readySpare: [MemoryConnection] = []
    private var closing: [Stream] = []
    private var posted: [() -> Void] = []
    private var listeners: [Listening] = []
    /// Connections that wait to be accepted.
    private var arriving: [(address: SocketAddress, connection: MemoryConnection)] = []
    private var handed: [Int32: MemoryConnection] = [:]
    /// Above every number that the kernel gives, so that to close one closes nothing.
    private var lastDescriptor: Int32 = 1 << 28

    private struct Started {
        let id: ObjectIdentifier
        unowned let timer: Timer
    }

    private struct Listening {
        let id: ObjectIdentifier
        unowned let listener: Listener
        let address: SocketAddress
    }

    public init(startNanoseconds: UInt64 = 1_000_000_000, unixMilliseconds: UInt64 = 1_700_000_000_000) {
        nanoseconds = startNanoseconds
        turnMilliseconds = startNanoseconds / 1_000_000
        unixOriginMilliseconds = unixMilliseconds - startNanoseconds / 1_000_000
    }

    // MARK: Time

    /// Lets time pass. What is due fires in the next turn.
    public func advance(nanoseconds: UInt64) { self.nanoseconds += nanoseconds }
    public func advance(milliseconds: Int) { advance(nanoseconds: UInt64(milliseconds) * 1_000_000) }

    var wallClock: (seconds: Int, milliseconds: Int) {
        let now = Int(unixOriginMilliseconds + nanoseconds / 1_000_000)
        return (now / 1000, now % 1000)
    }

    /// Milliseconds until the next timer fires, 0 if one is due; nil when there is none.
    public var millisecondsUntilTimer: Int? {
        let now = nanoseconds / 1_000_000
        return timers.map(\.timer.dueMilliseconds).min().map { Int(max($0, now) - now) }
    }

    func add(_ timer: Timer) {
        remove(timer)
        timers.append(Started(id: ObjectIdentifier(timer), timer: timer))
    }

    func remove(_ timer: Timer) {
        timers.removeAll { $0.id == ObjectIdentifier(timer) }
    }

    func fireTimers() {
        turnMilliseconds = nanoseconds / 1_000_000
        // One at a time: each may start, stop and drop others.
        while let due = nextDue() {
            remove(due)
            due.fireSimulated()
        }
    }

    private func nextDue() -> Timer? {
        var found: Timer?
        for timer in timers.lazy.map(\.timer) {
            guard timer.dueMilliseconds <= turnMilliseconds else { continue }
            if let found, found.dueMilliseconds <= timer.dueMilliseconds { continue }
            found = timer
        }
        return found
    }

    // MARK: Events

    /// Runs `body` among the events of the next turn.
    func nextTurn(_ body: @escaping () -> Void) { posted.append(body) }

    /// A connection has something for its stream, or room for what its stream wants to write.
    func becameReady(_ connection: MemoryConnection) { ready.append(connection) }

    /// The events of one turn. What they make ready has its own in the next.
    func serveReady() {
        turnMilliseconds = nanoseconds / 1_000_000
        let calls = posted
        posted.removeAll()
        for call in calls { call() }
        offerArriving()
        swap(&ready, &readySpare)
        for connection in readySpare { connection.serve() }
        readySpare.removeAll(keepingCapacity: true)
    }

    /// Whether the next turn has anything to do besides timers.
    public var isIdle: Bool { ready.isEmpty && posted.isEmpty && arriving.isEmpty && closing.isEmpty }

    func close(_ stream: Stream) { closing.append(stream) }

    func finishClosing() {
        while !closing.isEmpty {
            let over = closing
            closing.removeAll()
            for stream in over { stream.finishClosingInMemory() }
        }
    }

    // MARK: Standard error

    private var standardError = ByteBuffer()

    func keepStandardError(_ bytes: Span<UInt8>) { standardError.append(bytes) }

    /// What the loop wrote to standard error since this was asked last.
    public func takeStandardError() -> ByteBuffer {
        var taken = ByteBuffer()
        swap(&taken, &standardError)
        return taken
    }

    // MARK: Connections

    /// Connects to a listener of this loop; nil when none is there.
    public func connect(to address: SocketAddress, from peer: SocketAddress? = nil) -> MemoryConnection? {
        guard listeners.contains(where: { $0.address == address }) else { return nil }
        let connection = MemoryConnection(self, peerAddress: peer)
        arriving.append((address, connection))
        return connection
    }

    /// One end of a pair, as a number to be adopted in place of a descriptor, and the other end.
    public func makePair(peerAddress: SocketAddress? = nil) -> (descriptor: Int32, connection: MemoryConnection) {
        let connection = MemoryConnection(self, peerAddress: peerAddress)
        return (hand(connection), connection)
    }

    private func hand(_ connection: MemoryConnection) -> Int32 {
        lastDescriptor += 1
        handed[lastDescriptor] = connection
        return lastDescriptor
    }

    func takeHanded(_ descriptor: Int32) -> MemoryConnection? { handed.removeValue(forKey: descriptor) }

    func add(_ listener: Listener, on address: SocketAddress) {
        listeners.append(Listening(id: ObjectIdentifier(listener), listener: listener, address: address))
    }

    /// Connections that nobody accepted are reset, as the kernel does it.
    func remove(_ listener: Listener) {
        guard let index = listeners.firstIndex(where: { $0.id == ObjectIdentifier(listener) }) else { return }
        let address = listeners.remove(at: index).address
        guard !listeners.contains(where: { $0.address == address }) else { return }
        for waiting in arriving where waiting.address == address { waiting.connection.refuse() }
        arriving.removeAll { $0.address == address }
    }

    func takeArriving(at address: SocketAddress) -> MemoryConnection? {
        guard let index = arriving.firstIndex(where: { $0.address == address }) else { return nil }
        return arriving.remove(at: index).connection
    }

    func handArriving(at address: SocketAddress) -> Int32? { takeArriving(at: address).map(hand) }

    private func offerArriving() {
        for _ in 0..<arriving.count {
            guard let next = arriving.first,
                let listening = listeners.first(where: { $0.address == next.address })
            else { return }
            listening.listener.offer()
        }
    }
}
