internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// Requests that cannot go to a worker yet, and clients that take too long.
extension ClientConnection {
    /// No worker can take the request now: waits for one, or is turned away when too many wait already.
    func waitOrRefuse(bytes: Int, head: RequestHead, target: Int, cors: CORSBlock) -> Bool {
        guard front.admit(self, bytes: bytes) else {
            answer(
                front.workers.hasReadyLink ? .overloaded : .noWorker, head: head, target: target, cors: cors,
                requestBytes: 0)
            return true
        }
        return false
    }

    /// The same where there is no more than a head to answer: the request's connection ends with the refusal.
    func waitForWorker(bytes: Int) -> Int {
        if !front.admit(self, bytes: bytes) {
            answerOverload(front.workers.hasReadyLink ? .overloaded : .noWorker)
        }
        return 0
    }

    /// The exposure's origin rule is JavaScript: asks, and looks at the request again when the answer is there.
    func askOrigin(_ head: RequestHead, _ bytes: Span<UInt8>) -> Int {
        guard front.workers.hasReadyLink else { return waitForWorker(bytes: bytes.count) }
        phase = .waiting
        front.askOrigin(for: self, head, bytes)
        return 0
    }

    /// Turned away, or waited too long.
    func answerOverload(_ rejection: Rejection) {
        phase = .finished
        guard let call = front.calls.take() else { return close() }
        call.state = .running
        call.target = -1
        call.kind = .unmatched
        call.cors = .none
        call.receivedNanoseconds = beganNanoseconds != 0 ? beganNanoseconds : front.turnNanoseconds
        if front.noting.isOn { takeNotes(call) }
        call.minorVersion = 1
        call.requestBytes = 0
        call.connectionSlot = slot
        call.closesConnection = true
        if let last = lastCall { last.next = call } else { firstCall = call }
        lastCall = call
        callCount += 1
        endAssembly()
        deliver(call, rejection: rejection)
    }

    /// Leaves the waiting room: a worker may have room now.
    func retry() {
        guard phase == .waiting, !isClosing else { return }
        phase = .request
        if assembly != nil { runAssembled() }
        if phase == .request { resumeInput() }
    }

    // MARK: Patience

    /// How long the connection may stay as it is. Called after every read.
    func setDeadline(unconsumed: Int) {
        if unconsumed > 0 && beganNanoseconds == 0 { beganNanoseconds = front.turnNanoseconds }
        let patience: Int
        if flags.contains(.paused) {
            // It is this side that does not read: the client is not to blame for the time that takes.
            deadlineTick = 0
            return
        }
        switch phase {
        case .request where unconsumed > 0:
            // A slow head is not given new time for each of its bytes.
            if deadlineTick != 0 && flags.contains(.timingRequest) { return }
            flags.insert(.timingRequest)
            patience = neededBytes > 0 ? front.limits.bodyTimeoutMilliseconds : front.limits.headerTimeoutMilliseconds
            deadlineTick = front.tick(after: patience)
            return
        case .request where firstCall != nil:
            patience = 0
        case .request:
            patience = front.isDraining ? FrontLoop.partingMilliseconds : front.limits.idleTimeoutMilliseconds
        case .collecting, .discarding, .forwarding:
            patience = front.limits.bodyTimeoutMilliseconds
        case .waiting, .queued, .answering, .finished:
            patience = 0
        }
        flags.remove(.timingRequest)
        deadlineTick = patience > 0 ? front.tick(after: patience) : 0
    }
}

/// Whether the client reads, and is there at all.
extension ClientConnection {
    /// Looked at by the front's sweep: is the client still there, does it read, does it come to an end?
    func checkPatience() {
        if flags.contains(.paused) && peerIsGone {
            clientEnded(.connectionReset)
            return
        }
        watchWrites()
        if deadlineTick != 0 && deadlineTick <= front.ticks { timedOut() }
    }

    /// The deadline set by `setDeadline` has passed.
    private func timedOut() {
        deadlineTick = 0
        switch phase {
        case .request where flags.contains(.timingRequest), .collecting:
            // Part of a request and then nothing: Node answers 408 there, too.
            endAssembly()
            front.noted = nil
            answerOverload(.requestTimeout)
        case .forwarding:
            metricsCut()
            abandonCalls(reason: .clientClosed)
            close()
        case .discarding:
            closeWhenDrained()
        case .request where unsentBytes > 0:
            // Its answer is still being taken, however slowly: it is not idle yet.
            setDeadline(unconsumed: 0)
        default:
            close()
        }
    }

    private func metricsCut() {
        if let call = firstCall { front.count(.requestTimeout, call) }
    }
}
