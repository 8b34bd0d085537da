import Glibc
import Testing

@testable import EventLoop

/// Each test puts its sockets where nothing else of this process is.
@Suite("socket activation", .serialized)
struct SocketActivationTests {
    private static let first: Int32 = 700

    /// Puts a copy of a socket at the place where the protocol would have it.
    private func place(_ descriptor: Int32, at index: Int32) { _ = dup2(descriptor, Self.first + index) }

    private func clear(_ count: Int32) { for index in 0..<count { _ = Glibc.close(Self.first + index) } }

    private func sockets(_ environment: [String: String]) throws(SocketActivation.Problem) -> [ActivatedSocket] {
        try SocketActivation.sockets(
            environment: { environment[$0] }, process: 42, firstDescriptor: Self.first)
    }

    private func problem(_ environment: [String: String]) -> SocketActivation.Problem? {
        do throws(SocketActivation.Problem) {
            _ = try sockets(environment)
            return nil
        } catch { return error }
    }

    private func tcpListener() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let status = try unsafe loopback.withSockaddr {
            unsafe bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
        try #require(status == 0 && listen(descriptor, 8) == 0)
        return descriptor
    }

    @Test("sockets come with their names, and are closed on exec")
    func named() throws {
        let folder = try TemporaryFolder()
        let tcp = try tcpListener()
        let unix = try UnixSocket.bind(path: folder.path + "/s", mode: 0o600, group: nil).descriptor
        try #require(listen(unix, 8) == 0)
        place(tcp, at: 0)
        place(unix, at: 1)
        defer { clear(2) }
        let found = try sockets(["LISTEN_PID": "42", "LISTEN_FDS": "2", "LISTEN_FDNAMES": "web:local"])
        #expect(
            found == [
                ActivatedSocket(descriptor: Self.first, name: "web", transport: .tcp),
                ActivatedSocket(descriptor: Self.first + 1, name: "local", transport: .unixSocket),
            ])
        #expect(fcntl(Self.first, F_GETFD) & FD_CLOEXEC != 0)
        #expect(try sockets(["LISTEN_FDS": "1"]).first?.name == "unknown")
        _ = (Glibc.close(tcp), Glibc.close(unix))
    }

    @Test("nothing passed, or passed to another process, is said")
    func absent() {
        #expect(problem([:]) == .noSockets)
        #expect(problem(["LISTEN_FDS": ""]) == .noSockets)
        #expect(problem(["LISTEN_FDS": "1", "LISTEN_PID": "41"]) == .forAnotherProcess("41"))
    }

    @Test("a count that is none is said", arguments: ["0", "-1", "x", "1 ", "257", "99999999999"])
    func malformed(count: String) {
        #expect(problem(["LISTEN_FDS": count]) == .malformed(name: "LISTEN_FDS", value: count))
    }

    @Test("a descriptor that does not listen is said, by number and name")
    func notListening() throws {
        #expect(
            problem(["LISTEN_FDS": "1", "LISTEN_FDNAMES": "web"])
                == .notListening(descriptor: Self.first, name: "web"))
        var pair: [Int32] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        place(pair[0], at: 0)
        defer { clear(1) }
        #expect(problem(["LISTEN_FDS": "1"]) == .notListening(descriptor: Self.first, name: "unknown"))
        for descriptor in pair { _ = Glibc.close(descriptor) }
    }

    @Test("two listeners share one socket, and between them every connection is taken once")
    func shared() throws {
        let loop = try Loop()
        let tcp = try tcpListener()
        let address = try #require(SocketAddress(localOf: tcp))
        var guests: [Recorder] = []
        func take(_ listener: Listener) {
            guard let guest = try? Recorder(loop: loop, transport: listener.transport) else { return }
            try? listener.accept(into: guest)
            guest.startReading()
            guests.append(guest)
        }
        let listeners = try (0..<2).map { _ in
            try Listener(loop: loop, sharing: tcp, transport: .tcp, backlog: 64, onConnection: take)
        }
        let peers = try (0..<10).map { _ in try connect(to: address) }
        for peer in peers { peer.send("x") }
        #expect(turn(loop) { guests.count == 10 && guests.allSatisfy { $0.consumed == [0x78] } })
        #expect(listeners[0].address == address)
        for listener in listeners { listener.close() }
        // The socket is its owner's still: closing the listeners did not end it.
        #expect(SocketAddress(localOf: tcp) == address)
        for guest in guests { guest.close() }
        turn(loop) { guests.allSatisfy { $0.closings == 1 } }
        _ = Glibc.close(tcp)
    }
}
