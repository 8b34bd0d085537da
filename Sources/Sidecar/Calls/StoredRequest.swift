internal import BridgeProtocol
internal import Bytes
internal import Exposure
internal import HTTPCodec

/// A request that cannot go on at once, out of its connection's input: its head, read once, and what there is of its
/// body.
///
/// Pooled: `StoredRequests` gives a clean one and takes it back. Whoever goes on with a request takes it out of its
/// call, so that nothing else leads to it meanwhile.
final class StoredRequest {
    /// Offsets into `headBytes`.
    let head = RequestHead()
    fileprivate(set) var headBytes = ByteBuffer()
    fileprivate(set) var body = ByteBuffer()
    /// What was decided about it; nil while no rules are known.
    fileprivate(set) var decision: Decision?
    /// What the JSON check found in `body`, once that is complete.
    fileprivate(set) var input = CallInput()
    /// What its unfinished body counts for.
    fileprivate(set) var reservedBodyBytes = 0

    fileprivate init() {}

    func decide(_ decision: Decision) { self.decision = decision }

    func append(_ bytes: Span<UInt8>) { body.append(bytes) }

    /// Its body is complete, and was checked.
    func complete(_ body: Span<UInt8>, _ input: CallInput) {
        self.input = input
        self.body.append(body)
    }

    func reserveBody(_ bytes: Int) { reservedBodyBytes = bytes }
}

/// What a call's body holds for its target.
struct CallInput {
    var flags: CallFlags = .noInput
    /// The JSON text that goes to the worker, in the body.
    var text = ByteRange.empty
    var isASCII = true
    var isPlain = true
}

/// The stored requests of one loop.
final class StoredRequests {
    private var spare: [StoredRequest] = []
    private static let spareLimit = 64
    /// How many are in use.
    private(set) var count = 0

    /// A stored request with this head, as it was read from the start of `bytes`.
    func take(_ head: RequestHead, _ bytes: Span<UInt8>, _ pool: inout BufferPool) -> StoredRequest {
        let stored = spare.popLast() ?? StoredRequest()
        precondition(stored.headBytes.isEmpty && stored.body.isEmpty, "a pooled request is clean")
        count += 1
        stored.head.copy(head)
        pool.provide(&stored.headBytes)
        stored.headBytes.append(bytes.extracting(first: head.headBytes))
        return stored
    }

    /// Gives the request a body buffer.
    func provideBody(_ stored: StoredRequest, _ pool: inout BufferPool) { pool.provide(&stored.body) }

    func recycle(_ stored: StoredRequest, _ pool: inout BufferPool) {
        precondition(stored.reservedBodyBytes == 0, "an unfinished body's memory is given back first")
        count -= 1
        stored.headBytes.removeAll()
        stored.body.removeAll()
        pool.reclaim(&stored.headBytes)
        pool.reclaim(&stored.body)
        stored.decision = nil
        stored.input = CallInput()
        if spare.count < Self.spareLimit { spare.append(stored) }
    }
}
