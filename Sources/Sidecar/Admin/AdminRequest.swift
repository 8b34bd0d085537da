internal import Bytes
internal import HTTPCodec

/// A request to the admin listener, out of the connection's buffer. There are few of them: strings are fine here.
struct AdminRequest {
    let method: String
    let path: String
    /// What follows the question mark.
    let query: String
    let host: String
    let origin: String?
    let accept: String
    let body: String

    init(_ head: RequestHead, _ bytes: Span<UInt8>, bodyBytes: Int) {
        func text(_ range: ByteRange) -> String {
            String(decoding: bytes.extracting(range.range).copied(), as: UTF8.self)
        }
        method = text(head.methodRange)
        let parts = text(head.target).split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        path = String(parts[0])
        query = parts.count > 1 ? String(parts[1]) : ""
        host = text(head[.host].value)
        origin = head[.origin].isPresent ? text(head[.origin].value) : nil
        var accepted: [String] = []
        head.forEachValue(of: "accept", in: bytes) { accepted.append(text($0)) }
        accept = accepted.joined(separator: ",")
        body = text(ByteRange(offset: head.headBytes, length: bodyBytes))
    }

    /// Whether the client would rather read JSON than text.
    var wantsJSON: Bool {
        query.split(separator: "&").contains("format=json")
            || accept.split(separator: ",").contains { $0.split(separator: ";").first.map(Self.isJSON) ?? false }
    }

    private static func isJSON(_ range: Substring) -> Bool {
        range.split(separator: ";").first?.split(separator: " ").first == "application/json"
    }

    // MARK: Who may ask

    /// Why a browser must not be answered, or nil.
    ///
    /// A web page can make a browser ask this listener, which is on the loopback or inside the pod. It cannot read the
    /// answer of another origin, unless its own name is made to resolve to this address (DNS rebinding): so names are
    /// refused, but for `localhost` and those of `--admin-host`. And what changes something is refused when a page of
    /// another origin sent it.
    ///
    /// - Parameter names: `--admin-host`.
    func objection(names: [String]) -> String? {
        guard host.isEmpty || Self.isAddress(host) || Self.isKnown(name, names) else {
            return "The Host is \(host), and this front answers to IP addresses, localhost and --admin-host only. "
                + "To let it be asked by this name, start it with --admin-host \(name)"
        }
        if let origin, method != "GET", method != "HEAD", origin != "http://\(host)" {
            return "Requests from origin \(origin) may not change settings"
        }
        return nil
    }

    /// The host without its port, in lower case and without the dot that may end it.
    private var name: String {
        let name = host.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        return (name.utf8.last == UInt8(ascii: ".") ? name.dropLast() : name).lowercased()
    }

    private static func isKnown(_ name: String, _ names: [String]) -> Bool {
        name == "localhost" || names.contains(name) || names.contains("*")
    }

    /// An IP literal, with or without a port: no name that somebody could make resolve to here.
    private static func isAddress(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let name = host.split(separator: ":", omittingEmptySubsequences: false).first ?? ""
        let octets = name.split(separator: ".", omittingEmptySubsequences: false)
        return octets.count == 4 && octets.allSatisfy { UInt8($0) != nil }
    }
}
