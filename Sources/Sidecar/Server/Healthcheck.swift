internal import EventLoop

/// `runner-sidecar healthcheck`: asks the admin listener whether the front is ready, as a container's health check
/// does.
enum Healthcheck {
    static func run(_ address: SocketAddress) -> Int32 {
        guard let answer = BlockingHTTP.get(address, path: "/readyz") else {
            StandardError.write("runner-sidecar: nothing answers on the admin address \(address)\n")
            return 1
        }
        guard answer.status == 200 else {
            StandardError.write("runner-sidecar: not ready: \(answer.body)")
            return 1
        }
        StandardOutput.write("ready\n")
        return 0
    }
}
