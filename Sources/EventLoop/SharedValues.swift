public import Synchronization

/// Values that all loops change, each for a few instructions at a time: what has to be counted for the whole front.
/// They are many, so that two loops seldom want the same one.
///
/// Whoever finds one taken tries again, and after some tries lets another thread run. That costs a fraction of the
/// system's lock where nobody is in the way, which is nearly always.
@safe public final class SharedValues<Value: ~Copyable & Sendable>: @unchecked Sendable {
    @usableFromInline let values: UnsafeMutablePointer<Value>
    @usableFromInline let locks: UnsafeMutablePointer<Atomic<Bool>>
    public let count: Int

    /// - Parameter make: gives each of them.
    public init(count: Int, _ make: () -> Value) {
        precondition(count > 0)
        self.count = count
        unsafe values = .allocate(capacity: count)
        unsafe locks = .allocate(capacity: count)
        for index in 0..<count {
            unsafe (values + index).initialize(to: make())
            unsafe (locks + index).initialize(to: Atomic(false))
        }
    }

    deinit {
        unsafe values.deinitialize(count: count)
        unsafe values.deallocate()
        unsafe locks.deinitialize(count: count)
        unsafe locks.deallocate()
    }

    /// - Parameter body: must be short, and take no other shared value.
    @inlinable @inline(__always) public func withValue<Result>(at index: Int, _ body: (inout Value) -> Result) -> Result
    {
        precondition(index >= 0 && index < count)
        if unsafe locks[index].exchange(true, ordering: .acquiring) { waitForTurn(at: index) }
        let result = unsafe body(&values[index])
        unsafe locks[index].store(false, ordering: .releasing)
        return result
    }

    @usableFromInline @inline(never) func waitForTurn(at index: Int) {
        var tries = 0
        while unsafe locks[index].load(ordering: .relaxed) || locks[index].exchange(true, ordering: .acquiring) {
            tries += 1
            // Its holder may wait for this very processor.
            if tries & 63 == 0 { yieldProcessor() }
        }
    }
}
