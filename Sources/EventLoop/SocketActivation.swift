internal import Glibc

/// A listening socket that the service manager opened for this process.
public struct ActivatedSocket: Equatable, Sendable {
    public let descriptor: Int32
    /// Its `FileDescriptorName=`; `unknown` where none was passed.
    public let name: String
    public let transport: Stream.Transport
}

/// Socket activation: listening sockets that systemd passes to the process it starts (sd_listen_fds(3)).
public enum SocketActivation {
    public enum Problem: Error, Equatable, Sendable {
        /// Nothing was passed.
        case noSockets
        /// What was passed is for another process, such as a shell around this one.
        case forAnotherProcess(String)
        /// A variable of the protocol is no number, or out of range.
        case malformed(name: String, value: String)
        /// A descriptor that is not there, or no listening stream socket of a family that HTTP is served on.
        case notListening(descriptor: Int32, name: String)
    }

    /// What the protocol calls `SD_LISTEN_FDS_START`.
    public static let firstDescriptor: Int32 = 3
    /// More sockets than this are a mistake.
    static let socketLimit = 256

    /// The sockets that were passed. They are closed on exec from now on, so that no child inherits them.
    public static func sockets(
        environment: (String) -> String?, process: Int32 = Process.id, firstDescriptor: Int32 = firstDescriptor
    ) throws(Problem) -> [ActivatedSocket] {
        guard let countText = environment("LISTEN_FDS"), !countText.isEmpty else { throw .noSockets }
        if let owner = environment("LISTEN_PID"), owner != "\(process)" { throw .forAnotherProcess(owner) }
        guard let count = Int32(countText), (1...Int32(socketLimit)).contains(count) else {
            throw .malformed(name: "LISTEN_FDS", value: countText)
        }
        let names = environment("LISTEN_FDNAMES")?.split(separator: ":", omittingEmptySubsequences: false) ?? []
        var sockets: [ActivatedSocket] = []
        for index in 0..<count {
            let descriptor = firstDescriptor + index
            let name = Int(index) < names.count ? String(names[Int(index)]) : "unknown"
            guard let transport = listeningTransport(of: descriptor) else {
                throw .notListening(descriptor: descriptor, name: name)
            }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            sockets.append(ActivatedSocket(descriptor: descriptor, name: name, transport: transport))
        }
        return sockets
    }

    /// Nil when it is no listening stream socket.
    private static func listeningTransport(of descriptor: Int32) -> Stream.Transport? {
        guard socketOption(descriptor, SO_ACCEPTCONN) == 1,
            socketOption(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue)
        else { return nil }
        return switch socketOption(descriptor, SO_DOMAIN) {
        case AF_INET, AF_INET6: .tcp
        case AF_UNIX: .unixSocket
        default: nil
        }
    }

    private static func socketOption(_ descriptor: Int32, _ option: Int32) -> Int32? {
        var value: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        return unsafe getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : nil
    }
}
