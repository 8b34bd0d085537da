internal import BridgeProtocol
internal import Bytes
internal import EventLoop

/// Answers that wait: for the ones before them, or for the client to read.
extension ClientConnection {
    /// Memory that answers take here.
    var heldBytes: Int {
        var bytes = unsentBytes
        var call = firstCall
        while let next = call {
            bytes += next.answer.count
            call = next.next
        }
        return bytes
    }

    /// The client has taken nothing for a while of what is written.
    var isStalled: Bool {
        writeDeadlineTick != 0 && writeDeadlineTick < front.tick(after: front.limits.writeTimeoutMilliseconds) &- 1
    }

    /// A call's answer is there and waits for the ones before it.
    func hold(_ call: Call) {
        call.state = .answered
        recountAnswer(of: call)
    }

    /// From now on a call's answer counts as what it takes, in place of what was expected.
    func recountAnswer(of call: Call) {
        promisedBytes += call.answer.count - call.promisedBytes
        call.promisedBytes = call.answer.count
    }

    /// Cuts a client that does not take its answers.
    func cutUnread() {
        front.clientStalled(self)
        abandonCalls(reason: .clientClosed)
        reset()
    }
}
