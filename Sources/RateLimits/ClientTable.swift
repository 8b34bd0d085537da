/// What is known of each client: its arrival time (see `Rate`) and its requests in flight. Sixteen bytes a client, in a
/// table that grows up to a bound and then forgets the client with the least to forget.
///
/// Pure: the clock is given. An entry whose time has passed and that has nothing in flight says the same as no entry,
/// so replacing it loses nothing. At the bound, the client that comes in replaces the one that used least of its rate,
/// which gets no more than that back; a client with requests in flight is never replaced.
public struct ClientTable: ~Copyable, Sendable {
    /// The client's identity above, the requests in flight in the lowest 16 bits. 0: nothing is here.
    @usableFromInline struct Entry: Sendable {
        @usableFromInline var word: UInt64 = 0
        @usableFromInline var arrivalNanoseconds: UInt64 = 0

        var inFlight: UInt64 { word & 0xffff }
        func isExpired(_ now: UInt64) -> Bool { inFlight == 0 && arrivalNanoseconds <= now }
    }

    /// Entries that a client's may be among; a second bucket beside it takes what this one has no room for.
    private static let bucketEntries = 8
    /// Two buckets.
    static let smallestEntryCount = 2 * bucketEntries
    /// What an entry counts to.
    public static let inFlightLimit = 65_535
    public static let bytesPerEntry = 16

    @usableFromInline var entries: [Entry]
    private let entryLimit: Int
    /// How often a client's state was forgotten for another one's sake.
    public private(set) var replacedCount = 0
    /// Where the client of the last `admit` is.
    public private(set) var lastPlace = 0

    /// - Parameter entryLimit: rounded down to a power of two.
    public init(entryLimit: Int) {
        var limit = Self.smallestEntryCount
        while limit * 2 <= entryLimit { limit *= 2 }
        self.entryLimit = limit
        entries = Array(repeating: Entry(), count: min(limit, 64))
    }

    public var memoryBytes: Int { entries.count * Self.bytesPerEntry }

    public enum Verdict: Equatable, Sendable {
        /// The request counts as in flight, if that is limited, until it is released.
        case admitted
        /// Too many requests for the rate; one would be allowed after this.
        case rateExceeded(waitNanoseconds: UInt64)
        case inFlightExceeded
    }

    /// Takes one more request of a client, or refuses it. A request that is refused costs the client nothing.
    ///
    /// - Parameter inFlightLimit: 0 for none: then the request is not counted as in flight, and not to be released.
    public mutating func admit(
        _ key: ClientKey, rate: Rate?, inFlightLimit: Int, nowNanoseconds now: UInt64
    ) -> Verdict {
        guard let place = place(of: key, now) else { return .inFlightExceeded }
        lastPlace = place
        var entry = entries[place]
        if inFlightLimit > 0 {
            guard entry.inFlight < UInt64(min(inFlightLimit, Self.inFlightLimit)) else { return .inFlightExceeded }
            entry.word += 1
        }
        if let rate {
            switch rate.admit(arrivalNanoseconds: entry.arrivalNanoseconds, nowNanoseconds: now) {
            case .allowed(let arrival): entry.arrivalNanoseconds = arrival
            case .refused(let wait): return .rateExceeded(waitNanoseconds: wait)
            }
        }
        entries[place] = entry
        return .admitted
    }

    /// The common case of `admit`: the client is where it was found before. Gives false where it is not, and where the
    /// request is over a limit; then `admit` is to be asked.
    @inlinable @inline(__always)
    public mutating func admitAgain(
        _ key: ClientKey, at place: Int, rate: Rate?, inFlightLimit: Int, nowNanoseconds now: UInt64
    ) -> Bool {
        guard place < entries.count else { return false }
        var entry = entries[place]
        guard entry.word & ~0xffff == key.identity else { return false }
        if inFlightLimit > 0 {
            guard Int(truncatingIfNeeded: entry.word & 0xffff) < inFlightLimit else { return false }
            entry.word &+= 1
        }
        if let rate {
            guard
                case .allowed(let arrival) = rate.admit(
                    arrivalNanoseconds: entry.arrivalNanoseconds, nowNanoseconds: now)
            else { return false }
            entry.arrivalNanoseconds = arrival
        }
        entries[place] = entry
        return true
    }

    /// A request that counted as in flight is over; its client is most likely still where it was found.
    @inlinable @inline(__always)
    public mutating func release(_ key: ClientKey, at place: Int) {
        guard place < entries.count, entries[place].word & ~0xffff == key.identity, entries[place].word & 0xffff != 0
        else { return release(key) }
        entries[place].word &-= 1
    }

    /// A request that counted as in flight is over.
    public mutating func release(_ key: ClientKey) {
        let identity = key.identity
        let bucket = bucket(of: key)
        for place in bucket..<bucket + Self.bucketEntries where entries[place].word & ~0xffff == identity {
            if entries[place].inFlight > 0 { entries[place].word -= 1 }
            return
        }
        let beside = bucket ^ Self.bucketEntries
        for place in beside..<beside + Self.bucketEntries where entries[place].word & ~0xffff == identity {
            if entries[place].inFlight > 0 { entries[place].word -= 1 }
            return
        }
    }

    /// Requests of a client in flight.
    public func inFlight(_ key: ClientKey) -> Int {
        let identity = key.identity
        let pair = bucket(of: key) & ~Self.bucketEntries
        for place in pair..<pair + 2 * Self.bucketEntries where entries[place].word & ~0xffff == identity {
            return Int(entries[place].inFlight)
        }
        return 0
    }

    /// Clients that have an entry which says something.
    public func liveCount(nowNanoseconds now: UInt64) -> Int {
        entries.count { $0.word != 0 && !$0.isExpired(now) }
    }

    // MARK: Places

    /// Where a client's bucket begins: by its highest bits, so that a table that doubles splits each bucket in two.
    private func bucket(of key: ClientKey) -> Int { Self.bucket(of: key.bits, entries.count) }

    private static func bucket(of bits: UInt64, _ entryCount: Int) -> Int {
        let buckets = entryCount / bucketEntries
        return Int(truncatingIfNeeded: bits >> UInt64(64 - buckets.trailingZeroBitCount)) * bucketEntries
    }

    /// A client's entry, made if there is none. Nil when every place it may have belongs to a client with requests in
    /// flight.
    private mutating func place(of key: ClientKey, _ now: UInt64) -> Int? {
        let identity = key.identity
        while true {
            let first = bucket(of: key)
            for place in first..<first + Self.bucketEntries where entries[place].word & ~0xffff == identity {
                return place
            }
            let beside = first ^ Self.bucketEntries
            for place in beside..<beside + Self.bucketEntries where entries[place].word & ~0xffff == identity {
                return place
            }
            let free = freePlace(in: first, now) ?? freePlace(in: beside, now)
            if let free {
                entries[free] = Entry(word: identity)
                return free
            }
            if entries.count < entryLimit {
                grow(now)
                continue
            }
            guard let victim = leastUsed(first, beside) else { return nil }
            replacedCount += 1
            entries[victim] = Entry(word: identity)
            return victim
        }
    }

    private func freePlace(in bucket: Int, _ now: UInt64) -> Int? {
        for place in bucket..<bucket + Self.bucketEntries where entries[place].isExpired(now) { return place }
        return nil
    }

    private func leastUsed(_ first: Int, _ beside: Int) -> Int? {
        var least: Int?
        for bucket in [first, beside] {
            for place in bucket..<bucket + Self.bucketEntries where entries[place].inFlight == 0 {
                if let best = least, entries[best].arrivalNanoseconds <= entries[place].arrivalNanoseconds { continue }
                least = place
            }
        }
        return least
    }

    /// Doubles the table. An entry's identity holds the bits that say where it goes.
    private mutating func grow(_ now: UInt64) {
        var larger = Array(repeating: Entry(), count: entries.count * 2)
        for entry in entries where entry.word != 0 && !entry.isExpired(now) {
            let first = Self.bucket(of: entry.word, larger.count)
            let pair = [first, first ^ Self.bucketEntries]
            // A pair of buckets becomes two pairs: there is room for all that was in it.
            for bucket in pair {
                guard let place = (bucket..<bucket + Self.bucketEntries).first(where: { larger[$0].word == 0 }) else {
                    continue
                }
                larger[place] = entry
                break
            }
        }
        entries = larger
    }
}
