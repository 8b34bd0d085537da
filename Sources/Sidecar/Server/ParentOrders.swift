internal import Bytes
internal import EventLoop

/// The control descriptor (`--control-fd`): orders of the process that started this one, a line each, and its end.
///
/// A signal would not do. One that goes to the process group (Ctrl-C, a service manager) reaches this process, too, and
/// the parent's own request that follows it would look like an operator's second one.
final class ParentOrders: Stream {
    enum Order {
        /// `stop`: drain. Asked again, it is the same request.
        case stop
        /// `stop-now`: cancel what runs.
        case stopNow
        /// The other end is closed.
        case gone
    }

    private let obey: (Order) -> Void
    private static let lineLimitBytes = 64

    init(loop: Loop, obey: @escaping (Order) -> Void) throws(LoopError) {
        self.obey = obey
        try super.init(loop: loop, transport: .unixSocket)
    }

    override func received(_ bytes: Span<UInt8>) -> Int {
        var start = 0
        for at in 0..<bytes.count where bytes[at] == UInt8(ascii: "\n") {
            read(String(decoding: bytes.extracting(start..<at).copied(), as: UTF8.self))
            start = at + 1
        }
        // A line of this length is no order: it is dropped, whatever follows.
        if bytes.count - start > Self.lineLimitBytes { start = bytes.count }
        return start
    }

    /// What a newer parent says beyond these is not for this front.
    private func read(_ line: String) {
        switch line {
        case "stop": obey(.stop)
        case "stop-now": obey(.stopNow)
        default: break
        }
    }

    override func ended(_ error: LoopError?) {
        close()
        obey(.gone)
    }
}
