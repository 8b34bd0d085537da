internal import Bytes
internal import EventLoop
internal import Exposure
internal import RateLimits
internal import Settings

/// A client's connection as calls, admission, workers and metrics know it: something that yields requests and takes
/// their responses.
///
/// HTTP/1.1 is one implementation of it; another protocol comes in beside it, and finds a call's place by the call.
/// Which bytes carry it (TCP, a Unix socket) is the transport's matter, see `Stream`.
class ClientConnection: Stream {
    let serving: ServingLoop
    /// Where the loop keeps it; -1 before and after.
    private(set) final var slot: Int32 = -1
    private(set) final var peer = SocketAddress.unknown
    /// Who the peer is to its limits, and where that was counted last; nil until limits ask for it.
    private(set) final var limited: LimitedClient?

    init(serving: ServingLoop, loop: Loop, transport: Transport) throws(LoopError) {
        self.serving = serving
        try super.init(loop: loop, transport: transport)
    }

    /// Starts to serve a connection that was just accepted.
    final func open(peer: SocketAddress) {
        self.peer = peer
        slot = serving.connections.add(self)
        opened()
    }

    /// Whom a trusted proxy has opened this connection for.
    final func speak(for client: SocketAddress) {
        peer = client
        limited = nil
    }

    final func keepLimitPlace(_ place: Int) { limited?.keep(place: place) }

    /// The client that the peer is to its limits.
    final func limitKey(by keys: ClientKeys) -> ClientKey {
        if let limited, let key = ClientKey(kept: limited.keyBits) { return key }
        let key = IPAddress(peer).map { keys.address($0) } ?? keys.withoutAddress
        limited = LimitedClient(keyBits: key.bits)
        return key
    }

    override final func closed() {
        abandoned()
        guard slot >= 0 else { return }
        serving.connections.remove(slot)
        slot = -1
        serving.connectionClosed()
    }

    // MARK: What a protocol implements

    /// It has its place: begins to read.
    func opened() { preconditionFailure("abstract") }
    /// The connection is gone: its calls are, too.
    func abandoned() { preconditionFailure("abstract") }

    /// A worker's whole response to a call.
    func respond(_ call: Call, _ result: WorkerResult, _ bytes: Span<UInt8>) { preconditionFailure("abstract") }
    /// A response of the front's own, wherever the call stands. It has no worker any more.
    func refuse(_ call: Call, _ rejection: Rejection) { preconditionFailure("abstract") }
    /// Bytes of a response that the app writes itself.
    func stream(_ bytes: Span<UInt8>, of call: Call) { preconditionFailure("abstract") }
    /// The app's own response is complete, or broken off.
    func endStream(of call: Call, keepAlive: Bool, isCut: Bool) { preconditionFailure("abstract") }
    /// The worker made room for more of the request's body.
    func granted(_ call: Call) { preconditionFailure("abstract") }
    /// What a call waited for is there: goes on with it.
    func proceed(_ call: Call) { preconditionFailure("abstract") }
    /// The app judged the origin of a call that asked for it.
    func proceed(_ call: Call, _ answer: OriginAnswer) { preconditionFailure("abstract") }
    /// Tries to give a pending call to a worker. Gives false when none of those with room serves it.
    func dispatch(_ call: Call) -> Bool { preconditionFailure("abstract") }

    /// Goes on after something made room.
    func resume() { preconditionFailure("abstract") }
    /// Lets the app send as much again as this client has taken.
    func returnCredit() { preconditionFailure("abstract") }
    /// Looks at the connection's deadlines. Called about once a second.
    func checkTimers() { preconditionFailure("abstract") }
    /// The moment after the client's FIN is over.
    func endHalfClose() { preconditionFailure("abstract") }
    /// The front takes no connections any more: idle clients are let go sooner.
    func drainBegan() { preconditionFailure("abstract") }
    /// Memory that responses take here.
    var heldBytes: Int { preconditionFailure("abstract") }
    /// For how many ticks the client has taken nothing of what is written.
    var stalledTicks: UInt32 { preconditionFailure("abstract") }
    /// Disconnects a client that does not read its responses.
    func disconnectStalled() { preconditionFailure("abstract") }
}

/// What a RESULT frame says of its call.
struct WorkerResult {
    enum Content {
        /// The JSON text of a task's result.
        case result
        /// No result: `{"ok":true}`.
        case empty
        /// A whole JSON body.
        case body
    }

    let status: Int
    let content: Content
    let failure: TaskFailure
}

/// What limits know of a connection's client; an object, so that connections without limits do not carry it.
final class LimitedClient {
    let keyBits: UInt64
    private(set) var place: UInt32 = 0

    init(keyBits: UInt64) { self.keyBits = keyBits }

    func keep(place: Int) { self.place = UInt32(truncatingIfNeeded: place) }
}
