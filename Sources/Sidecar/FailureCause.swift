internal import BridgeProtocol
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// Every way to fail, as the metrics and logs name it: a side and a short reason. Answers of the front's own come from
/// `Rejection`; what failed without one, or in the app, comes behind them.
enum FailureCause {
    private static let rejections: [Rejection] =
        [
            .notFound, .methodNotAllowed, .unauthorized, .notExposed(.task), .targetNotFound(.task), .invalidJSON,
            .internalError, .clientClosed, .noWorker, .workerLost, .overloaded, .timeout, .requestTimeout, .draining,
            .payloadTooLarge, .unsupportedMediaType, .connectNotSupported, .malformedWorkerAnswer,
        ] + HTTPError.allCases.map { .http($0) }

    static let labels: [FailureLabel] =
        rejections.map { FailureLabel(side: $0.answer.side.rawValue, reason: "\($0.answer.code)".lowercased()) }
        + [
            FailureLabel(side: "task", reason: "threw"), FailureLabel(side: "client", reason: "left"),
            FailureLabel(side: "task", reason: "answer_cut"), FailureLabel(side: "bridge", reason: "protocol_error"),
            FailureLabel(side: "client", reason: "stalled"),
        ]

    static let taskFailed = rejections.count
    static let clientLeft = rejections.count + 1
    static let answerCut = rejections.count + 2
    static let protocolError = rejections.count + 3
    static let clientStalled = rejections.count + 4

    /// The place of a rejection's label. A failing request can afford the search.
    static func index(of rejection: Rejection) -> Int {
        switch rejection {
        case .notExposed: return 3
        case .targetNotFound: return 4
        default: return rejections.firstIndex(of: rejection) ?? 0
        }
    }
}
