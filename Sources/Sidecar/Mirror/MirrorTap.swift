internal import Bytes

/// Copies a share of one loop's calls for a comparison: the request when a worker gets it, the response when it is
/// written for the client. It never waits, and where there is no room it drops the copy and counts it.
///
/// It knows no socket and no clock: the loop tells it of calls and takes finished frames away.
final class MirrorTap {
    private struct Pending {
        let name: String
        let head: [UInt8]
        let body: [UInt8]
        let reservedBytes: Int
    }

    private enum Wanted: UInt8 {
        case unknown
        case yes
        case no
    }

    /// A frame, and what of the budget it holds until it has left.
    struct Frame {
        let bytes: [UInt8]
        let reservedBytes: Int
    }

    /// Which order it serves.
    let number: UInt64
    private(set) var counts = MirrorCounts()
    private let order: MirrorOrder
    private let budget: MirrorBudget
    /// By target.
    private var wanted: [Wanted] = []
    /// By the call's id.
    private var pending: [UInt32: Pending] = [:]
    private var sampler: MirrorSampler

    /// A request with its response of more than this is not compared.
    static let callLimitBytes = 1 << 20
    /// What a call takes beside its bytes, roughly.
    private static let overheadBytes = 256

    init(number: UInt64, order: MirrorOrder, budget: MirrorBudget, seed: UInt64) {
        self.number = number
        self.order = order
        self.budget = budget
        self.sampler = MirrorSampler(shareMillionths: order.shareMillionths, seed: seed)
    }

    /// Calls whose response is waited for.
    var pendingCount: Int { pending.count }

    /// A worker gets a call.
    ///
    /// - Parameters:
    ///   - isMarked: the app says that the target is safe to run again.
    ///   - name: `task ID` or `event ID` of the target.
    func took(call: UInt32, target: Int, isMarked: Bool, name: () -> String, head: Span<UInt8>, body: Span<UInt8>) {
        while wanted.count <= target { wanted.append(.unknown) }
        if wanted[target] == .unknown { wanted[target] = order.takes(name(), isMarked: isMarked) ? .yes : .no }
        guard wanted[target] == .yes else { return }
        counts.seen += 1
        guard sampler.takesNext() else { return }
        counts.sampled += 1
        guard head.count + body.count <= Self.callLimitBytes else {
            counts.skipped += 1
            return
        }
        let bytes = head.count + body.count + Self.overheadBytes
        guard budget.reserve(bytes) else {
            counts.dropped += 1
            return
        }
        let before = pending.updateValue(
            Pending(name: name(), head: head.copied(), body: body.copied(), reservedBytes: bytes), forKey: call)
        // It goes to another worker: the first try got no response.
        if let before {
            budget.release(before.reservedBytes)
            counts.seen -= 1
            counts.sampled -= 1
        }
    }

    /// Whether the response of a call is to be copied.
    @inline(__always)
    func awaits(_ call: UInt32) -> Bool { !pending.isEmpty && pending[call] != nil }

    /// The response of a call was written for the client. Gives the frame to send on, if it is one of those and there
    /// is room.
    func answered(call: UInt32, response: Span<UInt8>, microseconds: UInt32) -> Frame? {
        guard let request = pending.removeValue(forKey: call) else { return nil }
        guard request.head.count + request.body.count + response.count <= Self.callLimitBytes else {
            counts.skipped += 1
            budget.release(request.reservedBytes)
            return nil
        }
        guard budget.reserve(response.count) else {
            counts.dropped += 1
            budget.release(request.reservedBytes)
            return nil
        }
        let frame = MirrorFrame.call(
            name: request.name, head: request.head, body: request.body, response: response,
            microseconds: microseconds)
        return Frame(bytes: frame, reservedBytes: request.reservedBytes + response.count)
    }

    /// Forgets calls that are over without a response that could be copied: the client left, the response was
    /// streamed, or the front made it.
    func forget(where isOver: (UInt32) -> Bool) {
        for (call, request) in pending where isOver(call) {
            pending[call] = nil
            budget.release(request.reservedBytes)
            counts.skipped += 1
        }
    }

    /// Gives back what it holds.
    func end() {
        for request in pending.values { budget.release(request.reservedBytes) }
        pending.removeAll()
    }
}

/// Which calls are copied: each with the same chance, so that no rhythm of the traffic meets one of the sampling.
struct MirrorSampler {
    private let shareMillionths: UInt64
    private var state: UInt64

    init(shareMillionths: UInt32, seed: UInt64) {
        self.shareMillionths = UInt64(shareMillionths)
        state = seed
    }

    mutating func takesNext() -> Bool {
        // SplitMix64 (Steele, Lea, Flood 2014): a copy is decided without a system call.
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        mixed ^= mixed >> 31
        return mixed % 1_000_000 < shareMillionths
    }
}
