internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec

/// How a front that is leaving lets go of its clients: behind an answer that says so, and that nothing waits behind. A
/// client that is told does not send the request that a close would meet on its way (RFC 9112, section 9.6).
extension ClientConnection {
    /// Whether the connection lives on behind an answer; decided when the answer is written.
    @inline(__always)
    func end(behind call: Call) -> ConnectionEnd {
        if front.isLeaving { closeIfLast(call) }
        return call.closesConnection ? .close : .keepAlive
    }

    private func closeIfLast(_ call: Call) {
        guard callCount == 1, unconsumedBytes == 0, !call.hasMoreBehind, phase == .request else { return }
        call.closesConnection = true
        phase = .finished
    }

    /// Whether more than the request has arrived. While it is being looked at nobody else can tell: its bytes and those
    /// behind it are the same input still.
    func noteWhatFollows(_ call: Call, _ head: RequestHead) {
        guard assembly == nil else { return }
        switch head.framing {
        case .none: call.hasMoreBehind = front.offeredBytes > head.headBytes
        case .contentLength(let length): call.hasMoreBehind = front.offeredBytes > head.headBytes + length
        case .chunked: call.hasMoreBehind = false
        }
    }
}
