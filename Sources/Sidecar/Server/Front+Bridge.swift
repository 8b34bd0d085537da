internal import BridgeProtocol
internal import EventLoop
internal import Logging
internal import Settings

/// The bridge's door: shims connect, are checked, and go to the loop their link is for.
extension Front {
    private static let bridgeBacklog: Int32 = 128

    func openBridge() throws(StartError) {
        for descriptor in configuration.bridgeDescriptors {
            do throws(LoopError) {
                let handshake = try makeHandshake(peer: nil)
                try handshake.adopt(unixSocket: descriptor)
                handshake.begin()
            } catch {
                throw StartError(message: "--bridge-fd \(descriptor) is no open Unix socket: \(error)")
            }
        }
        guard let path = configuration.socketPath else { return }
        do throws(UnixSocket.BindError) {
            let bound = try UnixSocket.bind(
                path: path, mode: UInt32(configuration.socketMode.bits), group: configuration.socketGroup,
                takesOver: configuration.sharesPort, backlog: Self.bridgeBacklog)
            socketIdentity = bound.identity
            do throws(LoopError) {
                bridge = try Listener(loop: control, unixSocket: bound.descriptor, backlog: Self.bridgeBacklog) {
                    [unowned self] listener in
                    accept(from: listener)
                }
            } catch {
                throw UnixSocket.BindError.system(operation: "listen", error)
            }
        } catch {
            throw StartError(message: Self.explain(error, option: "--socket", value: path))
        }
    }

    /// - Parameters:
    ///   - option: which option asked for the socket; what it was given is `value`.
    static func explain(_ error: UnixSocket.BindError, option: String, value: String) -> String {
        switch error {
        case .pathTooLong(let limit):
            "\(option) \(value) is too long: a socket path takes at most \(limit) bytes. Choose a shorter one"
        case .inUse:
            "\(option) \(value) is in use by another process. Stop that front first, choose another path, or start this one with --share-port to take its place"
        case .notASocket:
            "\(option) \(value) exists and is not a socket; left unchanged. Choose another path, or remove it"
        case .unknownGroup(let name):
            "\(option)-group \(name): there is no such group"
        case .system(let operation, let error):
            "\(option) \(value): \(operation): \(error)"
        }
    }

    private func accept(from listener: Listener) {
        do throws(LoopError) {
            let handshake = try makeHandshake(peer: ())
            do throws(LoopError) {
                try listener.accept(into: handshake)
            } catch {
                handshake.close()
                throw error
            }
            guard mayConnect(handshake) else { return }
            handshake.begin()
        } catch {
            logger.warning("accepting a shim failed: \(error)", metadata: ["side": "bridge"])
        }
    }

    /// The kernel says who is at the other end; the socket's permissions say who may try, this says who may serve.
    private func mayConnect(_ handshake: Handshake) -> Bool {
        guard let peer = UnixSocket.peerCredentials(of: handshake.descriptor) else {
            handshake.refuse(Refused(reason: "The front cannot tell who is connecting", retry: false))
            return false
        }
        let allowed =
            peer.uid == UnixSocket.ownUser || peer.uid == 0
            || configuration.socketAllowedUserIDs.contains(peer.uid)
            || configuration.socketAllowedGroupIDs.contains(peer.gid)
        if !allowed {
            handshake.refuse(
                Refused(
                    reason:
                        "uid \(peer.uid), gid \(peer.gid) may not connect. Start the front with --socket-allow-uid \(peer.uid) or --socket-allow-gid \(peer.gid)",
                    retry: false))
        }
        return allowed
    }

    private func makeHandshake(peer: Void?) throws(LoopError) -> Handshake {
        try Handshake(
            loop: control, logger: logger,
            decide: { [unowned self] hello in decide(hello) },
            adopt: { [unowned self] descriptor, hello, index in adopt(descriptor, hello, index) })
    }

    private func decide(_ hello: Hello) -> Handshake.Verdict {
        guard !readiness.isDraining else {
            return .refuse(Refused(reason: "This front is stopping; connect again", retry: true))
        }
        guard hello.takesSettings || configuration.overrides.isEmpty else {
            return .refuse(
                Refused(
                    reason:
                        "Options of the front rule over the app's settings (--base-path, --cors-origins, --token, --token-file or --token-header), and this shim cannot be told: update the npm package runner-sidecar",
                    retry: false))
        }
        guard hello.link < loops.count else {
            return .refuse(
                Refused(reason: "Link \(hello.link) does not exist: this front has \(loops.count) loops", retry: false))
        }
        let verdict = workerSettings.join(
            worker: hello.worker, pid: hello.pid, settings: hello.exposure,
            overridden: { $0.overridden(by: configuration) })
        if let reason = verdict { return .refuse(Refused(reason: reason, retry: true)) }
        return .adopt(hello, loop: hello.link)
    }

    private func adopt(_ descriptor: Int32, _ hello: Hello, _ index: Int) {
        let worker = WorkerIdentity(
            name: hello.worker, pid: hello.pid, runner: hello.runnerVersion, node: hello.nodeVersion,
            shim: hello.shimVersion)
        loops[index].mailbox.send(.adopt(descriptor: descriptor, hello: hello, worker: worker))
    }

    func removeSocket() {
        guard let path = configuration.socketPath else { return }
        UnixSocket.remove(path: path, identity: socketIdentity)
        socketIdentity = nil
    }
}
