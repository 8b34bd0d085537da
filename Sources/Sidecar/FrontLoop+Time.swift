internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import Logging

/// One ticker a loop does what timers would: deadlines of calls and connections, pings, the waiting room.
extension FrontLoop {
    /// The tick at which `milliseconds` from now have passed.
    func tick(after milliseconds: Int) -> UInt32 {
        ticks &+ UInt32((milliseconds + Self.tickMilliseconds - 1) / Self.tickMilliseconds) &+ 1
    }

    /// When a call that starts now runs out of time; 0 is never.
    var callDeadline: UInt64 {
        limits.taskTimeoutMilliseconds > 0 ? loop.nowMilliseconds + UInt64(limits.taskTimeoutMilliseconds) : 0
    }

    func tick() {
        ticks &+= 1
        readTurnClock()
        watchLinks()
        if calls.activeCount > 0 && limits.taskTimeoutMilliseconds > 0 { expireCalls() }
        expireWaiting()
        if !waitingRoom.isEmpty && workers.hasRoom { roomForWaiting = true }
        queuePace.look(
            nowMilliseconds: loop.nowMilliseconds, completed: workers.callsCompleted,
            isBusy: !waitingRoom.isEmpty && workers.hasReadyLink, windowMilliseconds: limits.workerWaitMilliseconds)
        sweepConnections()
    }

    private func watchLinks() {
        let now = loop.nowMilliseconds
        let interval = UInt32(max(1, limits.workerPingMilliseconds / Self.tickMilliseconds))
        for link in workers.links {
            if ticks % interval == 0 { link.ping(nowMilliseconds: now) }
            let was = link.health.state
            link.checkOverdue(nowMilliseconds: now, patienceMilliseconds: limits.workerPingMilliseconds * 2)
            if link.health.state != was { fellSilent(link) }
        }
    }

    private func expireCalls() {
        let now = loop.nowMilliseconds
        var late: [Call] = []
        calls.forEachActive { call in
            if call.deadlineMilliseconds != 0, call.deadlineMilliseconds <= now, call.state == .running {
                late.append(call)
            }
        }
        for call in late where call.state == .running {
            link(of: call)?.cancel(call, reason: .timeout)
            connection(of: call)?.deliver(call, rejection: .timeout)
        }
    }

    /// Looks at the connections' deadlines without a timer for any: few of them each tick, many of them a tenth each,
    /// so that every one is looked at once a second.
    private func sweepConnections() {
        let stride = connections.count > 1_000 ? 10 : 1
        var slot = Int(ticks) % stride
        while slot < connections.count {
            if let connection = connections[slot] { connection.checkPatience() }
            slot += stride
        }
    }
}
