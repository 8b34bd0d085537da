internal import BridgeProtocol
internal import Bytes
internal import EventLoop

extension Slot where Record == CallRecord {
    /// Bytes of the answer that wait for the ones before it.
    var heldBytes: Int { self.held?.bytes.count ?? 0 }
}

/// Answers that wait: for the ones before them, or for the client to read.
extension ClientConnection {
    /// Memory that answers take here.
    var heldBytes: Int {
        var bytes = unsentBytes
        var call = firstCall
        while let next = call {
            bytes += next.heldBytes
            call = next.next
        }
        return bytes
    }

    /// Called by the front's sweep: a client that takes nothing of its answer for too long holds memory for nobody.
    func watchWrites() {
        let untaken = UInt32(clamping: untakenBytes)
        if untaken == 0 {
            writeDeadlineTick = 0
        } else if writeDeadlineTick == 0 || untaken < stalledBytes {
            writeDeadlineTick = front.tick(after: front.limits.writeTimeoutMilliseconds)
        } else if writeDeadlineTick <= front.ticks {
            cutUnread()
        }
        stalledBytes = untaken
    }

    /// For how many ticks the client has taken nothing of what is written.
    var stalledTicks: UInt32 {
        guard writeDeadlineTick != 0 else { return 0 }
        let latest = front.tick(after: front.limits.writeTimeoutMilliseconds)
        return latest > writeDeadlineTick ? latest - writeDeadlineTick : 0
    }

    /// A call's answer is there and waits for the ones before it.
    func keepWaiting(_ call: Call) {
        call.state = .answered
        recountAnswer(of: call)
    }

    /// From now on a call's answer counts as what it takes, in place of what was expected.
    func recountAnswer(of call: Call) {
        let bytes = call.heldBytes
        promisedBytes += bytes - call.promisedBytes
        call.promisedBytes = bytes
    }

    /// Cuts a client that does not take its answers.
    func cutUnread() {
        front.clientStalled(self)
        abandonCalls(reason: .clientClosed)
        reset()
    }
}
