/// Connections whose request is complete but has no worker to go to: none is there, or all are full.
///
/// First come, first served, bounded in number and bytes. The request itself stays in its connection's input, so
/// nothing was written to anybody and any worker may still take it.
struct WaitingRoom {
    struct Guest {
        let connection: ClientConnection
        /// Tells a guest that left and came back from its former self.
        let ticket: UInt32
        let bytes: Int
        /// Loop time at which it is turned away.
        let deadlineMilliseconds: UInt64
        let sinceNanoseconds: UInt64
        var notes: RequestNotes?

        /// Whether it waits still; who left is only crossed out when the turn comes.
        var isWaiting: Bool { connection.ticket == ticket && connection.phase == .waiting }
    }

    var guestLimit: Int
    var byteLimit: Int
    private var guests: [Guest] = []
    private var head = 0
    private(set) var bytes = 0
    /// Some have left and were not crossed out yet.
    private var hasLeavers = false

    init(guestLimit: Int, byteLimit: Int) {
        self.guestLimit = guestLimit
        self.byteLimit = byteLimit
    }

    var count: Int { guests.count - head }
    var isEmpty: Bool { count == 0 }

    /// Whether one more may enter. Those who have left take no room from anybody.
    mutating func hasRoom(for newBytes: Int) -> Bool {
        if count < guestLimit && bytes + newBytes <= byteLimit { return true }
        guard hasLeavers else { return false }
        crossOutLeavers()
        return count < guestLimit && bytes + newBytes <= byteLimit
    }

    /// A guest has left before its turn.
    mutating func noteLeaving() { hasLeavers = true }

    private mutating func crossOutLeavers() {
        hasLeavers = false
        guests.removeFirst(head)
        head = 0
        guests.removeAll { !$0.isWaiting }
        bytes = guests.reduce(0) { $0 + $1.bytes }
    }

    /// How many wait, and their bytes. For a report, not for a request: it looks at all of them.
    var waiting: (count: Int, bytes: Int) {
        guests[head...].reduce(into: (0, 0)) { sum, guest in
            guard guest.isWaiting else { return }
            sum.0 += 1
            sum.1 += guest.bytes
        }
    }

    mutating func enter(_ guest: Guest) {
        guests.append(guest)
        bytes += guest.bytes
    }

    /// The one who waited longest.
    var first: Guest? { head < guests.count ? guests[head] : nil }

    mutating func removeFirst() -> Guest? {
        guard let guest = first else { return nil }
        head += 1
        bytes -= guest.bytes
        if head > 64 && head * 2 > guests.count {
            guests.removeFirst(head)
            head = 0
        }
        return guest
    }
}
