internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import JSONCheck
internal import Logging
internal import Metrics
internal import Settings

/// What the control loop asks of a serving loop.
extension FrontLoop {
    func received(_ message: LoopMessage) {
        switch message {
        case .adopt(let descriptor, let hello, let worker):
            adopt(descriptor: descriptor, hello: hello, worker: worker)
        case .reconfigure(let next):
            reconfigure(next)
        case .leave:
            isLeaving = true
        case .drain:
            drain()
        case .cutShort:
            cutShort()
        case .report(let number):
            control.send(.report(number: number, loop: index, report()))
        }
    }

    /// Stops accepting, and lets every client go behind its answer. Who has none under way may bring one more request:
    /// at this moment it may be on its way, and closing now would leave it without an answer.
    private func drain() {
        isLeaving = true
        isDraining = true
        stopListening()
        for link in workers.links { link.sendDraining() }
        for connection in connections { connection?.setDeadline(unconsumed: connection?.unconsumedBytes ?? 0) }
        checkDrained()
    }

    /// The time to finish is over. Who waits still is answered, so that nobody has to guess: calls that run are
    /// cancelled.
    private func cutShort() {
        if !isDraining { drain() }
        while let guest = waitingRoom.removeFirst() {
            if guest.isWaiting { guest.connection.answerOverload(.draining) }
        }
        var late: [Call] = []
        calls.forEachActive { if $0.state != .answered { late.append($0) } }
        for call in late where call.state == .running || call.state == .streaming {
            link(of: call)?.cancel(call, reason: .stopping)
            connection(of: call)?.deliver(call, rejection: .timeout)
        }
        for connection in connections { connection?.closeWhenDrained() }
        checkDrained()
    }

    func checkDrained() {
        guard isDraining, connectionCount == 0, !hasReportedDrained else { return }
        hasReportedDrained = true
        control.send(.drained(loop: index))
    }

    private func report() -> LoopReport {
        let now = loop.nowMilliseconds
        return LoopReport(
            counted: countedNow(),
            workers: workers.links.map { link in
                WorkerReading(
                    id: link.worker.name, pid: link.worker.pid, nodeVersion: link.worker.node ?? "",
                    runnerVersion: link.worker.runner ?? "", state: link.health.reading,
                    callsInFlight: link.inFlight, calls: link.callsTotal,
                    eventLoopLagMicroseconds: Int(link.health.eventLoopLagMicroseconds),
                    lastPongMilliseconds: Int(now &- link.health.lastPongMilliseconds))
            },
            basePath: basePath)
    }

    /// What was counted, with what need not be counted since it can be looked at.
    private func countedNow() -> LoopMetrics {
        var counted = metrics
        let queued = waitingRoom.waiting
        counted.add(.queuedCalls, queued.count)
        counted.add(.queuedBytes, queued.bytes)
        counted.add(.activeRequests, calls.activeCount + queued.count)
        var streams = 0
        calls.forEachActive { if $0.kind == .listener || $0.state == .streaming { streams += 1 } }
        counted.add(.openStreams, streams)
        for link in workers.links { link.traffic.add(to: &counted) }
        return counted
    }

    /// Puts new settings into force for what comes from now on. Nothing that is under way is touched: a connection over
    /// a new limit stays, a deadline that is set stands.
    private func reconfigure(_ next: Configuration) {
        configuration = next
        limits = Limits(next, loops: control.loopCount)
        checker = JSONChecker(depthLimit: next.jsonDepthLimit)
        workers.inFlightLimit = limits.inFlightLimit
        workers.workerInFlightLimit = limits.workerInFlightLimit
        bytesUntilLook = min(bytesUntilLook, limits.unreadLimitBytes / 2)
        waitingRoom.guestLimit = limits.queueLimit
        waitingRoom.byteLimit = limits.queueLimitBytes
        noting = RequestNoting(next)
        accessLog.flush()
        accessLog = AccessLog(next)
        let now = date.bytes
        tails = AnswerTails(date: now.span, keepAliveSeconds: limits.idleTimeoutMilliseconds / 1000)
        reapplyRules()
        roomForWaiting = !waitingRoom.isEmpty
    }
}
