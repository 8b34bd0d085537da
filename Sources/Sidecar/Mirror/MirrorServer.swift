internal import EventLoop
internal import Logging
internal import Settings

/// The socket at which a comparison gets copies of calls (`--mirror-socket`). It lives on the control loop.
///
/// What passes here are whole requests with their tokens, so the socket is for this process's own user and root only.
final class MirrorServer {
    private let front: Front
    private let path: String
    private let identity: UnixSocket.FileIdentity?
    private var listener: Listener?
    private var clients: [MirrorClient] = []
    /// The one whose order is in force.
    private var current: MirrorClient?
    private var number: UInt64 = 0
    private var budget = MirrorBudget(limitBytes: 0)
    private var counts: [Int: MirrorCounts] = [:]

    private static let socketMode: UInt32 = 0o600
    private static let clientLimit = 8
    private static let backlog: Int32 = 8
    /// Copies of calls in all loops and on their way to this one.
    static let budgetBytes = 16 << 20

    init(front: Front, path: String) throws(Front.StartError) {
        self.front = front
        self.path = path
        do throws(UnixSocket.BindError) {
            let bound = try UnixSocket.bind(
                path: path, mode: Self.socketMode, group: nil, takesOver: front.configuration.sharesPort,
                backlog: Self.backlog)
            identity = bound.identity
            let entrance = Entrance()
            do throws(LoopError) {
                listener = try Listener(loop: front.control, unixSocket: bound.descriptor, backlog: Self.backlog) {
                    listener in
                    entrance.server?.accept(from: listener)
                }
            } catch {
                throw UnixSocket.BindError.system(operation: "listen", error)
            }
            entrance.server = self
        } catch {
            throw Front.StartError(message: Front.explain(error, option: "--mirror-socket", value: path))
        }
    }

    /// What the listener's callbacks reach the server by: they are made before it.
    private final class Entrance {
        weak var server: MirrorServer?
    }

    private func accept(from listener: Listener) {
        do throws(LoopError) {
            let client = try MirrorClient(server: self, loop: front.control)
            do throws(LoopError) {
                try listener.accept(into: client)
            } catch {
                client.close()
                throw error
            }
            clients.append(client)
            let user = UnixSocket.peerCredentials(of: client.descriptor)?.uid
            if user != UnixSocket.ownUser && user != 0 {
                client.refuse("Only the user that the front runs as may compare")
            } else if clients.count > Self.clientLimit {
                client.refuse("Too many connections")
            } else {
                client.open()
            }
        } catch {
            front.logger.warning("accepting a comparison failed: \(error)", metadata: ["side": "front"])
        }
    }

    /// Puts an order into force. Gives false when there is one.
    func begin(_ order: MirrorOrder, for client: MirrorClient) -> Bool {
        guard current == nil else { return false }
        current = client
        number += 1
        counts.removeAll()
        budget = MirrorBudget(limitBytes: Self.budgetBytes)
        front.logger.notice(
            "a comparison copies calls", metadata: ["perMillion": "\(order.shareMillionths)", "socket": "\(path)"])
        // The greeting is the first frame; loops begin behind it.
        front.stats.ask(front.loops) { [weak self] report in
            guard let self, current === client, !client.isClosing else { return }
            let basePath = LineLogHandler.json(report?.basePath ?? "")
            client.say(
                "{\"mirror\":\(MirrorOrder.version),\"front\":\"\(Version.current)\",\"basePath\":\(basePath)}")
            for loop in front.loops {
                loop.mailbox.send(.mirror(MirrorTapOrder(number: number, order: order, budget: budget)))
            }
        }
        return true
    }

    /// A loop's copy of a call.
    func mirrored(_ frame: [UInt8], number: UInt64) {
        guard number == self.number else { return }
        current?.mirror(frame)
    }

    /// What a loop has counted.
    func counted(_ loopCounts: MirrorCounts, loop: Int, number: UInt64) {
        guard number == self.number, let current else { return }
        counts[loop] = loopCounts
        guard loop == 0 else { return }
        var sum = counts.values.reduce(MirrorCounts()) { $0 + $1 }
        sum.dropped += current.droppedCount
        current.say(sum.json)
    }

    func left(_ client: MirrorClient) {
        clients.removeAll { $0 === client }
        guard current === client else { return }
        current = nil
        number += 1
        for loop in front.loops { loop.mailbox.send(.mirror(nil)) }
        front.logger.notice("the comparison has ended", metadata: ["socket": "\(path)"])
    }

    /// The front is going.
    func close() {
        listener?.close()
        listener = nil
        for client in clients { client.close() }
        UnixSocket.remove(path: path, identity: identity)
    }
}

/// What a loop needs to begin copying.
struct MirrorTapOrder: Sendable {
    let number: UInt64
    let order: MirrorOrder
    let budget: MirrorBudget
}
