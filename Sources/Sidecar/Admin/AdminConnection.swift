internal import Bytes
internal import EventLoop
internal import HTTPCodec

/// One client of the admin listener: one request at a time, each within its time and size, answers written whole.
final class AdminConnection: Stream {
    private enum Phase {
        /// A request, or nothing yet.
        case request
        /// A request is being answered; further input stays in the kernel.
        case answering
        /// The answer is out and the client should go; what it still sends is dropped, so that closing does not reset
        /// the connection under an answer that was not read yet (RFC 9112 section 9.6).
        case leaving
    }

    private let server: AdminServer
    private var phase = Phase.request
    private var scan = HeadScan()
    private var keepsAlive = false
    private var isHead = false
    private var droppedBytes = 0
    /// The first byte of the request under way has come.
    private var hasBegun = false
    /// Input is being looked at: what is left of it will be without asking.
    private var isReceiving = false
    /// Loop time of the last step forward; the longest without one is the first to give way.
    private(set) var sinceMilliseconds: UInt64 = 0
    /// Loop time at which it is closed.
    private(set) var deadlineMilliseconds: UInt64 = .max

    /// What a client that was told to go may still send before it is cut.
    private static let dropLimitBytes = 64 << 10
    private static let leavingTimeoutMilliseconds: UInt64 = 1_000

    init(server: AdminServer, loop: Loop) throws(LoopError) {
        self.server = server
        try super.init(loop: loop, transport: .tcp)
    }

    var isAnswering: Bool { phase == .answering }

    func open() {
        disableNagle()
        allow(AdminServer.requestTimeoutMilliseconds)
        startReading()
    }

    private func allow(_ milliseconds: UInt64) {
        sinceMilliseconds = loop.nowMilliseconds
        deadlineMilliseconds = sinceMilliseconds + milliseconds
    }

    // MARK: Requests

    override func received(_ bytes: Span<UInt8>) -> Int {
        neededBytes = 0
        isReceiving = true
        defer { isReceiving = false }
        var consumed = 0
        while consumed < bytes.count, !isClosing {
            let rest = bytes.extracting(droppingFirst: consumed)
            let step =
                switch phase {
                case .request: readRequest(rest)
                case .answering: 0
                case .leaving: drop(rest)
                }
            if step == 0 { break }
            consumed += step
        }
        return consumed
    }

    private func drop(_ bytes: Span<UInt8>) -> Int {
        droppedBytes += bytes.count
        if droppedBytes > Self.dropLimitBytes { close() }
        return bytes.count
    }

    private func readRequest(_ bytes: Span<UInt8>) -> Int {
        // The time for a request runs from its first byte, not anew with each.
        if !hasBegun {
            hasBegun = true
            allow(AdminServer.requestTimeoutMilliseconds)
        }
        let head = RequestHead()
        switch server.parser.parse(bytes, resuming: &scan, into: head) {
        case .incomplete:
            return 0
        case .failed(let error):
            refuse(.text(error.status, "\(error.message)\n"))
            return bytes.count
        case .complete:
            break
        }
        let bodyBytes: Int
        switch head.framing {
        case .none: bodyBytes = 0
        case .contentLength(let length): bodyBytes = length
        case .chunked:
            refuse(.text(411, "Send the body with a Content-Length\n"))
            return bytes.count
        }
        guard bodyBytes <= AdminServer.bodyLimitBytes else {
            refuse(.text(413, "No request here needs a body of more than \(AdminServer.bodyLimitBytes) bytes\n"))
            return bytes.count
        }
        let whole = head.headBytes + bodyBytes
        guard bytes.count >= whole else {
            neededBytes = UInt32(whole)
            return 0
        }
        begin(keepsAlive: head.keepAlive, isHead: head.method == .head)
        let request = AdminRequest(head, bytes, bodyBytes: bodyBytes)
        server.respond(to: request) { [self] answer in finish(answer) }
        return whole
    }

    private func begin(keepsAlive: Bool, isHead: Bool) {
        phase = .answering
        hasBegun = false
        self.keepsAlive = keepsAlive
        self.isHead = isHead
        stopReading()
        allow(AdminServer.answerTimeoutMilliseconds)
    }

    private func refuse(_ answer: AdminResponse) {
        begin(keepsAlive: false, isHead: false)
        finish(answer)
    }

    // MARK: Answers

    /// Writes the answer; a client that left meanwhile gets none.
    private func finish(_ answer: AdminResponse) {
        guard phase == .answering, !isClosing else { return }
        allow(AdminServer.answerTimeoutMilliseconds)
        prepareOutbox()
        answer.write(isHead: isHead, keepsAlive: keepsAlive, into: &outbox)
        flush()
        if unsentBytes == 0 { answered() }
    }

    override func drained() { answered() }

    private func answered() {
        guard phase == .answering, !isClosing else { return }
        guard keepsAlive else {
            phase = .leaving
            allow(Self.leavingTimeoutMilliseconds)
            shutdownOutput()
            goOn()
            return
        }
        phase = .request
        allow(AdminServer.idleTimeoutMilliseconds)
        goOn()
    }

    private func goOn() {
        startReading()
        if !isReceiving { resumeInput() }
    }

    override func ended(_ error: LoopError?) { close() }

    override func closed() { server.removed(self) }
}
