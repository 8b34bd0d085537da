import BridgeProtocol

/// A HELLO's payload. No text in it needs escaping.
enum HelloText {
    static func json(_ hello: Hello) -> [UInt8] {
        func list(_ values: [String]) -> String { "[" + values.map { "\"\($0)\"" }.joined(separator: ",") + "]" }
        let exposure = hello.exposure
        let auth =
            switch exposure.auth {
            case .tokens(let settings):
                "{\"kind\":\"tokens\",\"header\":\"\(settings.header)\",\"tokens\":\(list(settings.tokens))}"
            default: "{\"kind\":\"open\"}"
            }
        var cors = "null"
        if let settings = exposure.cors {
            let origin =
                switch settings.origin {
                case .default: "{\"kind\":\"default\"}"
                case .fixed(let value): "{\"kind\":\"fixed\",\"value\":\"\(value)\"}"
                case .list(let values): "{\"kind\":\"list\",\"values\":\(list(values))}"
                case .ask: "{\"kind\":\"ask\"}"
                case .never: "{\"kind\":\"never\"}"
                }
            cors =
                "{\"origin\":\(origin),\"credentials\":\(settings.credentials),\"varyOrigin\":\(settings.varyOrigin)"
                + ",\"methods\":[],\"allowedHeaders\":[],\"exposedHeaders\":[],\"maxAge\":null}"
        }
        let targets = hello.targets.map {
            "{\"kind\":\"\($0.kind.rawValue)\",\"id\":\"\($0.id)\",\"state\":\"\($0.state.rawValue)\","
                + "\"lane\":\"\($0.lane.rawValue)\",\"head\":\($0.wantsHead)}"
        }
        let text = """
            {"protocol":\(BridgeProtocol.version),"worker":"\(hello.worker)","link":0,"pid":\(hello.pid),\
            "shim":"","node":"","runner":"",\
            "exposure":{"basePath":"\(exposure.basePath)","auth":\(auth),"cors":\(cors),\
            "rules":\(rules(exposure.rules))},\
            "targets":[\(targets.joined(separator: ","))],\
            "listener":{"exposure":\(hello.listener.takesExposure),"everything":\(hello.listener.takesEverything)}}
            """
        return Array(text.utf8)
    }

    private static func rules(_ rules: WireRules) -> String {
        """
        {"unlisted":"\(rules.unlisted.rawValue)","discovery":"\(rules.discovery.rawValue)",\
        "requestIds":\(rules.requestIDs),\
        "securityHeaders":\(rules.securityHeaders),"corsOnErrors":\(rules.corsOnErrors),\
        "corsCredentialsWithoutOrigin":"\(rules.corsCredentialsWithoutOrigin.rawValue)","jsonLimitBytes":null,\
        "jsonDepth":{"limit":\(rules.jsonDepth.limit),"plain":\(rules.jsonDepth.plain)},\
        "plainKeys":"\(rules.plainKeys.rawValue)","invalidBodyText":"\(rules.invalidBodyText)",\
        "prettyErrors":\(rules.prettyErrors),"eventResults":\(rules.eventResults)}
        """
    }
}
