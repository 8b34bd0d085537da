public import BridgeProtocol

/// What is to be done with a request, decided by its head alone.
public enum Decision: Equatable, Sendable {
    /// Read the JSON body and call the target.
    case call(target: Int, kind: Hello.TargetKind, cors: CORSBlock)
    /// Give the request to the app's own listener: a task whose body is multipart or raw bytes. CORS is the app's then.
    case stream(target: Int)
    /// Call the discovery target, without input.
    case discovery(target: Int, cors: CORSBlock)
    /// Answer 204 with these headers.
    case preflight(CORSBlock)
    case reject(Rejection, cors: CORSBlock)
    /// Not under the base path: the app's own listener has it if it takes everything, else it is `notFound` without
    /// CORS.
    case outside
    /// JavaScript decides about the origin: ask the shim, then decide again with its answer.
    case askOrigin
}
