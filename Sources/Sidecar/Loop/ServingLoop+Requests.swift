internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Logging
internal import Metrics

/// What happens to calls that is no connection's own matter: workers, waiting, time, and their end.
extension ServingLoop {
    // MARK: Dispatch

    /// A call is written to a worker.
    @inline(__always)
    func dispatched(_ call: Call, to link: WorkerLink) {
        let now = loop.nanoseconds
        if call.kind != .listener { accounts.dispatched(call, readNanoseconds: clock.nanoseconds, nowNanoseconds: now) }
        let timeout = limits.taskTimeoutMilliseconds
        let deadline = timeout > 0 ? loop.nowMilliseconds + UInt64(timeout) : 0
        call.update { $0.dispatch(to: link.number, nowNanoseconds: now, deadlineMilliseconds: deadline) }
        // What follows in the same read begins here.
        clock.dispatched(nanoseconds: now)
        admission.dispatched()
        link.began()
    }

    /// The link to the worker that has a call; nil when none has it, or that is gone.
    @inline(__always)
    func link(of call: Call) -> WorkerLink? {
        call.hold != .none ? admission.workers.link(call.linkNumber) : nil
    }

    /// A worker has let go of a call's id.
    @inline(__always)
    func letGo(_ call: Call, _ link: WorkerLink) {
        calls.letGo(call)
        admission.letGo()
        link.ended()
        linkHasRoom(link)
    }

    /// A response of the front's own, wherever a call stands. No worker has it any more.
    func refuse(_ call: Call, _ rejection: Rejection) {
        connections[call]?.refuse(call, rejection)
    }

    // MARK: Waiting

    func queue(_ call: Call, bytes: Int) -> Bool {
        admission.queue(
            call, bytes: bytes, nowMilliseconds: loop.nowMilliseconds, nowNanoseconds: clock.nanoseconds)
    }

    /// A request leaves the place where it was stored.
    func unstore(_ call: Call) {
        if call.phase == .pending { admission.cancelled() }
        guard let stored = call.update({ $0.takeStored() }) else { return }
        releaseBody(of: stored)
        self.stored.recycle(stored, &loop.pool)
    }

    /// A link is ready or has room again: pending requests may go on at the end of this turn.
    @inline(__always)
    func linkHasRoom(_ link: WorkerLink) {
        guard !admission.pending.isEmpty, link.isReady, admission.workers.hasRoom else { return }
        turn.admitPending()
    }

    /// Dispatches as many pending requests as the links have room for, the longest-waiting first.
    func admitPending() {
        var index = 0
        // What enters the queue meanwhile has its turn later.
        var looks = admission.pending.count
        var vain = 0
        while looks > 0, vain < Limits.pendingLooks, admission.workers.hasRoom,
            let entry = admission.nextPending(from: &index)
        {
            looks -= 1
            guard let connection = connections[entry.call], connection.dispatch(entry.call) else {
                vain += 1
                continue
            }
        }
        admission.trim()
    }

    /// Refuses what has waited long enough: for a worker, or for the app's judgement of its origin.
    func expirePending() {
        for call in admission.takeExpired(nowMilliseconds: loop.nowMilliseconds) {
            guard call.phase == .pending || call.phase == .asking else { continue }
            refuse(call, admission.refusal)
        }
    }

    // MARK: Origins

    /// Asks the app about a request's origin. Gives false when nobody can be asked.
    func askOrigin(of call: Call, _ head: RequestHead, _ bytes: Span<UInt8>) -> Bool {
        guard
            let (link, question) = admission.ask(
                call, nowMilliseconds: loop.nowMilliseconds, nowNanoseconds: clock.nanoseconds)
        else { return false }
        link.ask { exposure.rules.writeOriginQuestion(question, head, bytes, into: &$0) }
        return true
    }

    /// The app judged an origin.
    func originAnswered(_ question: UInt32, by link: WorkerLink, _ answer: OriginAnswer) {
        guard let call = admission.takeQuestion(question, of: link.number) else { return }
        connections[call]?.proceed(call, answer)
    }

    /// A link that was asked is gone, or does not answer: its questions go to another, or wait for one.
    func reaskOrigins(of link: WorkerLink) {
        for call in admission.takeQuestions(of: link.number) { connections[call]?.proceed(call) }
    }

    // MARK: Time

    func expireCalls() {
        let now = loop.nowMilliseconds
        var late: [Call] = []
        calls.forEach { call in
            if call.deadlineMilliseconds != 0, call.deadlineMilliseconds <= now, call.phase == .running {
                late.append(call)
            }
        }
        for call in late where call.phase == .running {
            link(of: call)?.cancel(call, reason: .timeout)
            refuse(call, .timeout)
        }
    }

    func watchLinks() {
        let now = loop.nowMilliseconds
        let interval = UInt32(max(1, limits.workerPingMilliseconds / Limits.tickMilliseconds))
        for link in admission.workers.links {
            if clock.ticks % interval == 0 { link.ping() }
            link.checkOverdue(nowMilliseconds: now, patienceMilliseconds: limits.workerPingMilliseconds * 2)
        }
    }

    func becameUnresponsive(_ link: WorkerLink) {
        logger.warning(
            "worker is unresponsive: its event loop is blocked; it gets no new calls",
            metadata: ["side": "worker", "pid": .number(link.worker.pid), "loop": .number(index)])
        reaskOrigins(of: link)
        workersChanged()
    }

    func becameResponsive(_ link: WorkerLink) {
        logger.notice(
            "worker is responsive again", metadata: ["pid": .number(link.worker.pid), "loop": .number(index)])
        workersChanged()
    }

    func linkBroke(_ link: WorkerLink, _ reason: String) {
        logger.error(
            "a worker broke the bridge protocol: \(reason)",
            metadata: ["side": "bridge", "pid": .number(link.worker.pid)])
    }

    /// Notes what a rejected request asked for, for those who read the log or the page.
    func noteAsked(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>) {
        exposure.rules.readTarget(of: head, bytes)
        guard let asked = exposure.rules.asked else { return }
        exposure.rules.withAskedID { id in
            if !asked.isKnown { accounts.recordUnknown(asked.kind == .event ? .event : .task, id: id) }
            guard accounts.logsFailures else { return }
            call.update { $0.note(AskedTarget(kind: asked.kind, id: id, isKnown: asked.isKnown)) }
        }
    }

    // MARK: The end of a call

    /// A call's response is written: counts it and gives it back.
    @inline(__always)
    func finished(_ call: Call) {
        let route = routeSlot(of: call)
        accounts.finished(call, route: route, nowNanoseconds: clock.nanoseconds)
        let failure = failure(of: call)
        if let failure { accounts.recordFailure(failure, status: Int(call.status), route: route) }
        if failure != nil || accounts.accessLog.isOn { logAccess(call, status: Int(call.status), failure: failure) }
        release(call)
    }

    /// Which of `FailureCause.labels` a finished call counts under; nil when all went well.
    @inline(__always)
    private func failure(of call: Call) -> Int? {
        if let rejection = call.rejection { return accounts.cause(of: rejection) }
        if call.responseWasCut { return FailureCause.responseCut }
        return call.taskFailure.cause
    }

    /// A call whose client left, or was disconnected.
    func abandoned(_ call: Call) {
        accounts.add(.callsCancelled)
        let own =
            call.responseWasCut
            ? FailureCause.responseCut : call.clientStalled ? FailureCause.clientStalled : FailureCause.clientLeft
        // A problem that ended the call was counted when it happened; the client did not leave of its own accord.
        if call.rejection == nil { accounts.recordFailure(own, status: 499, route: routeSlot(of: call)) }
        let failure = call.rejection.map(accounts.cause) ?? own
        logAccess(call, status: call.rejection?.answer.status ?? 499, failure: failure)
        unstore(call)
        release(call)
    }

    @inline(__always)
    private func release(_ call: Call) {
        exposure.rules.release(call.cors)
        calls.release(call, &loop.pool)
    }

    @inline(__always)
    func routeSlot(of call: Call) -> LoopMetrics.RouteSlot {
        switch call.kind {
        case .task, .event: exposure.targetSlots[Int(call.target)]
        case .discovery, .listener, .unmatched: LoopMetrics.route(call.kind)
        }
    }

    /// A rejection that ends a response of which part is out.
    func count(_ rejection: Rejection, _ call: Call) {
        accounts.recordFailure(
            accounts.cause(of: rejection), status: rejection.answer.status, route: LoopMetrics.route(call.kind))
    }

    /// A client read nothing of its response for too long, and is about to be disconnected.
    ///
    /// - Parameter first: its first call without a whole response; nil when all were written whole, and counted.
    func clientStalled(_ connection: ClientConnection, first: Call?) {
        if let first { return first.update { $0.stall() } }
        accounts.recordFailure(FailureCause.clientStalled, status: 499, route: LoopMetrics.route(.unmatched))
        logStalled(connection)
    }

    // MARK: Reports

    func report() -> LoopReport {
        let now = loop.nowMilliseconds
        return LoopReport(
            counted: countedNow(),
            workers: admission.workers.links.map { link in
                WorkerStats(
                    id: link.worker.name, pid: link.worker.pid, nodeVersion: link.worker.node ?? "",
                    runnerVersion: link.worker.runner ?? "", state: link.health.reading,
                    callsInFlight: link.inFlight, calls: link.callsTotal,
                    eventLoopLagMicroseconds: Int(link.health.eventLoopLagMicroseconds),
                    lastPongMilliseconds: Int(now &- link.health.lastPongMilliseconds),
                    load: link.processLoad.map(WorkerStats.Load.init))
            },
            basePath: exposure.basePath)
    }

    /// What was counted, with what need not be counted since it can be looked at.
    private func countedNow() -> LoopMetrics {
        var counted = accounts.metrics
        let queued = admission.pending.waiting
        counted.add(.queuedCalls, queued.count)
        counted.add(.queuedBytes, queued.bytes)
        counted.add(.activeRequests, calls.activeCount)
        var streams = 0
        calls.forEach { call in
            if call.phase == .streaming || call.phase == .running && call.kind == .listener { streams += 1 }
        }
        counted.add(.openStreams, streams)
        for link in admission.workers.links { link.traffic.add(to: &counted) }
        return counted
    }
}
