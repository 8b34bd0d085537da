internal import Bytes
internal import EventLoop

/// A comparison that is connected to `--mirror-socket`: one line with its order, then copies of calls until it leaves.
/// What it does not read is dropped, never waited for.
final class MirrorClient: Stream {
    private enum Phase {
        case ordering
        case running
        /// It was told why not; what it still sends is ignored.
        case leaving
    }

    private unowned let server: MirrorServer
    private var phase = Phase.ordering
    private var timer: Timer?
    /// Frames that were not written because it is behind.
    private(set) var droppedCount = 0

    /// For the order, from the connection on.
    static let patienceMilliseconds = 5_000
    /// What it may leave unread, beyond the kernel's buffers.
    static let unsentLimitBytes = 8 << 20

    init(server: MirrorServer, loop: Loop) throws(LoopError) {
        self.server = server
        try super.init(loop: loop, transport: .unixSocket)
    }

    func open() {
        let timer = Timer(loop: loop) { [unowned self] in
            refuse("No order within \(Self.patienceMilliseconds / 1000) s")
        }
        timer.start(delayMilliseconds: Self.patienceMilliseconds)
        self.timer = timer
        startReading()
    }

    override func received(_ bytes: Span<UInt8>) -> Int {
        guard phase == .ordering else { return bytes.count }
        guard let end = bytes.firstIndex(of: UInt8(ascii: "\n"), from: 0) else {
            if bytes.count > MirrorOrder.limitBytes { refuse("The order is too long") }
            return isClosing ? bytes.count : 0
        }
        do throws(MirrorOrder.Problem) {
            let order = try MirrorOrder(parsing: bytes.extracting(first: end))
            guard server.begin(order, for: self) else {
                refuse("Another comparison is running on this front; one at a time")
                return bytes.count
            }
            phase = .running
            timer?.close()
            timer = nil
        } catch {
            refuse(error.reason)
        }
        return bytes.count
    }

    /// Says why not, and ends.
    func refuse(_ reason: String) {
        guard phase == .ordering, !isClosing else { return }
        phase = .leaving
        send(MirrorFrame.text("{\"error\":\(LineLogHandler.json(reason))}"))
        closeWhenDrained()
    }

    /// Writes counts, or leaves them out: newer ones follow.
    func say(_ json: String) {
        guard phase == .running, unsentBytes <= Self.unsentLimitBytes else { return }
        send(MirrorFrame.text(json))
    }

    /// Writes a call's frame, or drops it.
    func mirror(_ frame: [UInt8]) {
        guard phase == .running, !isClosing else { return }
        guard unsentBytes + frame.count <= Self.unsentLimitBytes else {
            droppedCount += 1
            return
        }
        send(frame)
    }

    private func send(_ bytes: [UInt8]) {
        guard !isClosing else { return }
        prepareOutbox()
        outbox.append(bytes)
        flushSoon()
    }

    override func ended(_ error: LoopError?) { close() }

    override func closed() {
        timer?.close()
        timer = nil
        server.left(self)
    }
}
