internal import BridgeProtocol
internal import EventLoop

extension PeerBlock {
    /// The peer of a connection, as the bridge carries it.
    init(_ address: SocketAddress) {
        let remote: Address
        switch address.version {
        case 4: remote = .ipv4(address.octets[0], address.octets[1], address.octets[2], address.octets[3])
        case 6:
            var bytes = SIMD16<UInt8>(repeating: 0)
            for i in 0..<16 { bytes[i] = address.octets[i] }
            remote = .ipv6(bytes)
        default: remote = .unknown
        }
        self.init(remote: remote, remotePort: address.port, localPort: 0)
    }
}
