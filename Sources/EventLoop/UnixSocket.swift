internal import Glibc

/// Making, finding dead and removing Unix socket files, and knowing who is at the other end.
///
/// libuv has traps here: `uv_pipe_bind` cuts a path that is too long without a word, and `uv_pipe_chmod` can only add
/// permissions for everybody. So the socket is bound here and libuv gets the descriptor.
public enum UnixSocket {
    public enum BindError: Error, Equatable, Sendable {
        /// The path does not fit into a socket address.
        case pathTooLong(limitBytes: Int)
        /// A process listens there already.
        case inUse
        /// Something that is no socket stands there.
        case notASocket
        /// No such group.
        case unknownGroup(String)
        case system(operation: String, LoopError)
    }

    /// What a Unix socket's path may take, without the final zero byte (`sun_path` is 108 on Linux).
    public static let pathLimitBytes = 107

    /// Who is at the other end of a connected socket, as the kernel knows it.
    public struct PeerCredentials: Equatable, Sendable {
        public var pid: Int32
        public var uid: UInt32
        public var gid: UInt32
    }

    /// A socket that listens, and which file it is.
    public struct Bound {
        public let descriptor: Int32
        public let identity: FileIdentity?
    }

    /// Binds a socket at `path` with exactly `mode`, given to `group` where one is named, and listens.
    ///
    /// A dead socket file (nobody answers a connect) is replaced; a file that is no socket is an error and stays
    /// untouched, and so does a living socket unless `takesOver`: then the new one takes its place at once, while the
    /// process that has the old one keeps its connections. A missing directory (the last one of the path, not several)
    /// is made, for this user only beyond what `mode` opens.
    ///
    /// Looking and binding are one step for all who do so in the same directory: two fronts that start at the same
    /// moment do not take each other's socket for a dead one.
    public static func bind(
        path: String, mode: UInt32, group: String?, takesOver: Bool = false, backlog: Int32 = 128
    ) throws(BindError) -> Bound {
        guard path.utf8.count <= pathLimitBytes, !path.isEmpty else {
            throw .pathTooLong(limitBytes: pathLimitBytes)
        }
        try makeDirectory(of: path, mode: mode)
        let groupID = try group.map { (name) throws(BindError) in try self.groupID(name) }
        let lock = try DirectoryLock(of: path)
        defer { lock.release() }
        guard try isAlive(path) else {
            unsafe unlink(path)
            return try listen(at: path, mode: mode, groupID: groupID, backlog: backlog)
        }
        guard takesOver else { throw .inUse }
        let beside = path + "~"
        guard beside.utf8.count <= pathLimitBytes else { throw .pathTooLong(limitBytes: pathLimitBytes - 1) }
        unsafe unlink(beside)
        let bound = try listen(at: beside, mode: mode, groupID: groupID, backlog: backlog)
        guard unsafe rename(beside, path) == 0 else {
            let error = LoopError.fromErrno
            discard(bound.descriptor, beside)
            throw .system(operation: "rename", error)
        }
        return bound
    }

    private static func listen(
        at path: String, mode: UInt32, groupID: gid_t?, backlog: Int32
    ) throws(BindError) -> Bound {
        let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { throw .system(operation: "socket", .fromErrno) }
        // Until it listens nobody can connect to it, so the permissions may follow; umask is the whole process's.
        guard unsafe connectOrBind(fd, path, Glibc.bind) == 0 else {
            let error = LoopError.fromErrno
            Glibc.close(fd)
            throw .system(operation: "bind", error)
        }
        if let groupID, unsafe chown(path, uid_t.max, groupID) != 0 {
            let error = LoopError.fromErrno
            discard(fd, path)
            throw .system(operation: "chown", error)
        }
        guard unsafe chmod(path, mode_t(mode)) == 0 else {
            let error = LoopError.fromErrno
            discard(fd, path)
            throw .system(operation: "chmod", error)
        }
        let identity = fileIdentity(path)
        guard Glibc.listen(fd, backlog) == 0 else {
            let error = LoopError.fromErrno
            discard(fd, path)
            throw .system(operation: "listen", error)
        }
        return Bound(descriptor: fd, identity: identity)
    }

    /// Removes the socket file on a clean exit, if it is still the one that was bound (by inode).
    public static func remove(path: String, identity: FileIdentity?) {
        guard let identity else { return }
        // Between the look and the removal no other front may put its own there.
        let lock = try? DirectoryLock(of: path)
        defer { lock?.release() }
        guard fileIdentity(path) == identity else { return }
        unsafe unlink(path)
    }

    public struct FileIdentity: Equatable, Sendable {
        var device: UInt64
        var inode: UInt64
    }

    /// Which file stands at `path`: a second front that replaced it must not lose it to the first one's exit.
    public static func fileIdentity(_ path: String) -> FileIdentity? {
        var info = stat()
        guard unsafe lstat(path, &info) == 0 else { return nil }
        return FileIdentity(device: UInt64(info.st_dev), inode: UInt64(info.st_ino))
    }

    public static func peerCredentials(of descriptor: Int32) -> PeerCredentials? {
        // The kernel's `struct ucred`: pid, uid, gid. (Glibc shows it only to _GNU_SOURCE.)
        var credentials = InlineArray<3, UInt32>(repeating: 0)
        var length = socklen_t(MemoryLayout<InlineArray<3, UInt32>>.size)
        guard unsafe getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0 else { return nil }
        return PeerCredentials(
            pid: Int32(bitPattern: credentials[0]), uid: credentials[1], gid: credentials[2])
    }

    /// The user this process runs as.
    public static var ownUser: UInt32 { geteuid() }

    private static func discard(_ fd: Int32, _ path: String) {
        Glibc.close(fd)
        unsafe unlink(path)
    }

    private static func groupID(_ name: String) throws(BindError) -> gid_t {
        if let number = UInt32(name) { return number }
        guard let entry = unsafe getgrnam(name) else { throw .unknownGroup(name) }
        return unsafe entry.pointee.gr_gid
    }

    private static func makeDirectory(of path: String, mode: UInt32) throws(BindError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let directory = String(path[..<slash])
        var info = stat()
        if unsafe stat(directory, &info) == 0 { return }
        // Whoever may use the socket must be able to reach it; nobody else.
        let reach: UInt32 = 0o700 | ((mode & 0o060) != 0 ? 0o050 : 0) | ((mode & 0o006) != 0 ? 0o005 : 0)
        if unsafe mkdir(directory, mode_t(reach)) != 0 {
            let error = LoopError.fromErrno
            if errno == EEXIST { return }
            throw .system(operation: "mkdir \(directory)", error)
        }
        // umask took from what was asked for.
        guard unsafe chmod(directory, mode_t(reach)) == 0 else { throw .system(operation: "chmod", .fromErrno) }
    }

    /// Whether a process listens at `path`.
    private static func isAlive(_ path: String) throws(BindError) -> Bool {
        var info = stat()
        guard unsafe lstat(path, &info) == 0 else { return false }
        guard info.st_mode & mode_t(S_IFMT) == mode_t(S_IFSOCK) else { throw .notASocket }
        let type = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue
        let probe = socket(AF_UNIX, Int32(type), 0)
        guard probe >= 0 else { throw .system(operation: "socket", .fromErrno) }
        defer { Glibc.close(probe) }
        let status = unsafe connectOrBind(probe, path, Glibc.connect)
        let code = errno
        // Only "nobody listens" proves it dead, or its absence: the front before this one has just left. A full backlog
        // (EAGAIN) or no permission (EACCES) does not.
        return status == 0 || (code != ECONNREFUSED && code != ENOENT)
    }

    private static func connectOrBind(
        _ fd: Int32, _ path: String, _ call: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
            var i = 0
            for byte in path.utf8 where i < pathLimitBytes {
                unsafe raw[i] = byte
                i += 1
            }
        }
        return unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe call(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// A lock that processes take on the directory of a socket while they look at it and bind it. It is the kernel's, ends
/// with the process, and leaves no file behind.
private struct DirectoryLock {
    private let descriptor: Int32

    /// Those who hold it are done within milliseconds.
    private static let patienceMilliseconds = 5_000
    private static let pauseMilliseconds = 10

    init(of path: String) throws(UnixSocket.BindError) {
        let slash = path.lastIndex(of: "/")
        let directory = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let fd = unsafe open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        descriptor = fd
        // A directory that may be written and not be listed has no lock: rare, and no reason not to serve.
        guard fd >= 0 else { return }
        var waited = 0
        while flock(fd, LOCK_EX | LOCK_NB) != 0 {
            let error = LoopError.fromErrno
            let isHeld = errno == EWOULDBLOCK || errno == EINTR
            guard isHeld, waited < Self.patienceMilliseconds else {
                // File systems without locks say so at once.
                if !isHeld { return }
                Glibc.close(fd)
                throw .system(operation: "lock \(directory)", error)
            }
            usleep(useconds_t(Self.pauseMilliseconds * 1000))
            waited += Self.pauseMilliseconds
        }
    }

    func release() {
        if descriptor >= 0 { Glibc.close(descriptor) }
    }
}
