internal import EventLoop
internal import Settings

/// Where clients connect: what `--listen` names, opened before the first loop starts.
extension Front {
    /// - Returns: one point for each address, socket file and inherited socket.
    func openListenPoints() throws(StartError) -> [ListenPoint] {
        var points: [ListenPoint] = []
        for target in configuration.listen {
            switch target {
            case .address(let address): points.append(.address(SocketAddress(address)))
            case .unixSocket(let path): points.append(.socket(try bindSocket(path, target.text)))
            case .systemd(let name):
                for socket in try activatedSockets(name: name, target.text) { points.append(.socket(socket)) }
            }
        }
        return points
    }

    private func bindSocket(_ path: String, _ text: String) throws(StartError) -> SharedSocket {
        do throws(UnixSocket.BindError) {
            let bound = try UnixSocket.bind(
                path: path, mode: UInt32(configuration.listenMode.bits), group: configuration.listenGroup,
                takesOver: configuration.sharesPort, backlog: Int32(configuration.backlog))
            return SharedSocket(
                descriptor: bound.descriptor, transport: .unixSocket, text: text, address: nil,
                file: SharedSocket.File(path: path, identity: bound.identity))
        } catch {
            throw StartError(message: Self.explain(error, option: "--listen", value: text))
        }
    }

    private func activatedSockets(name: String?, _ text: String) throws(StartError) -> [SharedSocket] {
        let all: [ActivatedSocket]
        do throws(SocketActivation.Problem) {
            all = try SocketActivation.sockets(environment: Environment.value(of:))
        } catch {
            throw StartError(message: "--listen \(text): \(Self.explain(error))")
        }
        let chosen = all.filter { name == nil || $0.name == name }
        guard !chosen.isEmpty else {
            let names = all.map { $0.name }.joined(separator: ", ")
            throw StartError(
                message:
                    "--listen \(text): systemd passed no socket of this name, only \(names). Set FileDescriptorName= in the .socket unit"
            )
        }
        return chosen.map {
            SharedSocket(
                descriptor: $0.descriptor, transport: $0.transport, text: "systemd:\($0.name)",
                address: SocketAddress(localOf: $0.descriptor), file: nil)
        }
    }

    private static func explain(_ problem: SocketActivation.Problem) -> String {
        switch problem {
        case .noSockets:
            "systemd passed no sockets (LISTEN_FDS is not set). Start the front from a unit that has a .socket unit, or with systemd-socket-activate"
        case .forAnotherProcess(let process):
            "the sockets were passed to process \(process), not to this one. Name the front itself in ExecStart=, not a script that starts it"
        case .malformed(let name, let value):
            "\(name) is \(value.quoted), which is not a number of sockets"
        case .notListening(let descriptor, let name):
            "descriptor \(descriptor) (\(name)) is not a listening stream socket. Use ListenStream= and Accept=no in the .socket unit"
        }
    }

    /// Every loop has a descriptor of its own: the sockets end with the last loop that listens.
    func closeSharedSockets() {
        for case .socket(let socket) in points { closeDescriptor(socket.descriptor) }
    }

    /// Nobody finds the socket files from now on. Whoever is connected already stays so.
    func removeListenSockets() {
        for case .socket(let socket) in points {
            if let file = socket.file { UnixSocket.remove(path: file.path, identity: file.identity) }
        }
    }
}
