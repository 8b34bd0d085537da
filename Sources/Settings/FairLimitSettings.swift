/// How many requests a client may send in a time.
public struct RequestRate: Equatable, Sendable {
    public enum Period: String, CaseIterable, Sendable {
        case second = "s"
        case minute = "m"
        case hour = "h"

        public var seconds: Int {
            switch self {
            case .second: 1
            case .minute: 60
            case .hour: 3600
            }
        }
    }

    public let requests: Int
    public let period: Period

    static let limit = 1_000_000

    /// Reads `100/s`, `600/m` or `10000/h`.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, isDecimal(String(parts[0])), let requests = Int(parts[0]),
            (1...Self.limit).contains(requests), let period = Period(rawValue: String(parts[1]))
        else { return nil }
        self.requests = requests
        self.period = period
    }

    public var text: String { "\(requests)/\(period.rawValue)" }

    /// What a second brings, at least one: the burst where none is set.
    public var requestsPerSecond: Int { max(1, requests / period.seconds) }
}

/// What a client is, to its limits.
public enum ClientIdentity: String, CaseIterable, Sendable {
    /// The address; of IPv6 the first 64 bits.
    case address
    /// The token, where the exposure has some; else the address.
    case token
}

/// How many calls of a task or event may be in flight.
public struct TaskLimit: Equatable, Sendable {
    /// Nil: each one that has no limit of its own.
    public let id: String?
    public let inFlight: Int

    static let limit = 65_535

    /// Reads `100`, or `app.tasks.report=4`.
    public init?(_ text: String) {
        var digits = text
        var id: String?
        // An id may have an equals sign in it.
        if let equals = text.utf8.lastIndex(of: UInt8(ascii: "=")) {
            let name = String(text[..<equals])
            guard !name.isEmpty else { return nil }
            id = name
            digits = String(text[text.utf8.index(after: equals)...])
        }
        guard isDecimal(digits), let inFlight = Int(digits), (1...Self.limit).contains(inFlight) else { return nil }
        self.id = id
        self.inFlight = inFlight
    }

    public var text: String { id.map { "\($0)=\(inFlight)" } ?? "\(inFlight)" }
}

extension ValueSyntax where Value == RequestRate {
    static var rate: ValueSyntax {
        ValueSyntax(
            placeholder: "RATE", schema: .text(pattern: "^[0-9]+/[smh]$"),
            parse: { text throws(ValueProblem) in
                guard let rate = RequestRate(text) else {
                    throw ValueProblem(
                        "must be a number from 1 to \(RequestRate.limit) and s, m or h, such as 100/s or 6000/h; or off"
                    )
                }
                return rate
            },
            format: { $0.text })
    }
}

extension ValueSyntax where Value == TaskLimit {
    static var taskLimit: ValueSyntax {
        ValueSyntax(
            placeholder: "[ID=]N", schema: .text(pattern: "^(.+=)?[0-9]+$"),
            parse: { text throws(ValueProblem) in
                guard let limit = TaskLimit(text) else {
                    throw ValueProblem(
                        "must be a number from 1 to \(TaskLimit.limit) for every task, or a task's id and its number, such as app.tasks.report=4"
                    )
                }
                return limit
            },
            format: { $0.text })
    }
}
