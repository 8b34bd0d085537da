internal import Bytes

/// Requests that no worker can take now: none is there, or all are full. First come, first served, bounded in number
/// and bytes. Nothing of them was written to anybody, so any worker may still take them.
///
/// A request that leaves in another way (its client is gone, it was refused) is only marked: `compact` drops the
/// marked ones when their room is needed.
struct PendingQueue {
    struct Entry {
        let call: Call
        /// Tells the request from the one that has its record next.
        let id: UInt32
        let bytes: Int
        /// Loop time at which it is refused.
        let deadlineMilliseconds: UInt64

        /// Whether the request is still in the queue.
        var isLive: Bool { call.id == id && call.phase == .pending }
    }

    private(set) var countLimit: Int
    private(set) var byteLimit: Int
    private var entries: ContiguousArray<Entry> = []
    /// Entries before this one are gone.
    private var head = 0
    /// Of all entries, the marked ones included.
    private var bytes = 0
    private var hasMarked = false

    init(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    mutating func setLimits(countLimit: Int, byteLimit: Int) {
        self.countLimit = countLimit
        self.byteLimit = byteLimit
    }

    /// Entries, the marked ones included: at least as many as requests wait.
    var count: Int { entries.count - head }
    var isEmpty: Bool { count == 0 }

    /// Whether one more request may enter. What has left takes no room from anybody.
    mutating func hasRoom(for newBytes: Int) -> Bool {
        if count < countLimit && bytes + newBytes <= byteLimit { return true }
        guard hasMarked else { return false }
        compact()
        return count < countLimit && bytes + newBytes <= byteLimit
    }

    mutating func enter(_ call: Call, bytes: Int, deadlineMilliseconds: UInt64) {
        entries.append(Entry(call: call, id: call.id, bytes: bytes, deadlineMilliseconds: deadlineMilliseconds))
        self.bytes += bytes
    }

    /// A request has left before its turn, other than by `forEachLive`.
    mutating func markCancelled() { hasMarked = true }

    /// Drops what has left.
    mutating func compact() {
        hasMarked = false
        if head > 0 { entries.removeFirst(head) }
        head = 0
        entries.removeAll { !$0.isLive }
        bytes = entries.reduce(0) { $0 + $1.bytes }
    }

    /// Drops what has left from the front of the queue.
    mutating func trim() {
        while head < entries.count, !entries[head].isLive {
            bytes -= entries[head].bytes
            head += 1
        }
        if head == entries.count {
            entries.removeAll(keepingCapacity: entries.count <= 1_024)
            head = 0
        } else if head > 64 && head * 2 > entries.count {
            entries.removeFirst(head)
            head = 0
        }
    }

    /// The live request at or behind `index`, and where the next look begins; nil at the end. A request that is taken
    /// stays as a marked entry.
    mutating func next(from index: inout Int) -> Entry? {
        if index < head { index = head }
        while index < entries.count {
            let entry = entries[index]
            index += 1
            if entry.isLive { return entry }
        }
        return nil
    }

    /// The requests whose time is over. Deadlines may stand in any order: the limit may have changed meanwhile.
    func expired(nowMilliseconds: UInt64) -> [Entry] {
        entries[head...].filter { $0.isLive && $0.deadlineMilliseconds <= nowMilliseconds }
    }

    /// All requests that wait.
    var live: [Entry] { entries[head...].filter(\.isLive) }

    /// How many wait, and their bytes. For a report, not for a request: it looks at all of them.
    var waiting: (count: Int, bytes: Int) {
        entries[head...].reduce(into: (0, 0)) { sum, entry in
            guard entry.isLive else { return }
            sum.0 += 1
            sum.1 += entry.bytes
        }
    }
}
