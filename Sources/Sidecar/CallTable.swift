internal import Bytes
internal import Exposure
internal import Metrics

/// All calls of one loop, found by the id that travels on the bridge.
struct CallTable: ~Copyable {
    /// Slots take 18 bits of an id, generations the other 14.
    static let slotBits: UInt32 = 18
    static let slotLimit = 1 << Int(slotBits)

    private var slab = Slab<CallRecord>()
    private var calls: ContiguousArray<Call> = []
    /// The calls that are over, linked by `next`.
    private var free: Call?
    private var spareHolds: [HeldAnswer] = []
    private(set) var activeCount = 0

    /// A call with a fresh id, or nil when every slot is taken.
    mutating func take() -> Call? {
        let call: Call
        if let spare = free {
            call = spare
            free = spare.next
            call.next = nil
        } else {
            guard calls.count < Self.slotLimit else { return nil }
            call = slab.make(CallRecord(id: UInt32(calls.count)))
            calls.append(call)
        }
        let slot = call.id & UInt32(Self.slotLimit - 1)
        // Generation 0 is left out, so that no call is ever called 0: that is the link itself.
        var generation = (call.id >> Self.slotBits) &+ 1
        if generation >> (32 - Self.slotBits) != 0 { generation = 1 }
        call.id = slot | generation << Self.slotBits
        activeCount += 1
        return call
    }

    /// The call an id names, or nil when that call is over.
    @inline(__always)
    func find(_ id: UInt32) -> Call? {
        let slot = Int(id & UInt32(Self.slotLimit - 1))
        guard slot < calls.count else { return nil }
        let call = calls[slot]
        return call.id == id && call.state != .free ? call : nil
    }

    /// Memory for an answer, or the part of one, whose turn has not come.
    mutating func hold(_ call: Call, _ pool: inout BufferPool) -> HeldAnswer {
        if let held = call.held { return held }
        let held = spareHolds.popLast() ?? HeldAnswer()
        pool.provide(&held.bytes)
        call.held = held
        return held
    }

    /// Returns a call that is over.
    mutating func release(_ call: Call, _ pool: inout BufferPool) {
        if let held = call.held {
            held.bytes.removeAll()
            pool.reclaim(&held.bytes)
            spareHolds.append(held)
        }
        call.update { $0.reset() }
        call.next = free
        free = call
        activeCount -= 1
    }

    /// Every call that is not over. For timers and lost workers, not for requests.
    func forEachActive(_ body: (Call) -> Void) {
        for index in 0..<calls.count where calls[index].state != .free { body(calls[index]) }
    }
}
