internal import EventLoop

/// What is left to do at the end of a loop's turn, between its reads and its writes.
final class TurnWork {
    private(set) var batches: [WorkerLink] = []
    private(set) var resuming: [ClientConnection] = []
    private(set) var creditors: [ClientConnection] = []
    /// Connections whose clients have sent FIN while calls run.
    private(set) var halfClosed: [ClientConnection] = []
    /// Pending requests may find a worker.
    private(set) var admits = false

    /// Writes a link's calls.
    @inline(__always)
    func flush(_ link: WorkerLink) { batches.append(link) }

    /// Lets a connection go on with what it has.
    @inline(__always)
    func resume(_ connection: ClientConnection) { resuming.append(connection) }

    /// Gives back the credit of a connection's stream once its output has left.
    func credit(_ connection: ClientConnection) { creditors.append(connection) }

    func admitPending() { admits = true }

    /// - Returns: whether it is the first, so that a timer has to be started.
    func halfClose(_ connection: ClientConnection) -> Bool {
        halfClosed.append(connection)
        return halfClosed.count == 1
    }

    @inline(__always)
    var hasRequests: Bool { !resuming.isEmpty || admits }

    func takeAdmits() -> Bool {
        defer { admits = false }
        return admits
    }

    func takeResuming() -> [ClientConnection] {
        guard !resuming.isEmpty else { return [] }
        defer { resuming.removeAll(keepingCapacity: true) }
        return resuming
    }

    func takeHalfClosed() -> [ClientConnection] {
        defer { halfClosed = [] }
        return halfClosed
    }

    @inline(__always)
    func flushBatches() {
        for link in batches { link.flushBatch() }
        batches.removeAll(keepingCapacity: true)
    }

    @inline(__always)
    func returnCredits() {
        guard !creditors.isEmpty else { return }
        for connection in creditors where !connection.isClosing { connection.returnCredit() }
        creditors.removeAll(keepingCapacity: true)
    }
}
