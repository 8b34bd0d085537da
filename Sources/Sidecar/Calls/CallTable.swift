internal import Bytes
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// All calls of one loop, found by the id that travels on the bridge.
///
/// A record is free again when both its connection and its worker are done with it.
final class CallTable {
    /// Slots take 18 bits of an id, generations the other 14.
    static let slotBits: UInt32 = 18
    static let slotLimit = 1 << Int(slotBits)

    private var slab = Slab<CallRecord>()
    private var calls: ContiguousArray<Call> = []
    /// The calls that are over, linked by `next`.
    private var free: Call?
    private var spareBuffers: [BufferedResponse] = []
    /// Calls that a client waits for.
    private(set) var activeCount = 0
    /// Calls that are over for their clients, and that a worker has not let go of.
    private(set) var heldCount = 0

    /// What the calls count as; nil where nothing is limited.
    private let fairLimits: LoopFairLimits?

    init(_ fairLimits: LoopFairLimits? = nil) { self.fairLimits = fairLimits }

    /// Where a call with this id is.
    static func slot(of id: UInt32) -> Int { Int(id & UInt32(slotLimit - 1)) }

    /// A call with a fresh id, or nil when every slot is taken. It is to be opened at once.
    func take() -> Call? {
        let call: Call
        if let spare = free {
            call = spare
            free = spare.next
        } else {
            guard calls.count < Self.slotLimit else { return nil }
            call = slab.make(CallRecord(id: UInt32(calls.count)))
            calls.append(call)
        }
        let slot = call.id & UInt32(Self.slotLimit - 1)
        // Generation 0 is left out, so that no call is ever called 0: that is the link itself.
        var generation = (call.id >> Self.slotBits) &+ 1
        if generation >> (32 - Self.slotBits) != 0 { generation = 1 }
        let id = slot | generation << Self.slotBits
        call.update { $0.renew(id: id) }
        activeCount += 1
        return call
    }

    /// The call that a worker's link names, or nil when that link has let go of it.
    @inline(__always)
    func find(_ id: UInt32, of linkNumber: UInt32) -> Call? {
        let slot = Int(id & UInt32(Self.slotLimit - 1))
        guard slot < calls.count else { return nil }
        let call = calls[slot]
        return call.id == id && call.hold != .none && call.linkNumber == linkNumber ? call : nil
    }

    /// Memory for a response, or the part of one, whose turn has not come.
    func buffer(_ call: Call, _ pool: inout BufferPool) -> BufferedResponse {
        if let buffered = call.buffered { return buffered }
        let buffered = spareBuffers.popLast() ?? BufferedResponse()
        precondition(buffered.bytes.isEmpty, "a pooled buffer is clean")
        pool.provide(&buffered.bytes)
        call.update { $0.buffer(buffered) }
        return buffered
    }

    /// Takes back what a response was buffered in.
    func recycle(_ buffered: BufferedResponse, _ pool: inout BufferPool) {
        buffered.bytes.removeAll()
        pool.reclaim(&buffered.bytes)
        spareBuffers.append(buffered)
    }

    /// Its connection is done with a call, which has nothing stored any more.
    @inline(__always)
    func release(_ call: Call, _ pool: inout BufferPool) {
        if call.buffered != nil, let buffered = call.update({ $0.takeBuffered() }) { recycle(buffered, &pool) }
        call.update { $0.release() }
        activeCount -= 1
        if call.hold == .none { putBack(call) } else { heldCount += 1 }
    }

    /// Its worker is done with a call.
    func letGo(_ call: Call) {
        call.update { $0.letGo() }
        guard call.phase == .free else { return }
        heldCount -= 1
        putBack(call)
    }

    private func putBack(_ call: Call) {
        fairLimits?.over(call)
        call.update { $0.follow(with: free) }
        free = call
    }

    /// Every call that a client waits for or a worker has. For timers and lost workers, not for requests.
    func forEach(_ body: (Call) -> Void) {
        for index in 0..<calls.count where calls[index].phase != .free || calls[index].hold != .none {
            body(calls[index])
        }
    }
}
