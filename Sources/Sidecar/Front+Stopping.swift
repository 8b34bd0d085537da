internal import EventLoop
internal import Glibc
internal import Logging
internal import Settings

/// Signals, draining and leaving.
extension Front {
    func watchSignals() throws(LoopError) {
        for number in [SIGTERM, SIGINT] {
            watchers.append(
                try SignalWatcher(loop: control, signals: number) { [unowned self] _ in
                    if readiness.isDraining { cutShort(because: "second signal") } else { beginDrain() }
                })
        }
        watchers.append(
            try SignalWatcher(loop: control, signals: SIGHUP) { [unowned self] _ in reloadSettings() })
    }

    /// Says no to readiness probes and `Connection: close` to clients, waits for both to be heard, then stops accepting
    /// and finishes what is in flight.
    func beginDrain() {
        guard !readiness.isDraining else { return }
        readiness.isDraining = true
        for loop in loops { loop.mailbox.send(.leave) }
        ServiceManager.notify("STOPPING=1")
        logger.notice(
            "draining",
            metadata: [
                "delayMilliseconds": "\(configuration.drainDelayMilliseconds)",
                "timeoutMilliseconds": "\(configuration.drainTimeoutMilliseconds)",
            ])
        let timer = Timer(loop: control) { [unowned self] in stopAccepting() }
        timer.start(delayMilliseconds: configuration.drainDelayMilliseconds)
        drainTimer = timer
    }

    private func stopAccepting() {
        bridge?.close()
        bridge = nil
        removeSocket()
        for loop in loops { loop.mailbox.send(.drain) }
        let timer = Timer(loop: control) { [unowned self] in
            cutShort(because: "draining took too long")
        }
        timer.start(delayMilliseconds: configuration.drainTimeoutMilliseconds)
        drainTimer = timer
    }

    /// What a loop takes at most to answer who is left.
    private static let lastAnswersMilliseconds = 500

    private func cutShort(because reason: String) {
        logger.warning(
            "what runs still is cancelled and answered 504", metadata: ["because": "\(reason)", "side": "front"])
        for loop in loops { loop.mailbox.send(.cutShort) }
        let timer = Timer(loop: control) { [unowned self] in finish() }
        timer.start(delayMilliseconds: Self.lastAnswersMilliseconds)
        drainTimer = timer
    }

    /// The last thing a front does.
    func finish() {
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
                    "tokens": "\(configuration.acceptedTokens.count)",
                ])
        }
    }
}
