internal import BridgeProtocol
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// Every way to fail, as the metrics and logs name it: a side and a short reason. Answers of the front's own come from
/// `Rejection`; what failed without one, or in the app, comes behind them.
enum FailureCause {
    private static let others = [
        FailureLabel(side: "task", reason: "app_error"), FailureLabel(side: "client", reason: "invalid_input"),
        FailureLabel(side: "task", reason: "threw"), FailureLabel(side: "client", reason: "left"),
        FailureLabel(side: "task", reason: "response_cut"), FailureLabel(side: "client", reason: "stalled"),
    ]

    private static func label(of rejection: Rejection) -> FailureLabel {
        FailureLabel(side: rejection.answer.side.rawValue, reason: "\(rejection.answer.code)".lowercased())
    }

    /// Several rejections may share a code (a task and an event that are not there): each label stands here once, since
    /// a metric may not have two samples of the same name.
    static let labels: [FailureLabel] = (Rejection.allCases.map(label) + others).reduce(into: []) { labels, label in
        if !labels.contains(label) { labels.append(label) }
    }

    static let appError = labels.count - 6
    static let invalidInput = labels.count - 5
    static let threw = labels.count - 4
    static let clientLeft = labels.count - 3
    static let responseCut = labels.count - 2
    static let clientStalled = labels.count - 1

    /// The place of a rejection's label. A failing request can afford the search.
    static func index(of rejection: Rejection) -> Int {
        labels.firstIndex(of: label(of: rejection)) ?? 0
    }
}

/// What a task or event threw, as its worker says.
enum TaskFailure: UInt8 {
    case none
    /// Something nobody expected.
    case threw
    /// An error that the app registered.
    case registered
    case invalidInput

    init(_ flags: ResultFlags) {
        if !flags.contains(.failed) {
            self = .none
        } else if flags.contains(.registeredError) {
            self = .registered
        } else {
            self = flags.contains(.invalidInput) ? .invalidInput : .threw
        }
    }

    /// Its place in `FailureCause.labels`.
    var cause: Int? {
        switch self {
        case .none: nil
        case .threw: FailureCause.threw
        case .registered: FailureCause.appError
        case .invalidInput: FailureCause.invalidInput
        }
    }
}
