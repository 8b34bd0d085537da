internal import Bytes
public import HTTPCodec

/// The requests that a loop looked at last, to be recognised when they come again.
///
/// A client on a kept-alive connection sends the same head with every call, and while the bytes are the same, so is all
/// that reading them and deciding about them would come to: one comparison stands for both. Nothing is skipped that
/// way: whatever is remembered was checked in full, against the very rules in force.
public struct RecentRequests: ~Copyable {
    /// How many are kept.
    static let count = 8

    private let requests: [RecentRequest]

    public init() {
        requests = (0..<Self.count).map { _ in RecentRequest() }
    }

    /// Where a request is kept of which so many bytes, or so many with what came behind it, were read at once. That
    /// tells apart well enough what different clients send.
    @inline(__always)
    public func place(forByteCount byteCount: Int) -> RecentRequest {
        requests[byteCount & (Self.count - 1)]
    }

    /// Forgets them all, as when heads are read by other limits from now on.
    public func forgetAll() {
        for request in requests { request.forget() }
    }
}

/// One of them: a head as it was read, its very bytes, and what was decided about it.
public final class RecentRequest {
    /// Longer heads are read anew each time.
    static let longestBytes = 2_048

    /// What the head says. Whoever reads another one into it, forgets what was here first.
    public let head = RequestHead()
    private var text = ByteBuffer()
    private var decision: Decision?
    /// The rules' state in which that was decided.
    private var generation: UInt32 = 0

    init() {}

    /// Whether `bytes` begin with the head that is kept here. There may be another client's token in it, so that the
    /// time this takes must not tell how far the two agree.
    @inline(__always)
    public func isMet(by bytes: Span<UInt8>) -> Bool {
        !text.isEmpty && text.isPrefixInConstantTime(of: bytes)
    }

    public func forget() {
        text.removeAll()
        decision = nil
    }

    /// Keeps `head`, which was just read in full from the start of `bytes`.
    public func keep(_ bytes: Span<UInt8>) {
        guard head.headBytes <= Self.longestBytes else { return }
        text.append(bytes.extracting(first: head.headBytes))
    }

    /// What was decided about this head under the rules of `generation`.
    @inline(__always)
    func decision(in generation: UInt32) -> Decision? {
        self.generation == generation ? decision : nil
    }

    func keep(_ decision: Decision, _ generation: UInt32) {
        // Of a head that is not kept itself there is no telling whether it has come again.
        guard !text.isEmpty else { return }
        self.decision = decision
        self.generation = generation
    }
}
