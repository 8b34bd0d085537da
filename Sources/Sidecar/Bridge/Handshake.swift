internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Logging

/// A shim that has connected and not yet said who it is: reads HELLO on the control loop, checks it, and gives the
/// connection to the loop it is for, or refuses it with a reason a person can act on.
final class Handshake: Stream {
    enum Verdict {
        case adopt(Hello, loop: Int)
        case refuse(Refused)
    }

    private let decide: (Hello) -> Verdict
    private let adopt: (Int32, Hello, Int) -> Void
    private let logger: Logger
    private var timer: Timer?
    /// Keeps the descriptor when the connection moved on.
    private var isDone = false

    /// How long a peer may take to say HELLO.
    static let patienceMilliseconds = 5_000
    /// What a HELLO may take: a table of tens of thousands of ids.
    static let helloLimitBytes = 16 << 20

    init(
        loop: Loop, logger: Logger, decide: @escaping (Hello) -> Verdict,
        adopt: @escaping (Int32, Hello, Int) -> Void
    ) throws(LoopError) {
        self.decide = decide
        self.adopt = adopt
        self.logger = logger
        try super.init(loop: loop, transport: .unixSocket)
    }

    func begin() {
        let timer = Timer(loop: loop) { [unowned self] in
            refuse(Refused(reason: "No HELLO within \(Self.patienceMilliseconds / 1000) s", retry: true))
        }
        timer.start(delayMilliseconds: Self.patienceMilliseconds)
        self.timer = timer
        startReading()
    }

    override func received(_ bytes: Span<UInt8>) -> Int {
        guard !isDone else { return bytes.count }
        switch FrameReader(receiver: .front).next(in: bytes) {
        case .incomplete(let needed):
            guard needed <= Self.helloLimitBytes else {
                refuse(Refused(reason: "HELLO is too large", retry: false))
                return bytes.count
            }
            neededBytes = UInt32(clamping: needed)
            return 0
        case .failed(let error):
            refuse(Refused(reason: "Not a shim of this protocol: \(error)", retry: false))
            return bytes.count
        case .frame(let header, let payload, _):
            guard header.type == .hello else {
                refuse(Refused(reason: "The first frame must be HELLO", retry: false))
                return bytes.count
            }
            read(bytes.extracting(payload.range), version: header.field)
            return bytes.count
        }
    }

    private func read(_ payload: Span<UInt8>, version: UInt32) {
        guard version == BridgeProtocol.version else {
            refuse(
                Refused(
                    reason:
                        "This front speaks bridge protocol \(BridgeProtocol.version), the shim \(version): install the same version of both",
                    retry: false))
            return
        }
        let hello: Hello
        do throws(HelloError) { hello = try Hello(parsing: payload) } catch {
            refuse(Refused(reason: "HELLO is not understood: \(error)", retry: false))
            return
        }
        switch decide(hello) {
        case .refuse(let refused): refuse(refused)
        case .adopt(let hello, let index):
            isDone = true
            stopReading()
            guard let descriptor = duplicateDescriptor() else {
                refuse(Refused(reason: "The front has no descriptor left; raise its open files limit", retry: true))
                return
            }
            adopt(descriptor, hello, index)
            close()
        }
    }

    func refuse(_ refused: Refused) {
        guard !isClosing else { return }
        isDone = true
        logger.warning(
            "refused a shim: \(refused.reason)",
            metadata: ["side": "bridge", "retry": .stringConvertible(refused.retry)])
        prepareOutbox()
        refused.write(into: &outbox)
        closeWhenDrained()
        timer?.close()
        timer = nil
    }

    override func ended(_ error: LoopError?) { close() }

    override func closed() {
        timer?.close()
        timer = nil
    }
}
