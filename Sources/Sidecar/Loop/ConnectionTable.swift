internal import Bytes

/// The client connections of one loop, each at a place that a call can name.
final class ConnectionTable {
    private(set) var slots: ContiguousArray<ClientConnection?> = []
    private var free: [Int32] = []
    private(set) var count = 0

    /// Gives the connection its place.
    func add(_ connection: ClientConnection) -> Int32 {
        count += 1
        guard let slot = free.popLast() else {
            slots.append(connection)
            return Int32(slots.count - 1)
        }
        slots[Int(slot)] = connection
        return slot
    }

    func remove(_ slot: Int32) {
        precondition(slots[Int(slot)] != nil)
        slots[Int(slot)] = nil
        free.append(slot)
        count -= 1
    }

    /// The connection that a call belongs to.
    @inline(__always)
    subscript(call: Call) -> ClientConnection? {
        let slot = Int(call.connectionSlot)
        return slot >= 0 ? slots[slot] : nil
    }

    func forEach(_ body: (ClientConnection) -> Void) {
        for connection in slots { if let connection { body(connection) } }
    }

    /// Looks at connections without a timer for any: few of them each tick, many of them a tenth each, so that every
    /// one is looked at once a second.
    func sweep(ticks: UInt32, _ body: (ClientConnection) -> Void) {
        let stride = slots.count > 1_000 ? 10 : 1
        var slot = Int(ticks) % stride
        while slot < slots.count {
            if let connection = slots[slot] { body(connection) }
            slot += stride
        }
    }
}
