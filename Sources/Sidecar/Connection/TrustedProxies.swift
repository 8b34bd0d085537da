internal import EventLoop
internal import Settings

/// The proxies in front whose word on a client's address is taken.
struct TrustedProxies {
    private let blocks: [AddressBlock]
    private let trustsUnixSockets: Bool
    private let proxyProtocol: Bool
    /// Whether there is none.
    let isEmpty: Bool

    init(_ configuration: Configuration) {
        blocks = configuration.trustedBlocks
        trustsUnixSockets = configuration.trustsUnixSocketPeers
        proxyProtocol = configuration.proxyProtocol
        isEmpty = blocks.isEmpty && !trustsUnixSockets
    }

    /// Whether a connection from `peer` begins with a PROXY protocol header. It is a matter of who connects, never of
    /// what is sent: bytes that could be either would let a client choose.
    func expectHeader(from peer: SocketAddress) -> Bool { proxyProtocol && contains(peer) }

    func contains(_ peer: SocketAddress) -> Bool {
        if peer.isUnixSocket { return trustsUnixSockets }
        return IPAddress(peer).map { contains($0) } ?? false
    }

    func contains(_ address: IPAddress) -> Bool { blocks.contains { $0.contains(address) } }
}
