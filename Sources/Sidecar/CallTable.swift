internal import Bytes
internal import Exposure
internal import Metrics

/// All calls of one loop, found by the id that travels on the bridge.
final class CallTable {
    /// Slots take 18 bits of an id, generations the other 14.
    static let slotBits: UInt32 = 18
    static let slotLimit = 1 << Int(slotBits)

    private var calls: ContiguousArray<Call> = []
    private var free: ContiguousArray<Call> = []
    private let pool: BufferPool
    private(set) var activeCount = 0

    init(pool: BufferPool) {
        self.pool = pool
    }

    /// A call with a fresh id, or nil when every slot is taken.
    func take() -> Call? {
        let call: Call
        if let spare = free.popLast() {
            call = spare
        } else {
            guard calls.count < Self.slotLimit else { return nil }
            call = Call(slot: UInt32(calls.count))
            calls.append(call)
        }
        // Generation 0 is left out, so that no call is ever called 0: that is the link itself.
        var generation = (call.id >> Self.slotBits) &+ 1
        if generation >> (32 - Self.slotBits) != 0 { generation = 1 }
        call.id = call.slot | generation << Self.slotBits
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

    /// Returns a call that is over.
    func release(_ call: Call) {
        call.state = .free
        call.connection = nil
        call.link = nil
        call.next = nil
        call.closesConnection = false
        call.isAbandoned = false
        call.bodyIsOpen = false
        call.sawAnswerStart = false
        call.rejection = nil
        call.cors = .none
        call.taskFailed = false
        call.answerWasCut = false
        call.clientStalled = false
        call.dispatchedNanoseconds = 0
        call.answeredNanoseconds = 0
        call.status = 0
        call.sendCredit = 0
        call.owedCredit = 0
        call.deadlineMilliseconds = 0
        call.requestBytes = 0
        call.answerBytes = 0
        call.notes = nil
        call.method = .post
        call.answer.removeAll()
        pool.reclaim(&call.answer)
        activeCount -= 1
        free.append(call)
    }

    /// Every call that is not over. For timers and lost workers, not for requests.
    func forEachActive(_ body: (Call) -> Void) {
        for index in 0..<calls.count where calls[index].state != .free { body(calls[index]) }
    }
}
