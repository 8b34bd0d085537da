import Glibc
import Testing

@testable import EventLoop

@Suite("Listener")
struct ListenerTests {
    /// A listener whose connections are recorded.
    private final class House {
        let loop: Loop
        var guests: [Recorder] = []
        private(set) var listener: Listener?

        init(_ loop: Loop, address: SocketAddress = loopback, sharesPort: Bool = false, leadsPort: Bool = false) throws
        {
            self.loop = loop
            listener = try Listener(
                loop: loop, address: address, sharesPort: sharesPort, leadsPort: leadsPort, backlog: 128
            ) {
                [unowned self] in
                guard let guest = try? Recorder(loop: loop, transport: .tcp) else { return }
                try? $0.accept(into: guest)
                guest.startReading()
                guests.append(guest)
            }
        }

        func close() {
            listener?.close()
            for guest in guests { guest.close() }
            turn(loop) { guests.allSatisfy { $0.closings == 1 } }
        }
    }

    @Test("port 0 gives a real port, at which it answers", arguments: ["127.0.0.1", "::1"])
    func portZero(host: String) throws {
        let loop = try Loop()
        let house = try House(loop, address: try #require(SocketAddress(host: host, port: 0)))
        let address = try #require(house.listener?.address)
        #expect(address.port != 0)
        #expect(address.host == host)
        let peer = try connect(to: address)
        peer.send("hello")
        turn(loop) { house.guests.first?.consumed == Array("hello".utf8) }
        #expect(SocketAddress(peerOf: house.guests[0].descriptor) == SocketAddress(localOf: peer.descriptor))
        house.close()
    }

    @Test("an address in use is an error that says so")
    func addressInUse() throws {
        let loop = try Loop()
        let house = try House(loop)
        let address = try #require(house.listener?.address)
        #expect {
            _ = try House(loop, address: address)
        } throws: { ($0 as? LoopError)?.isAddressInUse == true }
        house.close()
    }

    @Test("two listeners share a port when both ask to, and each gets connections")
    func sharedPort() throws {
        let loop = try Loop()
        let first = try House(loop, sharesPort: true)
        let second = try House(loop, address: try #require(first.listener?.address), sharesPort: true)
        #expect(first.listener?.address == second.listener?.address)
        var peers: [Peer] = []
        // The kernel chooses by a hash of the addresses: that one of them gets none of 64 does not happen (2^-63).
        for _ in 0..<64 { peers.append(try connect(to: try #require(first.listener?.address))) }
        turn(loop) { first.guests.count + second.guests.count == 64 }
        #expect(first.guests.count > 0)
        #expect(second.guests.count > 0)
        first.close()
        second.close()
    }

    @Test("one that leads a port lets sharers join, and is joined by no other leader and no loner")
    func leadPort() throws {
        let loop = try Loop()
        let leader = try House(loop, leadsPort: true)
        let address = try #require(leader.listener?.address)
        let sharer = try House(loop, address: address, sharesPort: true)
        for (shares, leads) in [(false, true), (false, false)] {
            #expect {
                _ = try House(loop, address: address, sharesPort: shares, leadsPort: leads)
            } throws: { ($0 as? LoopError)?.isAddressInUse == true }
        }
        var peers: [Peer] = []
        for _ in 0..<64 { peers.append(try connect(to: address)) }
        turn(loop) { leader.guests.count + sharer.guests.count == 64 }
        #expect(leader.guests.count > 0)
        #expect(sharer.guests.count > 0)
        leader.close()
        sharer.close()
    }

    @Test("a reset by the peer shows as ECONNRESET, not as an end")
    func resetByPeer() throws {
        let loop = try Loop()
        let house = try House(loop)
        let peer = try connect(to: try #require(house.listener?.address))
        turn(loop) { house.guests.count == 1 }
        peer.reset()
        turn(loop) { !house.guests[0].ends.isEmpty }
        #expect(house.guests[0].ends.map { $0?.name } == ["ECONNRESET"])
        house.close()
    }

    @Test("reset() makes the peer see ECONNRESET, not an end")
    func resetHere() throws {
        let loop = try Loop()
        let house = try House(loop)
        let peer = try connect(to: try #require(house.listener?.address))
        turn(loop) { house.guests.count == 1 }
        house.guests[0].say("half an answ")
        turn(loop, milliseconds: 5)
        house.guests[0].reset()
        turn(loop) { house.guests[0].closings == 1 }
        _ = peer.receive()
        #expect(!peer.isAtEnd)
        house.close()
        let second = try House(loop)
        let other = try connect(to: try #require(second.listener?.address))
        turn(loop) { second.guests.count == 1 }
        second.guests[0].reset()
        turn(loop) { second.guests[0].closings == 1 }
        #expect(other.readError == ECONNRESET)
        second.close()
    }

    @Test("a connection that is announced and not taken is closed, and the next one is announced")
    func notTaken() throws {
        let loop = try Loop()
        var announced = 0
        let listener = try Listener(loop: loop, address: loopback, sharesPort: false, backlog: 16) { _ in announced += 1
        }
        let address = try #require(listener.address)
        let first = try connect(to: address)
        turn(loop) { announced == 1 }
        turn(loop, milliseconds: 5)
        #expect(first.isAtEnd)
        let second = try connect(to: address)
        turn(loop) { announced == 2 }
        turn(loop, milliseconds: 5)
        #expect(second.isAtEnd)
        listener.close()
    }

    @Test("a closed or dropped listener refuses connections and takes none", arguments: [false, true])
    func ended(isDropped: Bool) throws {
        let loop = try Loop()
        var listener: Listener? = try Listener(loop: loop, address: loopback, sharesPort: false, backlog: 16) { _ in
            Issue.record("a connection was announced")
        }
        let address = try #require(listener?.address)
        if isDropped {
            listener = nil
        } else {
            listener?.close()
            listener?.close()
            #expect(listener?.address == nil)
        }
        turn(loop, milliseconds: 2)
        #expect(throws: (any Error).self) { try connect(to: address) }
        let nobody = try Recorder(loop: loop, transport: .tcp)
        #expect(throws: LoopError.wouldBlock) { try listener?.accept(into: nobody) ?? { throw LoopError.wouldBlock }() }
    }

    @Test("an unknown address is refused")
    func unknownAddress() throws {
        let loop = try Loop()
        #expect(throws: LoopError.unsupportedFamily) {
            _ = try Listener(loop: loop, address: .unknown, sharesPort: false, backlog: 16) { _ in }
        }
    }

    @Test("without descriptors left, new connections are closed, those that are there go on, and later ones are served")
    func outOfDescriptors() async {
        await #expect(processExitsWith: .success) {
            let loop = try Loop()
            let house = try House(loop)
            let address = try #require(house.listener?.address)
            let early = try connect(to: address)
            turn(loop) { house.guests.count == 1 }
            // Client sockets made beforehand: what is tested is the listener's lack of descriptors, not the clients'.
            let clients = (0..<5).map { _ in Peer(socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)) }
            var taken: [Int32] = []
            var limit = rlimit(rlim_cur: 64, rlim_max: 64)
            try #require(unsafe setrlimit(Int32(RLIMIT_NOFILE.rawValue), &limit) == 0)
            func takeAll() throws {
                while true {
                    let descriptor = dup(early.descriptor)
                    if descriptor < 0 { break }
                    taken.append(descriptor)
                }
                try #require(errno == EMFILE)
            }
            try takeAll()
            #expect(throws: LoopError.self) { _ = try Loop() }
            #expect(throws: LoopError.self) {
                _ = try Listener(loop: loop, address: loopback, sharesPort: false, backlog: 1) { _ in }
            }
            var isRefused = false
            for client in clients where !isRefused {
                try takeAll()
                let guests = house.guests.count
                try unsafe address.withSockaddr {
                    _ = unsafe Glibc.connect(client.descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
                // Long enough for a machine that has other things to do.
                turn(loop, milliseconds: 1_000)
                // The rest of this process may have given a descriptor back, which the listener then used: once more.
                guard house.guests.count == guests else { continue }
                #expect(client.isAtEnd)
                isRefused = true
            }
            #expect(isRefused)
            let guests = house.guests.count
            // It does not spin meanwhile.
            let turns = loop.turns
            turn(loop, milliseconds: 50)
            #expect(loop.turns - turns < 20)
            early.send("still here?")
            turn(loop) { house.guests[0].consumed == Array("still here?".utf8) }
            for descriptor in taken { close(descriptor) }
            let late = try connect(to: address)
            turn(loop) { house.guests.count == guests + 1 }
            #expect(house.guests.count == guests + 1)
            withExtendedLifetime(late) {}
            house.close()
        }
    }
}
