internal import EventLoop
internal import Logging
internal import Metrics

/// Answers that wait for their clients, all of them together: bounded, whatever clients do.
///
/// Each connection is bounded by itself, but there may be many. So the loop counts what comes from workers, and when
/// that may have been too much it looks at who holds how much. From half the limit on those are cut who take nothing,
/// the longest idle first; at the limit whoever holds most.
extension FrontLoop {
    /// Part of the limit that may come unseen between two looks.
    private static let uncountedShare = 8
    /// A reader may well be seen to take nothing for one tick.
    private static let stalledTicks: UInt32 = 3

    private struct Holder {
        let connection: ClientConnection
        let bytes: Int
        let stalledTicks: UInt32
    }

    /// Bytes of an answer came from a worker.
    @inline(__always)
    func answerCame(_ bytes: Int) { bytesUntilLook -= bytes }

    /// Called at the end of a turn, when all that clients take has left.
    @inline(__always)
    func boundUnreadAnswers() {
        if bytesUntilLook <= 0 { lookAtUnreadAnswers() }
    }

    private func lookAtUnreadAnswers() {
        let limit = limits.unreadLimitBytes
        var holders: [Holder] = []
        for connection in connections {
            guard let connection, !connection.isClosing, connection.heldBytes > 0 else { continue }
            holders.append(
                Holder(
                    connection: connection, bytes: connection.heldBytes, stalledTicks: connection.stalledTicks))
        }
        var total = holders.reduce(0) { $0 + $1.bytes }
        if total > limit / 2 {
            holders.sort {
                $0.stalledTicks == $1.stalledTicks ? $0.bytes > $1.bytes : $0.stalledTicks > $1.stalledTicks
            }
            var cut = 0
            for holder in holders {
                guard total > (holder.stalledTicks >= Self.stalledTicks ? limit / 2 : limit) else { break }
                total -= holder.bytes
                cut += 1
                holder.connection.cutUnread()
            }
            if cut > 0 {
                logger.warning(
                    "clients do not take their answers: some that held much memory were cut",
                    metadata: ["side": "client", "connections": "\(cut)", "limitBytes": "\(limit)"])
            }
        }
        bytesUntilLook = max(limit / 2 - total, limit / Self.uncountedShare)
    }
}
