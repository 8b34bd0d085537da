import BridgeProtocol

/// The rules as the shim announces them for the releases that are recorded.
extension WireRules {
    static func runner48(unlisted: Unlisted = .notExposed) -> WireRules {
        WireRules(
            unlisted: unlisted, discovery: .getAndPost, requestIDs: false, securityHeaders: false, corsOnErrors: false,
            corsCredentialsWithoutOrigin: .echo, jsonLimitBytes: nil,
            jsonDepth: JSONDepth(limit: 10_000, plain: 10_000),
            plainKeys: .ejson, invalidBodyText: "Invalid EJSON body", prettyErrors: false, eventResults: false)
    }

    /// 5.5 and 6.x, which differ in nothing that is a rule.
    static func runner55(unlisted: Unlisted = .forbidden) -> WireRules {
        WireRules(
            unlisted: unlisted, discovery: .get, requestIDs: true, securityHeaders: true, corsOnErrors: true,
            corsCredentialsWithoutOrigin: .none, jsonLimitBytes: 2 << 20,
            jsonDepth: JSONDepth(limit: 1_001, plain: 999),
            plainKeys: .serializer, invalidBodyText: "Invalid JSON body", prettyErrors: false, eventResults: true)
    }
}

extension ExposureSettings {
    /// Of an app on 4.8 that has an allow-list.
    static func runner48(
        basePath: String = "/__runner", auth: AuthSettings = .open, cors: CORSSettings? = nil,
        unlisted: WireRules.Unlisted = .notExposed
    ) -> ExposureSettings {
        ExposureSettings(basePath: basePath, auth: auth, cors: cors, rules: .runner48(unlisted: unlisted))
    }

    /// Of an app on 5.5 or 6.x that is open.
    static func runner55(
        basePath: String = "/__runner", auth: AuthSettings = .open, cors: CORSSettings? = nil,
        unlisted: WireRules.Unlisted = .forbidden
    ) -> ExposureSettings {
        ExposureSettings(basePath: basePath, auth: auth, cors: cors, rules: .runner55(unlisted: unlisted))
    }
}

extension AuthSettings {
    /// The kind `tokens`, as most tests want it.
    static func tokens(_ tokens: String..., header: String = "x-runner-token") -> AuthSettings {
        .tokens(TokenSettings(header: header, tokens: tokens))
    }
}
