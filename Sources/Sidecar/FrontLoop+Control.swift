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
        case .drain:
            drain()
        case .report(let number):
            control.send(.report(number: number, loop: index, report()))
        }
    }

    /// Stops accepting, lets idle clients go, and finishes what is in flight with `Connection: close`.
    private func drain() {
        isDraining = true
        for listener in listeners { listener.close() }
        listeners.removeAll()
        for link in workers.links { link.sendDraining() }
        for connection in connections {
            guard let connection else { continue }
            if connection.firstCall == nil, connection.unconsumedBytes == 0, connection.phase == .request {
                connection.closeWhenDrained()
            } else {
                connection.lastCall?.closesConnection = true
            }
        }
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

    /// Puts new settings into force for what comes from now on. Nothing that is under way is touched: a connection over a new
    /// limit stays, a deadline that is set stands.
    private func reconfigure(_ next: Configuration) {
        configuration = next
        limits = Limits(next, loops: control.loopCount)
        checker = JSONChecker(depthLimit: next.jsonDepthLimit)
        workers.inFlightLimit = limits.inFlightLimit
        workers.workerInFlightLimit = limits.workerInFlightLimit
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
