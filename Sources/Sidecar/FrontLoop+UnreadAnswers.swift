internal import EventLoop
internal import Logging
internal import Metrics

/// Answers that wait for their clients, all of them together: bounded, whatever clients do.
///
/// Each connection is bounded by itself, but there may be many. So the loop counts what comes from workers, and when that may
/// have been too much it looks at who holds how much.
extension FrontLoop {
    /// Part of the limit that may come unseen between two looks.
    private static let uncountedShare = 8

    /// Bytes of an answer came from a worker.
    @inline(__always)
    func answerCame(_ bytes: Int) { bytesUntilLook -= bytes }

    /// Called at the end of a turn, when all that clients take has left. Cuts the connections that hold most until what is left
    /// is within the limit: those first whose clients take nothing.
    func boundUnreadAnswers() {
        guard bytesUntilLook <= 0 else { return }
        var holders: [(connection: ClientConnection, bytes: Int, isStalled: Bool)] = []
        var total = 0
        for connection in connections {
            guard let connection, !connection.isClosing else { continue }
            let bytes = connection.heldBytes
            guard bytes > 0 else { continue }
            total += bytes
            holders.append((connection, bytes, connection.isStalled))
        }
        if total > limits.unreadLimitBytes {
            holders.sort { $0.isStalled == $1.isStalled ? $0.bytes > $1.bytes : $0.isStalled }
            var cut = 0
            for holder in holders where total > limits.unreadLimitBytes {
                total -= holder.bytes
                cut += 1
                holder.connection.cutUnread()
            }
            logger.warning(
                "clients do not take their answers: those that held most memory were cut",
                metadata: ["side": "client", "connections": "\(cut)", "limitBytes": "\(limits.unreadLimitBytes)"])
        }
        bytesUntilLook = max(limits.unreadLimitBytes - total, limits.unreadLimitBytes / Self.uncountedShare)
    }
}
