import BridgeProtocol
import Exposure

/// The configurations of `reference-app.js` (its VARIANTS), as a shim would announce them.
enum Variants {
    static func settings(_ variant: String) -> ExposureSettings? {
        var settings = ExposureSettings.runner48()
        let app = ["https://app.example.com"]
        switch variant {
        case "default", "small", "authEmpty": break
        case "noTunnel", "clientTunnel", "wsTunnel": settings.rules.unlisted = .notFound
        case "auth": settings.auth = AuthSettings.tokens("s3cret")
        case "authHeader": settings.auth = AuthSettings.tokens("s3cret", header: "authorization")
        case "authCustom": settings.auth = AuthSettings.tokens("s3cret", header: "x-api-key")
        case "authCookie": settings.auth = AuthSettings.tokens("s3cret", header: "set-cookie")
        case "authUnicode": settings.auth = AuthSettings.tokens("tökén")
        case "authCors":
            settings.auth = AuthSettings.tokens("s3cret")
            settings.cors = CORSSettings(origin: .list(app), credentials: true)
        case "corsEmpty": settings.cors = CORSSettings()
        case "corsString": settings.cors = CORSSettings(origin: .fixed(app[0]))
        case "corsStar": settings.cors = CORSSettings(origin: .fixed("*"))
        case "corsEmptyString": settings.cors = CORSSettings(origin: .fixed(""))
        case "corsList": settings.cors = CORSSettings(origin: .list(app + ["https://b.example.com"]))
        case "corsEmptyList": settings.cors = CORSSettings(origin: .list([]))
        case "corsRegexp", "corsRegexpG", "corsFunction", "corsFunctionThrows":
            settings.cors = CORSSettings(origin: .ask)
        case "corsBadSpec": settings.cors = CORSSettings(origin: .never)
        case "corsCredentials": settings.cors = CORSSettings(credentials: true)
        case "corsStringCred": settings.cors = CORSSettings(origin: .fixed(app[0]), credentials: true)
        case "corsListCred": settings.cors = CORSSettings(origin: .list(app), credentials: true)
        case "corsMaxAge": settings.cors = CORSSettings(maxAge: "600")
        case "corsMaxAgeZero": settings.cors = CORSSettings(maxAge: "0")
        case "corsMethods": settings.cors = CORSSettings(methods: ["GET", "POST"])
        case "corsHeaders": settings.cors = CORSSettings(allowedHeaders: ["x-runner-token", "content-type"])
        case "corsExposed": settings.cors = CORSSettings(exposedHeaders: ["X-Extra", "content-type"])
        case "corsNoVary": settings.cors = CORSSettings(origin: .list(app), varyOrigin: false)
        case "corsFull":
            settings.cors = CORSSettings(
                origin: .list(app), credentials: true, methods: ["POST"],
                allowedHeaders: ["x-runner-token", "content-type"], exposedHeaders: ["content-type"], maxAge: "600")
        case "basePathApi": settings.basePath = "/api"
        case "basePathRoot", "basePathEmpty": settings.basePath = "/"
        case "basePathDeep": settings.basePath = "/a/b/c"
        default: return nil
        }
        return settings
    }

    /// What the variant's allow-list makes callable.
    static func callable(_ variant: String, _ kind: Hello.TargetKind, _ ids: [String]) -> [String] {
        if kind == .discovery { return ids }
        switch variant {
        case "small":
            let small = ["app.tasks.add", "app.tasks.echo", "app.events.notify"]
            return ids.filter(small.contains)
        case "noTunnel", "clientTunnel", "wsTunnel": return ids
        default: return ids.filter { $0 != "app.tasks.hidden" && $0 != "app.events.hidden" }
        }
    }

    /// What the variant's RegExp or function makes of an origin; nil for the RegExp whose answers alternate.
    static func answer(_ variant: String, origin: String?) -> OriginAnswer? {
        switch variant {
        case "corsRegexp":
            let isAllowed = origin?.hasSuffix(".example.com") == true
            return OriginAnswer(
                flags: isAllowed ? [.allowed, .cacheable] : .cacheable, value: isAllowed ? Array(origin!.utf8) : [])
        case "corsFunction":
            let isAllowed = origin?.hasSuffix(".example.com") == true
            return OriginAnswer(
                flags: isAllowed ? .allowed : [], value: isAllowed ? Array("https://fn.example.com".utf8) : [])
        case "corsFunctionThrows": return OriginAnswer(flags: .threw)
        default: return nil
        }
    }
}
