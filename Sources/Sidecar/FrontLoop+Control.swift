internal import EventLoop
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
            counted: metrics,
            workers: workers.links.map { link in
                WorkerReading(
                    id: link.worker.name, pid: link.worker.pid, nodeVersion: link.worker.node ?? "",
                    runnerVersion: link.worker.runner ?? "", state: link.health.reading,
                    callsInFlight: link.inFlight, calls: link.callsTotal,
                    eventLoopLagMicroseconds: Int(link.health.eventLoopLagMicroseconds),
                    lastPongMilliseconds: Int(now &- link.health.lastPongMilliseconds))
            })
    }
}

extension FrontLoop {
    func reconfigure(_ next: Configuration) {
        configuration = next
    }
}
