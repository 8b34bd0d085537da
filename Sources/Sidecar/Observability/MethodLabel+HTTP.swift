internal import HTTPCodec
internal import Metrics

extension MethodLabel {
    /// The label of a request method.
    init(_ method: HTTPMethod) {
        switch method {
        case .get: self = .get
        case .head: self = .head
        case .post: self = .post
        case .put: self = .put
        case .delete: self = .delete
        case .options: self = .options
        case .patch: self = .patch
        default: self = .other
        }
    }
}
