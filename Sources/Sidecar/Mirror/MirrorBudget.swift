internal import Synchronization

/// Memory that copies of calls may take in all loops together, between their capture and the mirror's socket.
final class MirrorBudget: Sendable {
    private let limitBytes: Int
    private let used = Atomic<Int>(0)

    init(limitBytes: Int) { self.limitBytes = limitBytes }

    var usedBytes: Int { used.load(ordering: .relaxed) }

    /// Takes so many bytes. Gives false, and takes none, when there are not so many left.
    func reserve(_ bytes: Int) -> Bool {
        let before = used.wrappingAdd(bytes, ordering: .relaxed).oldValue
        guard before + bytes > limitBytes else { return true }
        release(bytes)
        return false
    }

    func release(_ bytes: Int) { used.wrappingSubtract(bytes, ordering: .relaxed) }
}
