internal import Glibc

/// This process.
public enum Process {
    public static var id: Int32 { getpid() }
    /// Changes when the process that started this one is gone.
    public static var parent: Int32 { getppid() }
}

/// How many descriptors this process may have (getrlimit(2), RLIMIT_NOFILE).
public enum OpenFiles {
    /// Raises the limit as far as this process may, and gives it.
    public static func raiseLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return .max }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = limit.rlim_max
            if unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 { limit = raised }
        }
        return Int(clamping: limit.rlim_cur)
    }
}

/// Standard output, for the one line that programs wait for.
public enum StandardOutput {
    public static func write(_ text: String) {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let status = unsafe bytes.withUnsafeBytes {
                unsafe Glibc.write(1, $0.baseAddress! + sent, bytes.count - sent)
            }
            if status <= 0 { return }
            sent += status
        }
    }
}

/// systemd's notification protocol (sd_notify(3)): a datagram to the socket named in `NOTIFY_SOCKET`, if there is one.
public enum ServiceManager {
    public static func notify(_ state: String) {
        guard let raw = unsafe getenv("NOTIFY_SOCKET") else { return }
        let path = unsafe String(cString: raw)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.utf8)
        guard !name.isEmpty, name.count <= UnixSocket.pathLimitBytes else { return }
        unsafe withUnsafeMutableBytes(of: &address.sun_path) { raw in
            for (i, byte) in name.enumerated() { unsafe raw[i] = byte }
            // A leading @ stands for Linux's abstract namespace.
            if name[0] == UInt8(ascii: "@") { unsafe raw[0] = 0 }
        }
        let fd = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { return }
        defer { close(fd) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let message = Array(state.utf8)
        _ = unsafe withUnsafePointer(to: &address) {
            unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe sendto(fd, message, message.count, Int32(MSG_NOSIGNAL), pointer, length)
            }
        }
    }
}

/// Gives back a descriptor nobody took over.
public func closeDescriptor(_ descriptor: Int32) {
    _ = close(descriptor)
}

/// Descriptors 0 to 2.
public enum StandardStreams {
    /// Opens /dev/null for those that are closed: else the next socket or pipe would get such a number, and log lines
    /// would go into it.
    public static func openMissing() {
        for descriptor in Int32(0)...2 where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest free number is given: this one, since those below it are open by now.
            _ = unsafe open("/dev/null", O_RDWR)
        }
    }
}

/// The process's environment.
public enum Environment {
    public static func value(of name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }

    /// Of every variable this process was started with.
    public static var names: [String] {
        guard case .success(let bytes) = Files.read("/proc/self/environ") else { return [] }
        return bytes.split(separator: 0).compactMap { entry in
            entry.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false).first.map {
                String(decoding: $0, as: UTF8.self)
            }
        }
    }
}

/// Small files, read whole. A larger one is an error (EFBIG), never half of it.
public enum Files {
    public static func read(_ path: String, limitBytes: Int = 16 << 20) -> Result<[UInt8], LoopError> {
        let fd = unsafe open(path, O_RDONLY | O_CLOEXEC)
        guard fd >= 0 else { return .failure(.fromErrno) }
        defer { close(fd) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limitBytes {
            let count = unsafe Glibc.read(fd, &chunk, chunk.count)
            if count < 0 { return .failure(.fromErrno) }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        guard bytes.count <= limitBytes else { return .failure(.fileTooLarge) }
        return .success(bytes)
    }
}
