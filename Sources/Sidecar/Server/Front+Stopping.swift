internal import EventLoop
internal import Glibc
internal import Logging
internal import Settings

/// Signals, draining and leaving.
extension Front {
    func watchSignals() throws(LoopError) {
        for number in [SIGTERM, SIGINT] {
            watchers.append(
                try SignalWatcher(loop: control, signals: number) { [unowned self] _ in stopSignal() })
        }
        watchers.append(
            try SignalWatcher(loop: control, signals: SIGHUP) { [unowned self] _ in reloadSettings() })
    }

    /// A signal to the process group comes from the terminal and again from whoever passes it on: within this time they
    /// are the same request to stop in order.
    private static let sameSignalNanoseconds: UInt64 = 1_000_000_000

    private func stopSignal() {
        guard configuration.controlDescriptor == nil else {
            // It was sent to the whole process group, and is the parent's to heed.
            return logger.debug("signal ignored: the process that started this one says when to stop")
        }
        let now = control.nanoseconds
        guard let first = firstStopNanoseconds else {
            firstStopNanoseconds = now
            return beginDrain()
        }
        if now - first > Self.sameSignalNanoseconds { cutShort(because: "second signal") }
    }

    /// What the process that started this one says, where it has a descriptor to say it.
    func watchOrders() throws(LoopError) {
        guard let descriptor = configuration.controlDescriptor else { return }
        let orders = try ParentOrders(loop: control) { [unowned self] order in received(order) }
        try orders.adopt(unixSocket: descriptor)
        orders.startReading()
        parentOrders = orders
    }

    private func received(_ order: ParentOrders.Order) {
        switch order {
        case .stop: beginDrain()
        case .stopNow:
            beginDrain()
            if readiness.isListening { cutShort(because: "told to stop now") }
        case .gone: parentIsGone()
        }
    }

    func watchParent() {
        let parent = Process.parent
        let timer = Timer(loop: control) { [unowned self] in
            if Process.parent != parent { parentIsGone() }
        }
        timer.start(delayMilliseconds: 500, repeatMilliseconds: 500)
        parentTimer = timer
    }

    private func parentIsGone() {
        parentTimer?.stop()
        guard !readiness.isDraining else { return }
        logger.notice("the process that started this one is gone: draining")
        beginDrain()
    }

    /// The service manager knows the app; a front that the app brought along does not speak for it.
    func notifyServiceManager(_ state: String) {
        if !isEmbedded { ServiceManager.notify(state) }
    }

    /// Says no to readiness probes and `Connection: close` to clients, waits for both to be heard, then stops accepting
    /// and finishes what is in flight.
    func beginDrain() {
        guard !readiness.isDraining else { return }
        guard readiness.isListening else { return wasToldToStop = true }
        readiness.isDraining = true
        // No worker comes to a front that leaves. Its place is free for the next one, which they find there.
        bridge?.close()
        bridge = nil
        removeSocket()
        for loop in loops { loop.mailbox.send(.leave) }
        notifyServiceManager("STOPPING=1")
        logger.notice(
            "draining",
            metadata: [
                "delayMilliseconds": .number(configuration.drainDelayMilliseconds),
                "timeoutMilliseconds": .number(configuration.drainTimeoutMilliseconds),
            ])
        let timer = Timer(loop: control) { [unowned self] in stopAccepting() }
        timer.start(delayMilliseconds: configuration.drainDelayMilliseconds)
        drainTimer = timer
    }

    private func stopAccepting() {
        removeListenSockets()
        mirror?.close()
        mirror = nil
        for loop in loops { loop.mailbox.send(.drain) }
        let timer = Timer(loop: control) { [unowned self] in
            cutShort(because: "--drain-timeout is over")
        }
        timer.start(delayMilliseconds: configuration.drainTimeoutMilliseconds)
        drainTimer = timer
    }

    /// What a loop takes at most to answer who is left.
    private static let lastAnswersMilliseconds = 500

    private func cutShort(because reason: String) {
        logger.warning(
            "drain cut short: cancelling remaining calls (504)", metadata: ["because": "\(reason)", "side": "front"])
        for loop in loops { loop.mailbox.send(.cutShort) }
        let timer = Timer(loop: control) { [unowned self] in finish() }
        timer.start(delayMilliseconds: Self.lastAnswersMilliseconds)
        drainTimer = timer
    }

    /// The last thing a front does.
    func finish() {
        mirror?.close()
        mirror = nil
        logger.notice("stopped")
        control.stop()
    }

    /// Reads the settings again; what can change live changes, the rest is said to need a restart.
    func reloadSettings() {
        switch reload() {
        case .failure(let errors):
            logger.error(
                "SIGHUP: the new settings are wrong, the old stay in force",
                metadata: ["side": "front", "problems": "\(errors.line)"])
        case .success(let next):
            let changes = configuration.changes(to: next)
            configuration = configuration.adopting(next)
            LogSettings.level = configuration.logLevel
            for loop in loops { loop.mailbox.send(.reconfigure(configuration)) }
            logger.notice(
                "SIGHUP: settings read again",
                metadata: [
                    "changed": "\(changes.live.joined(separator: ", "))",
                    "needRestart": "\(changes.needRestart.joined(separator: ", "))",
                    "tokens": .number(configuration.acceptedTokens.count),
                ])
        }
    }
}
