import BridgeProtocol

/// The configurations of `reference-app-5.js` and `reference-app-6.js`, as a shim would announce them.
enum LaterVariants {
    private static let app = ["https://app.example.com"]

    static func settings(_ variant: String, _ recording: Recording) -> ExposureSettings? {
        var settings = ExposureSettings.runner55()
        let notConfigured = AuthSettings.closed(message: "Authentication not configured.")
        switch variant {
        case "default", "contextsAll", "onlyEvents", "serializer", "serializerStrict", "globalType", "paused",
            "coolingDown", "limitsPartial", "basePathDefault":
            break
        case "serializerPretty": settings.rules.prettyErrors = true
        case "noAuth", "authFalse", "authEmptyToken": settings.auth = notConfigured
        case "auth", "authAnonymous": settings.auth = .tokens("s3cret")
        case "authMany": settings.auth = .tokens("one", "two")
        case "authEmptyList": settings.auth = .tokens(TokenSettings(tokens: []))
        case "authListWithEmpty": settings.auth = .ask(TokenSettings(tokens: ["x"]))
        case "authHeader": settings.auth = .tokens("s3cret", header: "authorization")
        case "authCustom": settings.auth = .tokens("s3cret", header: "x-api-key")
        case "authCookie": settings.auth = .tokens("s3cret", header: "set-cookie")
        case "authUnicode": settings.auth = .tokens("tökén")
        case "authCors":
            settings.auth = .tokens("s3cret")
            settings.cors = CORSSettings(origin: .list(app), credentials: true)
        case "validator", "validators", "validatorAnonymous": settings.auth = .ask(TokenSettings(tokens: []))
        case "validatorAndToken": settings.auth = .ask(TokenSettings(tokens: ["s3cret"]))
        case "jwt", "jwtDefaultMode", "jwtHeader", "jwtSplit", "jwtNone", "jwtAsymmetric", "jwtKeySet": break
        case "jwtAndToken": settings.auth = .tokens("s3cret")
        case "jwtTokenHeaderShared": settings.auth = .tokens("s3cret", header: "authorization")
        case "noDiscovery": settings.rules.discovery = .off
        case "limits": settings.rules.jsonLimitBytes = 1_000
        case "limitsZero": settings.rules.jsonLimitBytes = 0
        case "noTunnel", "clientTunnel", "wsTunnel": settings.rules.unlisted = .exposureOff
        case "openExposure": settings.rules.unlisted = .notFound
        case "predicates", "openExposureWithTunnel": break
        default:
            // The forms of CORS and of the base path are the same as they were.
            guard let same = Variants.settings(variant) else { return nil }
            settings.cors = same.cors
            if recording == .runner55 && variant == "corsFull" { settings.cors?.allowedHeaders = ["content-type"] }
            settings.basePath = same.basePath
        }
        return settings
    }

    /// What may be called, by id, and the lane on which it is.
    static func targets(_ variant: String, _ recording: Recording) -> [Hello.Target] {
        var targets: [Hello.Target] = [.init(kind: .discovery, id: "")]
        func add(_ kind: Hello.TargetKind, _ ids: [String], lane: Hello.Lane = .call) {
            for id in ids { targets.append(.init(kind: kind, id: id, lane: lane, names: names(of: id, recording))) }
        }
        switch recording {
        case .runner48: break
        case .runner55:
            let tasks = ReferenceApp.tasks55.filter { $0 != "app.tasks.hidden" }
            let events = ReferenceApp.events55.filter { $0 != "app.events.hidden" }
            switch variant {
            case "noTunnel", "clientTunnel", "wsTunnel": break
            case "openExposure":
                add(.task, ReferenceApp.tasks55)
                add(.event, ReferenceApp.events55)
            case "predicates", "openExposureWithTunnel":
                add(.task, tasks.filter { $0.hasSuffix("add") || $0.hasSuffix("echo") || $0.hasSuffix("len") })
                add(.event, ["app.events.notify"])
            default:
                add(.task, tasks)
                add(.event, events)
            }
        case .runner64:
            let isSigned = variant.hasPrefix("jwt") && variant != "jwtNone"
            let lane: Hello.Lane = isSigned ? .listener : .call
            if variant != "onlyEvents" {
                add(.task, tasks64.filter { !["app.tasks.bare"].contains($0) }, lane: lane)
                add(.event, ReferenceApp.events64, lane: lane)
            }
            add(.task, ["app.tasks.bare"])
        }
        return targets
    }

    // MARK: 6.x, whose definitions have two names

    private static let notServed64 = ["app.tasks.hidden", "app.tasks.unserved"]
    private static let subTasks64 = ["app.sub.tasks.twice", "app.sub.tasks.inner", "app.sub.tasks.notify"]
    private static let tasks64 =
        ReferenceApp.tasks64.filter {
            !notServed64.contains($0)
                && !["app.tasks.inner", "app.tasks.innerHidden", "app.tasks.notify"].contains($0)
        } + subTasks64

    /// Of all definitions: the app's, and those of the runner's own that are asked for.
    private static let canonical64: [String] =
        tasks64 + notServed64 + ReferenceApp.events64 + ReferenceApp.hooks64 + ReferenceApp.errors64
        + ["app.events.hiddenEvent", "app.sub.tasks.innerHidden", "app.communicator", "app.serverRpcLanes", "app.sub"]
        + ["tenant", "user", "secret"].map { "app.asyncContexts.\($0)" }
        + ["runner.tags.rpcLane", "system.events.ready"]

    private static let canonicalByLocal: [String: [String]] = Dictionary(grouping: canonical64) {
        String($0.split(separator: ".").last!)
    }

    private static func names(of id: String, _ recording: Recording) -> [String] {
        guard recording == .runner64, let local = id.split(separator: ".").last else { return [] }
        return canonicalByLocal[String(local)] == [id] ? [String(local)] : []
    }

    static func shownIDs(_ recording: Recording) -> [Hello.ShownID] {
        guard recording == .runner64 else { return [] }
        return canonicalByLocal.filter { $0.value.count == 1 }.map { .init(asked: $0.key, shown: $0.value[0]) }
    }
}
