internal import BridgeProtocol

/// Writes CORS header lines in nodeExposure's order (`applyCorsActual` and `handleCorsPreflight`, 4.8.6).
struct CORSLines: Sendable {
    private let vary: [UInt8]
    private let credentials: [UInt8]
    private let exposedHeaders: [UInt8]
    private let methods: [UInt8]
    /// Nil to give back what was asked for.
    private let allowedHeaders: [UInt8]?
    private let maxAge: [UInt8]

    init(_ settings: CORSSettings) {
        vary = settings.varyOrigin ? Self.line("Vary", Array("Origin".utf8)) : []
        credentials = settings.credentials ? Self.line("Access-Control-Allow-Credentials", Array("true".utf8)) : []
        let exposed = Self.joined(settings.exposedHeaders)
        exposedHeaders = settings.exposedHeaders.isEmpty ? [] : Self.line("Access-Control-Expose-Headers", exposed)
        let methods = settings.methods.isEmpty ? ["POST", "OPTIONS"] : settings.methods
        self.methods = Self.line("Access-Control-Allow-Methods", Self.joined(methods))
        allowedHeaders = settings.allowedHeaders.isEmpty ? nil : Self.joined(settings.allowedHeaders)
        maxAge = settings.maxAge.map { Self.line("Access-Control-Max-Age", Array($0.utf8)) } ?? []
    }

    /// - Parameters:
    ///   - origin: the value of Access-Control-Allow-Origin; empty to leave it out.
    ///   - dependsOnOrigin: another request could have got another answer.
    func actual(_ origin: [UInt8], dependsOnOrigin: Bool) -> [UInt8] {
        allowOrigin(origin, dependsOnOrigin) + credentials + exposedHeaders
    }

    /// - Parameter requested: the value of Access-Control-Request-Headers, empty if there is none.
    func preflight(_ origin: [UInt8], dependsOnOrigin: Bool, requested: [UInt8]) -> [UInt8] {
        let headers = allowedHeaders ?? requested
        let allowHeaders = headers.isEmpty ? [] : Self.line("Access-Control-Allow-Headers", headers)
        return allowOrigin(origin, dependsOnOrigin) + methods + allowHeaders + credentials + maxAge
    }

    private func allowOrigin(_ origin: [UInt8], _ dependsOnOrigin: Bool) -> [UInt8] {
        (dependsOnOrigin ? vary : []) + (origin.isEmpty ? [] : Self.line("Access-Control-Allow-Origin", origin))
    }

    private static func joined(_ values: [String]) -> [UInt8] {
        // HELLO holds no value that latin1 cannot say.
        Latin1.bytes(of: values.joined(separator: ", ")) ?? []
    }

    private static func line(_ name: String, _ value: [UInt8]) -> [UInt8] {
        Array(name.utf8) + Array(": ".utf8) + value + Array("\r\n".utf8)
    }

    /// Whether `value` can be a header's value (RFC 9110, 5.5).
    static func isFieldValue(_ value: [UInt8]) -> Bool {
        value.allSatisfy { $0 >= 0x20 ? $0 != 0x7F : $0 == 0x09 }
    }
}
