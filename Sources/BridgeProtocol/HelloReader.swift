internal import JSONCheck

extension Hello {
    /// Reads HELLO's payload. Members that this version does not know are ignored.
    ///
    /// - Throws: `HelloError` with the first thing that is wrong, another protocol version before all else.
    public init(parsing payload: Span<UInt8>) throws(HelloError) {
        let tree: JSONTree
        do { tree = try JSONTree(parsing: payload) } catch {
            throw HelloError("HELLO is \(error): update runner-sidecar")
        }
        let hello = HelloMember(tree, "HELLO")
        let version = try hello.integer("protocol", in: 0...Int(UInt32.max))
        guard version == BridgeProtocol.version else { throw .otherVersion(version) }

        worker = try hello.text("worker", bytes: 1...64)
        link = try hello.integer("link", in: 0...HelloLimits.linkCount - 1)
        pid = try hello.integer("pid", in: 0...Int(Int32.max))
        shimVersion = try hello.text("shim", bytes: 0...64)
        nodeVersion = try hello.text("node", bytes: 0...64)
        // An app need not be built on the runner.
        runnerVersion = try hello.optional("runner") == nil ? "" : hello.text("runner", bytes: 0...64)
        exposure = try ExposureSettings(hello.member("exposure"))
        targets = []
        for target in try hello.list("targets", count: HelloLimits.targetCount) { targets.append(try Target(target)) }
        guard targets.count(where: { $0.kind == .discovery && $0.state != .removed }) <= 1 else {
            throw HelloError("HELLO.targets: there is more than one discovery target")
        }
        shownIDs = []
        if try hello.optional("shownIds") != nil {
            for pair in try hello.list("shownIds", count: HelloLimits.shownIDCount) {
                shownIDs.append(try ShownID(pair))
            }
        }
        let listenerMember = try hello.member("listener")
        listener = Listener(
            takesExposure: try listenerMember.flag("exposure"), takesEverything: try listenerMember.flag("everything"))
        takesSettings = try hello.optional("settings") == nil ? false : hello.flag("settings")
        try checkListener()
    }

    /// What is handed to the app's own handlers needs some.
    private func checkListener() throws(HelloError) {
        guard !listener.takesExposure else { return }
        if case .ask = exposure.auth {
            throw HelloError("HELLO.exposure.auth.kind is ask, which needs HELLO.listener.exposure")
        }
        if let at = targets.firstIndex(where: { $0.state == .callable && $0.lane == .listener }) {
            throw HelloError("HELLO.targets[\(at)].lane is listener, which needs HELLO.listener.exposure")
        }
    }
}

extension HelloError {
    /// Says which side is the older one, and so what to update.
    static func otherVersion(_ version: Int) -> HelloError {
        let remedy =
            version > Int(BridgeProtocol.version) ? "update the front" : "update the npm package runner-sidecar"
        return HelloError(
            "this front speaks version \(BridgeProtocol.version) of the bridge protocol, the shim version \(version): \(remedy)"
        )
    }
}

extension Hello.Target {
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        kind = try member.choice("kind")
        id = try member.text("id", bytes: 0...HelloLimits.idBytes)
        state = try member.choice("state")
        // Only what can be called needs to say how.
        lane = state == .callable ? try member.choice("lane") : .call
        wantsHead = state == .callable && lane == .call ? try member.flag("head") : false
        names = []
        if try member.optional("names") != nil {
            for name in try member.list("names", count: HelloLimits.nameCount) {
                names.append(try name.text(bytes: 1...HelloLimits.idBytes))
            }
        }
        isSafe = try member.optional("safe") == nil ? false : member.flag("safe")
    }
}

extension Hello.ShownID {
    fileprivate init(_ pair: HelloMember) throws(HelloError) {
        let ids = try pair.elements(count: 2)
        asked = try ids[0].text(bytes: 0...HelloLimits.idBytes)
        shown = try ids[1].text(bytes: 0...HelloLimits.idBytes)
    }
}

extension ExposureSettings {
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        basePath = try member.text("basePath", bytes: 1...HelloLimits.textBytes)
        guard basePath.utf8.first == UInt8(ascii: "/") else {
            throw HelloError("\(member.path).basePath must begin with a slash")
        }
        guard let auth = try member.optional("auth") else {
            throw HelloError("\(member.path).auth is missing: its kind must be one of open, tokens, closed, ask")
        }
        self.auth = try AuthSettings(auth)
        cors = try member.optional("cors").map(CORSSettings.init)
        rules = try WireRules(member.member("rules"))
    }
}

extension AuthSettings {
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        switch try member.text("kind", bytes: 0...64) {
        case "open": self = .open
        case "tokens": self = .tokens(try TokenSettings(member))
        case "closed": self = .closed(message: try member.text("message", bytes: 1...HelloLimits.textBytes))
        case "ask": self = .ask(try TokenSettings(member))
        default: throw HelloError("\(member.path).kind must be one of open, tokens, closed, ask")
        }
    }
}

extension TokenSettings {
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        header = try member.text("header", bytes: 1...256)
        guard header.utf8.allSatisfy(\.isLowercaseTokenCharacter) else {
            throw HelloError("\(member.path).header must be a header name in lower case")
        }
        tokens = try member.texts("tokens", count: HelloLimits.tokenCount)
        // It would let every request in that lacks the header.
        guard !tokens.contains("") else { throw HelloError("\(member.path).tokens must hold no empty token") }
    }
}

extension WireRules {
    private static let members = [
        "unlisted", "discovery", "requestIds", "securityHeaders", "corsOnErrors", "corsCredentialsWithoutOrigin",
        "jsonLimitBytes", "jsonDepth", "plainKeys", "invalidBodyText", "prettyErrors", "eventResults",
    ]

    /// Every rule has to be there, and no other: a rule that this front does not know is one that it would break.
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        unlisted = try member.choice("unlisted")
        discovery = try member.choice("discovery")
        requestIDs = try member.flag("requestIds")
        securityHeaders = try member.flag("securityHeaders")
        corsOnErrors = try member.flag("corsOnErrors")
        corsCredentialsWithoutOrigin = try member.choice("corsCredentialsWithoutOrigin")
        jsonLimitBytes =
            try member.member("jsonLimitBytes").tree.isNull
            ? nil : member.integer("jsonLimitBytes", in: 0...Int(Int32.max))
        let depth = try member.member("jsonDepth")
        let limit = try depth.integer("limit", in: 1...1_000_000)
        jsonDepth = JSONDepth(limit: limit, plain: try depth.integer("plain", in: 0...limit))
        plainKeys = try member.choice("plainKeys")
        invalidBodyText = try member.text("invalidBodyText", bytes: 1...HelloLimits.textBytes)
        prettyErrors = try member.flag("prettyErrors")
        eventResults = try member.flag("eventResults")
        try member.refuseOthers(than: Self.members)
    }
}

extension CORSSettings {
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        origin = try Origin(member.member("origin"))
        credentials = try member.flag("credentials")
        varyOrigin = try member.flag("varyOrigin")
        methods = try member.headerValues("methods")
        allowedHeaders = try member.headerValues("allowedHeaders")
        exposedHeaders = try member.headerValues("exposedHeaders")
        maxAge = try member.number("maxAge")
    }
}

extension CORSSettings.Origin {
    fileprivate init(_ member: HelloMember) throws(HelloError) {
        switch try member.text("kind", bytes: 0...64) {
        case "default": self = .default
        case "fixed": self = .fixed(try member.headerValue("value"))
        case "list": self = .list(try member.texts("values", count: HelloLimits.listCount))
        case "ask": self = .ask
        case "never": self = .never
        default: throw HelloError("\(member.path).kind must be one of default, fixed, list, ask, never")
        }
    }
}

extension UInt8 {
    /// A character of a header name (RFC 9110, 5.6.2) that is not an upper-case letter.
    fileprivate var isLowercaseTokenCharacter: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"): true
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
