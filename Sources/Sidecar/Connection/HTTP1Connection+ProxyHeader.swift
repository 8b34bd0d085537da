internal import Bytes
internal import EventLoop
internal import Exposure
internal import Logging
internal import ProxyProtocol
internal import Settings

/// The PROXY protocol: a trusted proxy says, once a connection, whom it speaks for.
extension HTTP1Connection {
    /// Reads the header. Gives the bytes it took, or 0 to see more of them.
    func readProxyHeader(_ bytes: Span<UInt8>) -> Int {
        switch ProxyHeader.read(bytes) {
        case .incomplete:
            return 0
        case .malformed(let fault):
            serving.logger.warning(
                "PROXY protocol header refused",
                metadata: ["peer": "\(peer)", "reason": "\(fault.rawValue)", "side": "client"])
            refuseUnread(.malformedProxyHeader)
            return bytes.count
        case .complete(let byteCount, let source):
            switch source {
            case .proxyItself: break
            case .unknown: speak(for: .unknown)
            case .client(let address, let port):
                speak(for: SocketAddress(ListenAddress(host: address, port: port)))
            }
            endProxyHeader()
            return byteCount
        }
    }
}
