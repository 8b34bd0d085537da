public import BridgeProtocol

/// What is to be done with a request, decided by its head alone.
public enum Decision: Equatable, Sendable {
    /// Read the JSON body and call the target.
    case call(target: Int, kind: Hello.TargetKind, cors: CORSBlock)
    /// Give the request to the app's own listener: a task whose body is multipart or raw bytes. CORS is the app's then.
    case stream(target: Int)
    /// The same where no target is meant, or none that was announced: the app's own handlers decide whether the request
    /// is let in.
    case handOver
    /// Call the discovery target, without input.
    case discovery(target: Int, cors: CORSBlock)
    /// Answer 204 with these headers.
    case preflight(CORSBlock)
    case reject(Rejection, cors: CORSBlock)
    /// Not under the base path: the app's own listener has it if it takes everything, else it is `notFound` without
    /// CORS.
    case outside
    /// JavaScript judges the origin: ask the app, then `ExposureRules.resolve` with its answer. The rest is decided.
    case ask(Intent)
}

/// A decision that lacks only its CORS headers.
public enum Intent: Equatable, Sendable {
    case call(target: Int, kind: Hello.TargetKind)
    case discovery(target: Int)
    case preflight
    case reject(Rejection)

    /// The decision, once the CORS headers are known.
    func decision(_ cors: CORSBlock) -> Decision {
        switch self {
        case .call(let target, let kind): .call(target: target, kind: kind, cors: cors)
        case .discovery(let target): .discovery(target: target, cors: cors)
        case .preflight: .preflight(cors)
        case .reject(let rejection): .reject(rejection, cors: cors)
        }
    }
}
