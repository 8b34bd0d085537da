public import Bytes
internal import CLibUV

/// A connection without a kernel: a stream of a simulated loop at one end, a test at the other, and a bounded buffer
/// each way between them. What is public here is the test's end.
///
/// It behaves as TCP does, or as a Unix socket where its stream asked for one, and where they leave a choice it takes
/// the worse one: what a reset finds on its way is lost.
@safe public final class MemoryConnection {
    private let simulation: Simulation
    /// Who the stream is told its peer is.
    let peerAddress: SocketAddress?
    private var kind = Stream.Transport.tcp
    /// Kept alive until it is closed, as libuv's handle keeps a real one.
    private var stream: Stream?

    /// On the way to the stream.
    private var input = ByteBuffer()
    /// On the way to the test.
    private var output = ByteBuffer()
    /// The stream's write that had to wait, and how much of it has gone.
    private var pending: PendingWrite?
    private var pendingSentBytes = 0
    private var isReady = false

    /// How much may be on the way in each direction. A change holds for what comes.
    public var inputLimitBytes = 64 << 10
    public var outputLimitBytes = 64 << 10
    /// The most that one read gives the stream, and that one write takes from it.
    public var readLimitBytes = Int.max
    public var writeLimitBytes = Int.max

    /// Called whenever the stream has read, written, ended or closed: the test has something to look at.
    public var onNews: (() -> Void)?

    private enum End { case open, ended, reset }
    /// What the test did with its sending side.
    private var inputEnd = End.open
    /// Whether the stream was told.
    private var inputEndIsTold = false
    /// The test does not read any more either.
    private var isClosedByPeer = false
    /// What the stream did with its own.
    private var outputEnd = End.open
    private var isClosedByStream = false

    init(_ simulation: Simulation, peerAddress: SocketAddress?) {
        self.simulation = simulation
        self.peerAddress = peerAddress
    }

    // MARK: The test's end

    /// Whether the stream's side was accepted and is not closed.
    public var isOpen: Bool { stream != nil && !isClosedByStream }
    /// The stream's side has ended, and all it wrote was received.
    public var isAtEnd: Bool { outputEnd == .ended && output.isEmpty }
    /// The stream's side reset the connection; what was on the way is lost.
    public var isReset: Bool { outputEnd == .reset }
    /// The connection was reset because bytes were on their way that the stream could not know of.
    public private(set) var isResetByRace = false
    /// Bytes that can be received now.
    public var receivableBytes: Int { output.count }
    /// Bytes sent that the stream has not read.
    public var unreadBytes: Int { input.count }
    /// Bytes that the stream has read, in all.
    public private(set) var readByStreamBytes = 0
    /// Room for sending.
    public var sendableBytes: Int {
        inputEnd == .open && outputEnd != .reset ? max(0, inputLimitBytes - input.count) : 0
    }

    /// Sends as much as there is room for; gives how much that is.
    @discardableResult
    public func send(_ bytes: Span<UInt8>) -> Int {
        let count = min(bytes.count, sendableBytes)
        guard count > 0 else { return 0 }
        if isClosedByStream {
            // Nobody is there to read it: the other side's kernel answers with a reset.
            if outputEnd != .reset { isResetByRace = true }
            breakOutput()
            return count
        }
        input.append(bytes.extracting(first: count))
        wakeReader()
        return count
    }

    /// Receives at most `limit` bytes, appending them to `buffer`; gives how many.
    @discardableResult
    public func receive(into buffer: inout ByteBuffer, limit: Int = .max) -> Int {
        let count = min(limit, output.count)
        guard count > 0 else { return 0 }
        buffer.append(output.bytes.extracting(first: count))
        output.consume(count)
        if pending != nil { wake() }
        return count
    }

    /// Sends FIN behind what was sent; receiving goes on.
    public func end() {
        guard inputEnd == .open else { return }
        inputEnd = .ended
        wakeReader()
    }

    /// Closes both ways: the stream may read what was sent, and breaks when it writes.
    public func close() {
        guard !isClosedByPeer else { return }
        if kind == .tcp && !output.isEmpty { return reset() }
        isClosedByPeer = true
        end()
        output.removeAll()
        if pending != nil { wake() }
    }

    /// Breaks the connection: what the stream has not read is lost.
    public func reset() {
        guard inputEnd != .reset else { return }
        isClosedByPeer = true
        inputEnd = .reset
        input.removeAll()
        output.removeAll()
        wake()
    }

    // MARK: The stream's end

    func connect(_ stream: Stream, as kind: Stream.Transport) {
        precondition(self.stream == nil && !isClosedByStream, "somebody has this connection already")
        self.stream = stream
        self.kind = kind
    }

    /// No listener took it.
    func refuse() {
        isClosedByStream = true
        breakOutput()
    }

    private func breakOutput() {
        onNews?()
        outputEnd = .reset
        input.removeAll()
        // A Unix socket has no reset: what was written stays readable.
        if kind == .tcp { output.removeAll() } else { outputEnd = .ended }
    }

    private func wake() {
        guard !isReady, stream != nil else { return }
        isReady = true
        simulation.becameReady(self)
    }

    private func wakeReader() {
        if stream?.isReading == true { wake() }
    }

    func startedReading() {
        if !input.isEmpty || inputEnd != .open { wake() }
    }

    /// What epoll and libuv do for a stream in one turn.
    func serve() {
        isReady = false
        guard let stream else { return }
        if stream.isReading { serveReading(stream) }
        if pending != nil { serveWriting(stream) }
        // What is left comes in the next turn, without being asked for.
        if stream.isReading && (!input.isEmpty || (inputEnd != .open && !inputEndIsTold)) { wake() }
    }

    private func serveReading(_ stream: Stream) {
        if inputEnd == .reset {
            inputEndIsTold = true
            return stream.didRead(Int(UV_ECONNRESET.rawValue))
        }
        // libuv reads again while reads come back full.
        for _ in 0..<32 where stream.isReading && !input.isEmpty {
            var buffer = unsafe uv_buf_t()
            unsafe stream.provideMemory(&buffer)
            let count = unsafe take(UnsafeMutableRawPointer(buffer.base), buffer.len)
            stream.didRead(count)
            if unsafe count < buffer.len { break }
        }
        if input.isEmpty, inputEnd == .ended, !inputEndIsTold, stream.isReading {
            inputEndIsTold = true
            stream.didRead(Int(UV_EOF.rawValue))
        }
    }

    /// Reads what is there: the number of bytes, 0 when there is nothing.
    func take(_ memory: UnsafeMutableRawPointer, _ room: Int) -> Int {
        let count = min(room, input.count, readLimitBytes)
        guard count > 0 else { return 0 }
        unsafe memory.copyMemory(from: input.unsafeReadable.baseAddress!, byteCount: count)
        input.consume(count)
        readByStreamBytes += count
        onNews?()
        return count
    }

    private func serveWriting(_ stream: Stream) {
        guard let pending else { return }
        let readable = unsafe pending.bytes.unsafeReadable
        let rest = unsafe UnsafeRawBufferPointer(rebasing: readable[pendingSentBytes...])
        let written = unsafe write(rest)
        if written == UV_EAGAIN.rawValue { return }
        if written > 0 {
            pendingSentBytes += Int(written)
            guard pendingSentBytes == readable.count else { return wake() }
        }
        self.pending = nil
        stream.didWriteRest(min(written, 0))
    }

    /// Takes as much of a write as there is room for; gives how much, or libuv's error.
    func write(_ bytes: UnsafeRawBufferPointer) -> Int32 {
        if inputEnd == .reset { return UV_ECONNRESET.rawValue }
        if isClosedByPeer { return UV_EPIPE.rawValue }
        let count = unsafe min(bytes.count, max(0, outputLimitBytes - output.count), writeLimitBytes)
        guard count > 0 else { return bytes.isEmpty ? 0 : UV_EAGAIN.rawValue }
        unsafe output.append(Span(_unsafeBytes: UnsafeRawBufferPointer(rebasing: bytes[..<count])))
        onNews?()
        return Int32(count)
    }

    func writeLater(_ rest: PendingWrite) {
        pending = rest
        pendingSentBytes = 0
        wake()
    }

    /// Bytes of the waiting write that have not gone.
    var waitingBytes: Int { pending.map { $0.bytes.count - pendingSentBytes } ?? 0 }

    func endOutput() {
        if outputEnd == .open { outputEnd = .ended }
        onNews?()
    }

    func closeFromStream(withReset: Bool) {
        isClosedByStream = true
        if withReset || (kind == .tcp && !input.isEmpty) {
            // Closing with unread input is a reset, too.
            isResetByRace = !withReset && isReady
            breakOutput()
        } else {
            endOutput()
        }
        input.removeAll()
    }

    /// The stream's last turn is over. Gives whether a write of its never came to its end.
    func disconnect() -> Bool {
        stream = nil
        defer { pending = nil }
        return pending != nil
    }

    /// What poll would tell of a connection that nobody reads from.
    var hasHungUp: Bool {
        inputEnd == .reset || (isClosedByPeer && (kind == .unixSocket || outputEnd != .open))
    }
}
