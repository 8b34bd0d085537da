/// Memory that unfinished request bodies take, all connections together: bounded, whatever clients declare. Beyond it
/// the request that wants more is refused.
struct BodyMemory {
    private(set) var limitBytes: Int
    private(set) var reservedBytes = 0

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    mutating func setLimit(_ bytes: Int) { limitBytes = bytes }

    /// Reserves `bytes` more, or gives false.
    mutating func reserve(_ bytes: Int) -> Bool {
        guard reservedBytes + bytes <= limitBytes else { return false }
        reservedBytes += bytes
        return true
    }

    mutating func release(_ bytes: Int) {
        precondition(bytes <= reservedBytes)
        reservedBytes -= bytes
    }
}

/// Memory that responses take which clients have not read, all connections together: bounded, whatever clients do.
///
/// Each connection is bounded by itself, but there may be many. So the loop counts what comes from workers, and when
/// that may have been too much it looks at what each connection holds.
struct ResponseMemory {
    /// What one connection holds.
    struct Holder {
        let slot: Int32
        let bytes: Int
        let stalledTicks: UInt32
    }

    private(set) var limitBytes: Int
    /// Bytes of responses that may come before what connections hold is added up.
    private var bytesUntilCheck: Int
    /// Part of the limit that may come unseen between two checks.
    private static let uncountedShare = 8
    /// A reader may well be seen to take nothing for one tick.
    private static let stalledTicks: UInt32 = 3

    init(limitBytes: Int) {
        self.limitBytes = limitBytes
        bytesUntilCheck = limitBytes / 2
    }

    mutating func setLimit(_ bytes: Int) {
        limitBytes = bytes
        bytesUntilCheck = min(bytesUntilCheck, bytes / 2)
    }

    /// Bytes of a response came from a worker.
    @inline(__always)
    mutating func received(_ bytes: Int) { bytesUntilCheck -= bytes }

    @inline(__always)
    var isDue: Bool { bytesUntilCheck <= 0 }

    /// Above half the limit, gives the stalled connections to close (longest idle first); at the limit, the largest
    /// holders, until the rest fits.
    mutating func check(_ holders: [Holder]) -> [Holder] {
        var total = holders.reduce(0) { $0 + $1.bytes }
        var closing: [Holder] = []
        if total > limitBytes / 2 {
            let sorted = holders.sorted {
                $0.stalledTicks == $1.stalledTicks ? $0.bytes > $1.bytes : $0.stalledTicks > $1.stalledTicks
            }
            for holder in sorted {
                let bound = holder.stalledTicks >= Self.stalledTicks ? limitBytes / 2 : limitBytes
                guard total > bound else { break }
                total -= holder.bytes
                closing.append(holder)
            }
        }
        bytesUntilCheck = max(limitBytes / 2 - total, limitBytes / Self.uncountedShare)
        return closing
    }
}
