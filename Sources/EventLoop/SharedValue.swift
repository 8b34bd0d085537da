public import Synchronization

/// A value that all loops change, each for a few instructions at a time: what has to be counted for the whole front.
///
/// Whoever finds it taken tries again, and after some tries lets another thread run. That costs a fifth of the system's
/// lock where nobody is in the way, which is nearly always: spread what is shared over several of these.
@safe public final class SharedValue<Value: ~Copyable & Sendable>: @unchecked Sendable {
    @usableFromInline let isTaken = Atomic<Bool>(false)
    @usableFromInline var value: Value

    @inlinable public init(_ value: consuming Value) { self.value = value }

    /// - Parameter body: must be short, and take no other shared value.
    @inlinable public func withValue<Result>(_ body: (inout Value) -> Result) -> Result {
        if isTaken.exchange(true, ordering: .acquiring) { waitForTurn() }
        defer { isTaken.store(false, ordering: .releasing) }
        return body(&value)
    }

    @usableFromInline @inline(never) func waitForTurn() {
        var tries = 0
        while isTaken.load(ordering: .relaxed) || isTaken.exchange(true, ordering: .acquiring) {
            tries += 1
            // Its holder may wait for this very processor.
            if tries & 63 == 0 { yieldProcessor() }
        }
    }
}
