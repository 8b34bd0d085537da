internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Logging
internal import Metrics

/// Workers come, announce, fill up, break and leave.
extension FrontLoop {
    /// Takes over a link whose handshake is done.
    func adopt(descriptor: Int32, hello: Hello, worker: WorkerIdentity) {
        do throws(LoopError) {
            let link = try WorkerLink(front: self, loop: loop, worker: worker)
            try link.adopt(unixSocket: descriptor)
            announce(link, hello)
            workers.add(link)
            // Each process has a link to every loop: one of them counts it.
            if index == 0 { metrics.add(.workersJoined) }
            link.startReading()
            link.welcome(
                Welcome(
                    frontVersion: Version.current, loops: control.loopCount, link: hello.link,
                    limits: frames.limits, windowBytes: limits.streamWindowBytes))
            logger.info(
                "worker joined",
                metadata: ["pid": "\(worker.pid)", "loop": "\(index)", "targets": "\(hello.targets.count)"])
            workersChanged()
            linkHasRoom(link)
        } catch {
            closeDescriptor(descriptor)
            logger.error("cannot take over a worker's link: \(error)", metadata: ["side": "front"])
        }
    }

    /// A worker's table changed.
    func reannounced(_ link: WorkerLink, _ hello: Hello) {
        announce(link, hello)
        logger.info(
            "worker announced a new table",
            metadata: ["pid": "\(link.worker.pid)", "targets": "\(hello.targets.count)"])
        linkHasRoom(link)
    }

    private func announce(_ link: WorkerLink, _ hello: Hello) {
        let (indexes, wantsHead) = expose(hello)
        link.announce(hello, indexes: indexes, wantsHead: wantsHead)
        takesExposureStreams = link.servesStreams || workers.links.contains { $0.servesStreams }
        takesEveryStream = link.servesEverything || workers.links.contains { $0.servesEverything }
    }

    /// A link is ready or has room again: whoever waits may go on at the end of this turn.
    func linkHasRoom(_ link: WorkerLink) {
        guard !waitingRoom.isEmpty, link.isReady, workers.hasRoom else { return }
        roomForWaiting = true
    }

    func fellSilent(_ link: WorkerLink) {
        logger.warning(
            "worker does not answer: its event loop is blocked; it gets no new calls",
            metadata: ["side": "worker", "pid": "\(link.worker.pid)", "loop": "\(index)"])
        workersChanged()
    }

    func answersAgain(_ link: WorkerLink) {
        logger.notice("worker answers again", metadata: ["pid": "\(link.worker.pid)", "loop": "\(index)"])
        workersChanged()
    }

    func linkBroke(_ link: WorkerLink, _ reason: String) {
        logger.error(
            "a worker broke the bridge protocol: \(reason)", metadata: ["side": "bridge", "pid": "\(link.worker.pid)"])
    }

    /// A link is gone: what it had is answered, and never sent again, since a task may not be idempotent.
    func lost(_ link: WorkerLink) {
        workers.remove(link)
        reaskOrigins(of: link)
        link.traffic.add(to: &metrics)
        let saidGoodbye = isDraining || link.health.wasDraining
        if index == 0, !saidGoodbye { metrics.add(.workersLost) }
        var lost: [Call] = []
        calls.forEachActive { if $0.linkNumber == link.number && $0.state != .answered { lost.append($0) } }
        for call in lost where call.linkNumber == link.number {
            call.linkNumber = 0
            workers.callsInFlight -= 1
            connection(of: call)?.deliver(call, rejection: link.brokeProtocol ? .malformedWorkerAnswer : .workerLost)
        }
        logLeaving(of: link, callsLost: lost.count, saidGoodbye: saidGoodbye)
        workersChanged()
    }

    private func logLeaving(of link: WorkerLink, callsLost: Int, saidGoodbye: Bool) {
        let link: Logger.Metadata = ["pid": "\(link.worker.pid)", "loop": "\(index)"]
        if saidGoodbye && callsLost == 0 { return logger.info("worker left", metadata: link) }
        logger.warning(
            "worker lost", metadata: link.merging(["side": "worker", "callsLost": "\(callsLost)"]) { $1 })
    }

    func workersChanged() {
        let ready = workers.links.count { $0.isReady }
        let draining = workers.links.count { $0.health.state == .draining }
        control.send(.workersChanged(loop: index, links: workers.links.count, ready: ready, draining: draining))
    }

    // MARK: The waiting room

    /// Lets a connection wait for a worker. Gives false when the room is full, or when what waits already will take
    /// longer than this one may.
    func admit(_ connection: ClientConnection, bytes: Int) -> Bool {
        guard limits.workerWaitMilliseconds > 0, waitingRoom.hasRoom(for: bytes),
            queuePace.reaches(behind: waitingRoom.count, withinMilliseconds: limits.workerWaitMilliseconds)
        else { return false }
        let now = loop.nowMilliseconds
        // Who is looked at again and still has nobody to go to has not come anew.
        let hasWaited = queuedSinceNanoseconds != 0
        let deadline = hasWaited ? queuedUntilMilliseconds : now + UInt64(limits.workerWaitMilliseconds)
        guard deadline > now else { return false }
        lastTicket &+= 1
        connection.ticket = lastTicket
        connection.phase = .waiting
        let notes = noted
        noted = nil
        waitingRoom.enter(
            WaitingRoom.Guest(
                connection: connection, ticket: lastTicket, bytes: bytes, deadlineMilliseconds: deadline,
                sinceNanoseconds: hasWaited ? queuedSinceNanoseconds : turnNanoseconds, notes: notes))
        return true
    }

    /// How many are looked at in vain before others have their turn: those whose worker is away, while another has
    /// room.
    private static let vainLooks = 256

    /// As many of those who wait as the links have room for, the longest-waiting first.
    func admitWaiting() {
        var candidates = waitingRoom.count
        var vain = 0
        while candidates > 0, vain < Self.vainLooks, workers.hasRoom, let guest = waitingRoom.removeFirst() {
            candidates -= 1
            guard guest.connection.ticket == guest.ticket else { continue }
            queuedSinceNanoseconds = guest.sinceNanoseconds
            queuedUntilMilliseconds = guest.deadlineMilliseconds
            guest.connection.retry()
            queuedSinceNanoseconds = 0
            if guest.connection.phase == .waiting { vain += 1 }
        }
    }

    /// Turns away who waited long enough.
    func expireWaiting() {
        while let guest = waitingRoom.first {
            let left = guest.connection.ticket != guest.ticket || guest.connection.phase != .waiting
            guard left || guest.deadlineMilliseconds <= loop.nowMilliseconds else { return }
            _ = waitingRoom.removeFirst()
            if !left {
                noted = guest.notes
                guest.connection.answerOverload(workers.hasReadyLink ? .overloaded : .noWorker)
            }
        }
    }
}
