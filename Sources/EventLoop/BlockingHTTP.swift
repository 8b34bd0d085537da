internal import Glibc

/// One small GET on a blocking socket, for a command that runs and leaves. Five seconds at most.
public enum BlockingHTTP {
    public static func get(_ address: SocketAddress, path: String) -> (status: Int, body: String)? {
        let fd = socket(Int32(address.family), Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard fd >= 0 else { return nil }
        defer { close(fd) }
        var patience = timeval(tv_sec: 5, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, size)
        _ = unsafe setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, size)
        let length = socklen_t(address.version == 6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
        let connected = (try? unsafe address.withSockaddr { unsafe connect(fd, $0, length) }) ?? -1
        guard connected == 0 else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".utf8)
        guard unsafe send(fd, request, request.count, Int32(MSG_NOSIGNAL)) == request.count else { return nil }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while answer.count < 1 << 20 {
            let count = unsafe recv(fd, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
        }
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 "), let status = Int(text.dropFirst(9).prefix(3)) else { return nil }
        guard let end = answer.indices.first(where: { answer[$0...].starts(with: [13, 10, 13, 10]) }) else {
            return nil
        }
        return (status, String(decoding: answer[(end + 4)...], as: UTF8.self))
    }
}
