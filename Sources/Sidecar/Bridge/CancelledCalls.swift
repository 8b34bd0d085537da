/// Calls of one link that were cancelled and that its worker may not have let go of, in the order of their CANCELs.
struct CancelledCalls {
    private struct Entry {
        let id: UInt32
        /// The PING whose PONG tells that the worker has let go.
        let fence: UInt32
    }

    private var entries: ContiguousArray<Entry> = []
    private var head = 0

    var count: Int { entries.count - head }

    /// - Parameter pingNumber: of the last PING that was sent; the next one is the fence.
    /// - Returns: whether that PING is worth sending now.
    mutating func add(_ id: UInt32, behindPing pingNumber: UInt32) -> Bool {
        entries.append(Entry(id: id, fence: pingNumber &+ 1))
        return count % Limits.cancelledPerPing == 0
    }

    /// The next call that the worker has let go of, now that it has answered this PING; nil when there is none.
    mutating func next(answered number: UInt32) -> UInt32? {
        guard head < entries.count, Int32(bitPattern: number &- entries[head].fence) >= 0 else {
            if head == entries.count {
                entries.removeAll(keepingCapacity: entries.count <= 1_024)
                head = 0
            }
            return nil
        }
        defer { head += 1 }
        return entries[head].id
    }
}
