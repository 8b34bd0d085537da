/// Makes records that stay where they are for good, and hands out `Slot`s: references that cost no counting.
///
/// What a loop takes up and puts down for every request would, as objects of a class, cost an atomic operation for each
/// time somebody looks at one. A slab never gives memory back, so that a slot can never lead to memory that is
/// something else by now: what it may lead to is a record in its next use, as with any pooled object.
@safe public struct Slab<Record> {
    private let chunkCount: Int
    private var chunk: UnsafeMutablePointer<Record>?
    private var used = 0

    /// - Parameter chunkCount: how many records are allocated at a time.
    public init(chunkCount: Int = 64) {
        precondition(chunkCount > 0)
        self.chunkCount = chunkCount
        used = chunkCount
    }

    /// A new record, with this value.
    public mutating func make(_ record: Record) -> Slot<Record> {
        if used == chunkCount {
            unsafe chunk = .allocate(capacity: chunkCount)
            used = 0
        }
        let place = unsafe chunk! + used
        used += 1
        unsafe place.initialize(to: record)
        return unsafe Slot(place: place)
    }
}

/// Leads to one record of a `Slab`. Two of them are equal if they lead to the same record.
@safe @dynamicMemberLookup public struct Slot<Record>: Equatable {
    @usableFromInline let place: UnsafeMutablePointer<Record>

    @inlinable init(place: UnsafeMutablePointer<Record>) {
        unsafe self.place = place
    }

    /// A field of the record that only the record's own methods write to.
    @inlinable @inline(__always)
    public subscript<Value>(dynamicMember field: KeyPath<Record, Value>) -> Value {
        unsafe place.pointee[keyPath: field]
    }

    /// A field of the record, in place.
    @inlinable @inline(__always)
    public subscript<Value>(dynamicMember field: WritableKeyPath<Record, Value>) -> Value {
        get { unsafe place.pointee[keyPath: field] }
        nonmutating set { unsafe place.pointee[keyPath: field] = newValue }
    }

    /// Changes the record as a whole.
    @discardableResult
    @inlinable @inline(__always) public func update<Result>(_ body: (inout Record) -> Result) -> Result {
        unsafe body(&place.pointee)
    }

    @inlinable public static func == (one: Slot, other: Slot) -> Bool { unsafe one.place == other.place }
}
