/// One place where clients reach the front.
public enum ListenTarget: Equatable, Sendable {
    case address(ListenAddress)
    /// A Unix socket that the front makes.
    case unixSocket(path: String)
    /// Listening sockets that systemd opened: those of this `FileDescriptorName=`, or all.
    case systemd(name: String?)

    /// Reads `unix:/path`, `systemd`, `systemd:NAME`, or what `ListenAddress` reads.
    public init?(_ text: String) {
        if let path = Self.rest(of: text, behind: "unix:") {
            guard !path.isEmpty, path.utf8.count <= Self.pathLimitBytes, !path.utf8.contains(0) else { return nil }
            self = .unixSocket(path: path)
        } else if text == "systemd" {
            self = .systemd(name: nil)
        } else if let name = Self.rest(of: text, behind: "systemd:") {
            guard !name.isEmpty, isVisible(name) else { return nil }
            self = .systemd(name: name)
        } else {
            guard let address = ListenAddress(text) else { return nil }
            self = .address(address)
        }
    }

    /// What fits a Unix socket's address.
    static let pathLimitBytes = 107

    public var text: String {
        switch self {
        case .address(let address): address.text
        case .unixSocket(let path): "unix:\(path)"
        case .systemd(nil): "systemd"
        case .systemd(let name?): "systemd:\(name)"
        }
    }

    private static func rest(of text: String, behind prefix: String) -> String? {
        text.utf8.starts(with: prefix.utf8) ? String(text.dropFirst(prefix.count)) : nil
    }
}

/// Whose word on where a request comes from is taken.
public enum TrustedPeer: Equatable, Sendable {
    case block(AddressBlock)
    /// Whoever may connect to a Unix socket of `--listen`.
    case unixSocket

    public init?(_ text: String) {
        if text == "unix" {
            self = .unixSocket
        } else {
            guard let block = AddressBlock(text) else { return nil }
            self = .block(block)
        }
    }

    public var text: String {
        switch self {
        case .block(let block): block.text
        case .unixSocket: "unix"
        }
    }
}

extension Configuration {
    /// Addresses of proxies whose word is taken.
    public var trustedBlocks: [AddressBlock] {
        trustedPeers.compactMap { if case .block(let block) = $0 { block } else { nil } }
    }

    public var trustsUnixSocketPeers: Bool { trustedPeers.contains(.unixSocket) }
}
