internal import EventLoop
internal import Settings

/// A place where the loops listen.
enum ListenPoint: Sendable {
    /// Each loop binds it for itself, and the kernel spreads the connections.
    case address(SocketAddress)
    /// One socket for all loops: whichever has time takes the next connection.
    case socket(SharedSocket)

    var text: String {
        switch self {
        case .address(let address): address.description
        case .socket(let socket): socket.text
        }
    }

    /// Of a TCP socket.
    var address: SocketAddress? {
        switch self {
        case .address(let address): address
        case .socket(let socket): socket.address
        }
    }

    /// The members of the line that says where the front listens, each behind its comma.
    var jsonMembers: String {
        if let address { return ",\"address\":\"\(address.host)\",\"port\":\(address.port)" }
        return ",\"socket\":\(LineLogHandler.json(text))"
    }
}

/// A listening socket that the control loop made or was given.
struct SharedSocket: Sendable {
    let descriptor: Int32
    let transport: Stream.Transport
    /// As `--listen` has it.
    let text: String
    /// Of a TCP socket.
    let address: SocketAddress?
    /// The file that goes with the front; nil where it was made by somebody else.
    let file: File?

    struct File: Sendable {
        let path: String
        let identity: UnixSocket.FileIdentity?
    }

    /// Whether it outlives this front: then the connections that nobody has taken yet are the next front's.
    var isInherited: Bool { file == nil }
}
