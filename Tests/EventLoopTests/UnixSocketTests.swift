import Glibc
import Testing

@testable import EventLoop

@Suite("UnixSocket")
struct UnixSocketTests {
    @Test(
        "the socket file has exactly the mode that was asked for, whatever the umask", arguments: [0o660, 0o600, 0o666])
    func exactMode(mode: UInt32) async {
        for mask in [0, 0o077, 0o777] as [UInt32] {
            await #expect(processExitsWith: .success) { [mask = mask as UInt32, mode = mode as UInt32] in
                umask(mask)
                let folder = try TemporaryFolder()
                // mkdtemp heeds umask, too.
                unsafe chmod(folder.path, 0o700)
                let descriptor = try UnixSocket.bind(path: folder.path + "/s", mode: mode, group: nil).descriptor
                #expect(folder.permissions("s") == mode)
                closeDescriptor(descriptor)
            }
        }
    }

    @Test(
        "a missing directory is made, open to whom the socket is open and to nobody else, whatever the umask",
        arguments: [(0o660, 0o750), (0o600, 0o700), (0o666, 0o755)] as [(UInt32, UInt32)])
    func makesDirectory(mode: UInt32, expected: UInt32) async {
        for mask in [0, 0o077] as [UInt32] {
            await #expect(processExitsWith: .success) {
                [mask = mask as UInt32, mode = mode as UInt32, expected = expected as UInt32] in
                umask(mask)
                let folder = try TemporaryFolder()
                let descriptor = try UnixSocket.bind(path: folder.path + "/made/s", mode: mode, group: nil).descriptor
                #expect(folder.permissions("made") == expected)
                #expect(folder.permissions("made/s") == mode)
                closeDescriptor(descriptor)
                unsafe unlink(folder.path + "/made/s")
            }
        }
    }

    @Test("binding leaves the process's umask as it is, for the other threads")
    func leavesUmask() async {
        await #expect(processExitsWith: .success) {
            umask(0o027)
            let folder = try TemporaryFolder()
            closeDescriptor(try UnixSocket.bind(path: folder.path + "/s", mode: 0o660, group: nil).descriptor)
            #expect(umask(0) == 0o027)
        }
    }

    @Test("a directory that cannot be made is an error that names it")
    func missingParents() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/no/such/s"
        #expect(
            throws: UnixSocket.BindError.system(operation: "mkdir \(folder.path)/no/such", LoopError(code: -ENOENT))
        ) {
            try UnixSocket.bind(path: path, mode: 0o660, group: nil)
        }
    }

    @Test("a dead socket file is replaced")
    func replacesDead() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        closeDescriptor(try UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor)
        let dead = UnixSocket.fileIdentity(path)
        #expect(dead != nil)
        let descriptor = try UnixSocket.bind(path: path, mode: 0o660, group: nil).descriptor
        #expect(folder.permissions("s") == 0o660)
        closeDescriptor(descriptor)
    }

    @Test("a socket somebody listens on is refused and left as it is")
    func refusesLiving() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let living = try UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor
        try #require(listen(living, 1) == 0)
        let identity = UnixSocket.fileIdentity(path)
        #expect(throws: UnixSocket.BindError.inUse) { try UnixSocket.bind(path: path, mode: 0o660, group: nil) }
        #expect(UnixSocket.fileIdentity(path) == identity)
        #expect(folder.permissions("s") == 0o600)
        closeDescriptor(living)
    }

    @Test("taking over puts a new socket in a living one's place; the old one goes on, and its end removes nothing")
    func takesOver() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let old = try UnixSocket.bind(path: path, mode: 0o600, group: nil)
        let new = try UnixSocket.bind(path: path, mode: 0o660, group: nil, takesOver: true)
        #expect(UnixSocket.fileIdentity(path) == new.identity)
        #expect(old.identity != new.identity)
        #expect(folder.permissions("s") == 0o660)
        #expect(UnixSocket.fileIdentity(path + "~") == nil)
        UnixSocket.remove(path: path, identity: old.identity)
        #expect(UnixSocket.fileIdentity(path) == new.identity)
        closeDescriptor(old.descriptor)
        #expect(throws: UnixSocket.BindError.inUse) { try UnixSocket.bind(path: path, mode: 0o660, group: nil) }
        closeDescriptor(new.descriptor)
    }

    @Test("of many that bind a dead socket's path at the same moment, one gets it, and it answers")
    func oneOfMany() async throws {
        let folder = try TemporaryFolder()
        var rounds = 0
        for attempt in 0..<500 where rounds < 20 {
            let path = folder.path + "/s\(attempt)"
            let dead = try UnixSocket.bind(path: path, mode: 0o600, group: nil)
            closeDescriptor(dead.descriptor)
            // A process that another test is just starting has the descriptor until its exec: the socket lives on then.
            try await Task.sleep(for: .milliseconds(rounds < attempt ? 10 : 0))
            let bound = await withTaskGroup(of: Int32?.self) { group in
                for _ in 0..<4 {
                    group.addTask { try? UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor }
                }
                return await group.reduce(into: [Int32]()) { if let descriptor = $1 { $0.append(descriptor) } }
            }
            #expect(bound.count <= 1)
            if bound.isEmpty { continue }
            rounds += 1
            #expect(throws: UnixSocket.BindError.inUse) { try UnixSocket.bind(path: path, mode: 0o600, group: nil) }
            bound.forEach { closeDescriptor($0) }
        }
        #expect(rounds == 20)
    }

    @Test("a listener too busy to answer is not taken for dead")
    func refusesBusy() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let busy = Peer(try UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor)
        try #require(listen(busy.descriptor, 0) == 0)
        // Each refused attempt is a connection in its backlog, which soon is full.
        for _ in 0..<5 {
            #expect(throws: UnixSocket.BindError.inUse) { try UnixSocket.bind(path: path, mode: 0o660, group: nil) }
        }
    }

    @Test(
        "a plain file, a directory and a link are refused and left as they are", arguments: ["file", "folder", "link"])
    func refusesOther(kind: String) throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        switch kind {
        case "file": closeDescriptor(unsafe open(path, O_CREAT | O_WRONLY, 0o600))
        case "folder": unsafe mkdir(path, 0o700)
        default: unsafe symlink("elsewhere", path)
        }
        let identity = UnixSocket.fileIdentity(path)
        #expect(throws: UnixSocket.BindError.notASocket) { try UnixSocket.bind(path: path, mode: 0o660, group: nil) }
        #expect(UnixSocket.fileIdentity(path) == identity)
    }

    @Test("a path too long for an address is refused, not cut; the longest that fits is bound whole")
    func longPaths() throws {
        let folder = try TemporaryFolder()
        let limit = UnixSocket.pathLimitBytes
        let name = String(repeating: "x", count: limit - folder.path.utf8.count - 1)
        let longest = folder.path + "/" + name
        closeDescriptor(try UnixSocket.bind(path: longest, mode: 0o600, group: nil).descriptor)
        #expect(folder.permissions(name) == 0o600)
        for path in [longest + "x", ""] {
            #expect(throws: UnixSocket.BindError.pathTooLong(limitBytes: limit)) {
                try UnixSocket.bind(path: path, mode: 0o600, group: nil)
            }
        }
    }

    @Test("a group may be named or numbered; an unknown one is refused before anything is made")
    func groups() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        #expect(throws: UnixSocket.BindError.unknownGroup("no-such-group")) {
            try UnixSocket.bind(path: path, mode: 0o660, group: "no-such-group")
        }
        #expect(UnixSocket.fileIdentity(path) == nil)
        closeDescriptor(try UnixSocket.bind(path: path, mode: 0o660, group: "\(getegid())").descriptor)
        var info = stat()
        try #require(unsafe stat(path, &info) == 0)
        #expect(info.st_gid == getegid())
    }

    @Test("remove takes away the file that was bound, and no other that stands there now")
    func removes() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let first = try UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor
        let mine = UnixSocket.fileIdentity(path)
        unsafe rename(path, folder.path + "/old")
        let second = try UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor
        let theirs = UnixSocket.fileIdentity(path)
        UnixSocket.remove(path: path, identity: mine)
        UnixSocket.remove(path: path, identity: nil)
        #expect(UnixSocket.fileIdentity(path) == theirs)
        UnixSocket.remove(path: path, identity: theirs)
        #expect(UnixSocket.fileIdentity(path) == nil)
        closeDescriptor(first)
        closeDescriptor(second)
    }

    @Test("a listener on a bound socket accepts, and knows who is at the other end")
    func acceptsAndKnowsPeer() throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/s"
        let loop = try Loop()
        let guest = try Recorder(loop: loop, transport: .unixSocket)
        let listener = try Listener(
            loop: loop, unixSocket: try UnixSocket.bind(path: path, mode: 0o600, group: nil).descriptor, backlog: 4
        ) { try? $0.accept(into: guest) }
        let peer = Peer(socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: path.utf8) }
        let connected = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe Glibc.connect(peer.descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        #expect(connected == 0)
        turn(loop) { guest.descriptor >= 0 }
        #expect(
            UnixSocket.peerCredentials(of: guest.descriptor)
                == UnixSocket.PeerCredentials(pid: getpid(), uid: geteuid(), gid: getegid()))
        #expect(UnixSocket.peerCredentials(of: -1) == nil)
        listener.close()
        guest.close()
        turn(loop) { guest.closings == 1 }
    }

    @Test("a listener that cannot listen closes the descriptor it was given")
    func closesDescriptor() throws {
        let loop = try Loop()
        var ends: [Int32] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        let other = Peer(ends[1])
        #expect(throws: LoopError.self) {
            _ = try Listener(loop: loop, unixSocket: ends[0], backlog: 4) { _ in }
        }
        turn(loop, milliseconds: 2)
        #expect(other.isAtEnd)
    }
}
