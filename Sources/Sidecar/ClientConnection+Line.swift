internal import BridgeProtocol
internal import Bytes
internal import EventLoop

/// The line in which a connection's answers stand: in the order of the requests, whatever order they come in (RFC 9112,
/// section 9.3.2).
extension ClientConnection {
    /// The first call's answer is written: lets the ones behind it follow.
    func finishFirst() {
        while let call = firstCall {
            firstCall = call.next
            if firstCall == nil { lastCall = nil }
            callCount -= 1
            promisedBytes -= call.promisedBytes
            let closes = call.closesConnection
            front.finished(call)
            if closes {
                abandonCalls(reason: .clientClosed)
                closeWhenDrained()
                return
            }
            guard let next = firstCall else { break }
            if next.state == .answered {
                prepareOutbox()
                if let held = next.held { outbox.append(held.bytes.bytes) }
                flushSoon()
                continue
            }
            if next.state == .streaming { releaseBuffered(next) }
            break
        }
        if firstCall == nil && flags.contains(.halfClosed) {
            closeWhenDrained()
            return
        }
        if phase == .queued && firstCall == nil { phase = .request }
        if phase == .answering && firstCall == nil { phase = .request }
        if flags.contains(.paused) || unconsumedBytes > 0 { front.resumeSoon(self) } else { setDeadline(unconsumed: 0) }
    }

    /// Leaves further requests where they are: this client has enough of them unanswered.
    func pause() {
        flags.insert(.paused)
        stopReading()
        if unsentBytes > 0 { awaitDrain() }
    }

    /// Goes on after an answer made room.
    func resume() {
        flags.remove(.resuming)
        guard !isClosing else { return }
        if flags.contains(.paused) {
            guard unsentBytes < front.limits.unsentLimitBytes else { return awaitDrain() }
            // The next answer that leaves the line asks again.
            guard hasRoomForAnswers else { return }
            guard !holdsInput || unconsumedBytes < Self.heldInputLimitBytes else { return }
            flags.remove(.paused)
            startReading()
        }
        if phase == .waiting { return }
        resumeInput()
    }

    func outputDrained() {
        if let call = firstCall, call.state == .streaming { returnCredit(call) }
        if flags.contains(.paused) { front.resumeSoon(self) }
    }
}
