internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import HTTPCodec

/// The client leaves: at once, or by closing its side while answers are on their way.
extension ClientConnection {
    func clientEnded(_ error: LoopError?) {
        guard error == nil, firstCall != nil else {
            if error == nil, phase == .request, unconsumedBytes > 0, firstCall == nil {
                // Half a request, then the end: Node's parser calls that an error, too.
                refuse(.malformedRequestLine)
                return
            }
            abandonCalls(reason: .clientClosed)
            // Who has said all it will say may still be reading.
            if error == nil && unsentBytes > 0 {
                phase = .finished
                closeWhenDrained()
            } else {
                close()
            }
            return
        }
        // FIN while calls run: Node aborts them and closes, but what a quick task has answered by then gets out. The
        // bridge takes longer than Node's own microtasks, so the same quick tasks get a moment here.
        flags.insert(.halfClosed)
        phase = .finished
        front.linger(self)
    }

    /// The moment after a half-close is over: what still runs is aborted.
    func endLinger() {
        guard !isClosing else { return }
        abandonCalls(reason: .clientHalfClosed)
        closeWhenDrained()
    }

    /// Nobody will read the answers of the calls that are left.
    func abandonCalls(reason: CancelReason) {
        while let call = firstCall {
            firstCall = call.next
            if call.state != .answered { front.link(of: call)?.cancel(call, reason: reason) }
            front.abandoned(call)
        }
        lastCall = nil
        callCount = 0
        promisedBytes = 0
    }
}
