internal import CLibUV

/// A value that one thread at a time may touch.
///
/// The system's own lock, not Synchronization's: ThreadSanitizer does not see into that one and takes every message
/// passed under it for a race.
@safe final class Guarded<Value: Sendable>: @unchecked Sendable {
    private let lock: UnsafeMutablePointer<uv_mutex_t>
    private var value: Value

    init(_ value: Value) {
        self.value = value
        unsafe lock = .allocate(capacity: 1)
        let status = unsafe uv_mutex_init(lock)
        precondition(status == 0, "no memory for a lock")
    }

    deinit {
        unsafe uv_mutex_destroy(lock)
        unsafe lock.deallocate()
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        unsafe uv_mutex_lock(lock)
        defer { unsafe uv_mutex_unlock(lock) }
        return body(&value)
    }
}
