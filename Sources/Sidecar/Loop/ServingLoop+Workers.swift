internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import Logging
internal import Metrics
internal import Settings

/// Workers come, announce, and leave.
extension ServingLoop {
    /// Takes over a link whose handshake is done.
    func adopt(descriptor: Int32, hello: Hello, worker: WorkerIdentity) {
        do throws(LoopError) {
            let link = try WorkerLink(serving: self, loop: loop, transport: .unixSocket, worker: worker)
            try link.adopt(unixSocket: descriptor)
            join(link, hello)
        } catch {
            closeDescriptor(descriptor)
            logger.error("cannot take over a worker's link: \(error)", metadata: ["side": "front"])
        }
    }

    /// A worker's link is open.
    func join(_ link: WorkerLink, _ hello: Hello) {
        if let reason = disagreement(of: link.worker, hello) {
            control.send(.linkEnded(loop: index, worker: link.worker.name))
            return link.refuse(reason)
        }
        announce(link, hello)
        admission.joined(link)
        // Each process has a link to every loop: one of them counts it.
        if index == 0 { accounts.add(.workersJoined) }
        link.startReading()
        link.welcome(
            Welcome(
                frontVersion: Version.current, loops: control.loopCount, link: hello.link, limits: frames.limits,
                windowBytes: limits.streamWindowBytes, headerBytes: configuration.headerLimitBytes))
        if !configuration.overrides.isEmpty { link.sendSettings(configuration.overrides) }
        logger.info(
            "worker joined",
            metadata: [
                "pid": .number(link.worker.pid), "loop": .number(index), "targets": .number(hello.targets.count),
            ])
        workersChanged()
        turn.admitPending()
    }

    /// Whether a worker's settings differ from those in force for others: all workers of a front serve under the same
    /// rules. Gives what to tell it.
    private func disagreement(of worker: WorkerIdentity, _ hello: Hello) -> String? {
        let others = admission.workers.links.filter { $0.worker.name != worker.name }
        guard let other = others.first, hello.exposure.overridden(by: configuration) != exposure.settings else {
            return nil
        }
        return WorkerSettings.disagreement(pid: worker.pid, other: other.worker.pid)
    }

    /// A worker's table changed. Gives a reason when it may not.
    func reannounced(_ link: WorkerLink, _ hello: Hello) -> String? {
        if let reason = disagreement(of: link.worker, hello) { return reason }
        announce(link, hello)
        control.send(.announced(loop: index, worker: link.worker.name, pid: link.worker.pid, hello.exposure))
        logger.info(
            "worker announced a new table",
            metadata: ["pid": .number(link.worker.pid), "targets": .number(hello.targets.count)])
        linkHasRoom(link)
        return nil
    }

    private func announce(_ link: WorkerLink, _ hello: Hello) {
        let others = admission.workers.links.filter { $0 !== link }
        let (indexes, wantsHead) = accounts.update { metrics in
            exposure.announce(hello, configuration, limits: limits, metrics: &metrics, isFirst: others.isEmpty) {
                target in
                others.contains { $0.serves(target) }
            }
        }
        link.announce(hello, indexes: indexes, wantsHead: wantsHead)
        exposure.setStreams(
            takesExposure: link.servesStreams || others.contains { $0.servesStreams },
            takesEverything: link.servesEverything || others.contains { $0.servesEverything })
    }

    /// A link is gone: what it had is answered, and never sent again, since a task may not be idempotent.
    func lost(_ link: WorkerLink) {
        admission.left(link)
        control.send(.linkEnded(loop: index, worker: link.worker.name))
        accounts.update { link.traffic.add(to: &$0) }
        let saidGoodbye = isDraining || link.health.wasDraining
        if index == 0, !saidGoodbye { accounts.add(.workersLost) }
        var lost: [Call] = []
        calls.forEach { if $0.linkNumber == link.number && $0.hold != .none { lost.append($0) } }
        let rejection: Rejection = link.brokeProtocol ? .malformedWorkerAnswer : .workerLost
        var callsLost = 0
        for call in lost where call.linkNumber == link.number && call.hold != .none {
            let isAwaited = call.hold == .owing
            call.update { $0.noteLostWorker(pid: link.worker.pid) }
            calls.letGo(call)
            guard isAwaited else { continue }
            callsLost += 1
            refuse(call, rejection)
        }
        reaskOrigins(of: link)
        logLeaving(of: link, callsLost: callsLost, saidGoodbye: saidGoodbye)
        workersChanged()
        checkWorkersMayCome()
    }

    /// Where no worker can come any more, nothing waits for one.
    func checkWorkersMayCome() {
        guard isLeaving else { return }
        admission.noWorkerWillCome()
        guard admission.workers.links.isEmpty else { return }
        for entry in admission.pending.live where entry.isLive { refuse(entry.call, .draining) }
    }

    private func logLeaving(of link: WorkerLink, callsLost: Int, saidGoodbye: Bool) {
        let link: Logger.Metadata = ["pid": .number(link.worker.pid), "loop": .number(index)]
        if saidGoodbye && callsLost == 0 { return logger.info("worker left", metadata: link) }
        logger.warning(
            "worker lost", metadata: link.merging(["side": "worker", "callsLost": .number(callsLost)]) { $1 })
    }

    func workersChanged() {
        let links = admission.workers.links
        control.send(
            .workersChanged(
                loop: index, links: links.count, ready: links.count { $0.isReady },
                draining: links.count { $0.health.state == .draining }))
    }
}
