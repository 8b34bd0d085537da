internal import HTTPCodec
internal import Metrics

extension MethodLabel {
    /// The label a request's method counts under.
    @inline(__always)
    init(_ method: HTTPMethod) {
        self =
            switch method {
            case .post: .post
            case .get: .get
            case .head: .head
            case .put: .put
            case .delete: .delete
            case .options: .options
            case .patch: .patch
            case .connect, .trace, .other: .other
            }
    }
}
