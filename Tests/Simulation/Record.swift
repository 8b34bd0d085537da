/// What is known of one request of a run: the plan, and what has become of it.
final class Record {
    let plan: RequestPlan
    let client: Int
    /// The token that was sent with it.
    var token: String?
    var text: RequestText?

    /// Where in its connection's bytes it begins.
    var startOffset = 0
    /// When its connection was made.
    var connected: UInt64 = 0
    /// When its first byte, and its last, was sent; nil before.
    var begun: UInt64?
    var complete: UInt64?
    /// How many of its bytes were sent.
    var sentBytes = 0

    // At the worker.
    var dispatches = 0
    var dispatched: UInt64?
    var worker: Int?
    var given: Given?
    var cancelled: UInt64?
    /// The link it went to is gone, or broke the protocol.
    var workerLost = false
    var workerBroke = false
    /// The worker gave back nothing that could be passed on.
    var gaveNothing = false
    /// Of a streamed request's body, what the worker has.
    var streamedBytes = 0

    // At the client.
    var sawContinue = false
    var isAnswered = false
    var seenStatus = 0
    /// The response says that a worker had it, and what became of that.
    var wasGivenUp = false
    /// Its connection ended without a response to it.
    var isGivenUp = false

    // In the access log.
    var logLines = 0
    var loggedStatus = 0

    /// What the worker answered.
    enum Given {
        case result(payload: [UInt8])
        case empty
        case body(status: Int, payload: [UInt8])
        case noContent(status: Int)
        case stream(Streamed)
    }

    struct Streamed {
        var status = 200
        var bodyBytes = 0
        var framing = ResponsePlan.StreamFraming.length
        var isCut = false
        var isEnded = false
        var closes = false
    }

    init(_ plan: RequestPlan, client: Int) {
        self.plan = plan
        self.client = client
    }

    var mark: String { RequestText.mark(plan.number) }

    /// A worker streams its response.
    var isStreaming: Bool {
        if case .stream? = given { true } else { false }
    }

    /// Whether it can have been decided already.
    var isComplete: Bool { complete != nil }
}

/// What a worker streams as the body of its response: the mark, then letters.
enum StreamBody {
    static func byte(_ number: Int, at offset: Int, mark: [UInt8]) -> UInt8 {
        offset < mark.count ? mark[offset] : UInt8(97 + number % 26)
    }

    static func bytes(_ number: Int, count: Int) -> [UInt8] {
        let mark = Array(RequestText.mark(number).utf8)
        return mark + [UInt8](repeating: UInt8(97 + number % 26), count: max(0, count - mark.count))
    }

    static func byteCount(_ plan: ResponsePlan, number: Int) -> Int {
        plan.padBytes + RequestText.mark(number).utf8.count
    }
}

/// Marks in bytes: which requests they speak of.
enum Marks {
    /// Calls `body` with each number between two `~`.
    static func each(in bytes: Span<UInt8>, _ body: (Int) -> Void) {
        var at = 0
        let count = bytes.count
        while at < count {
            guard bytes[at] == UInt8(ascii: "~") else {
                at += 1
                continue
            }
            var number = 0
            var end = at + 1
            while end < count, bytes[end] &- 48 < 10, end - at < 12 {
                number = number * 10 + Int(bytes[end] - 48)
                end += 1
            }
            if end < count, end > at + 1, bytes[end] == UInt8(ascii: "~") {
                body(number)
                at = end + 1
            } else {
                at = end
            }
        }
    }

    /// The one request that bytes speak of; nil for none, -1 for several.
    static func only(in bytes: Span<UInt8>) -> Int? {
        var found: Int?
        each(in: bytes) { number in
            if let known = found, known != number { found = -1 } else { found = number }
        }
        return found
    }
}

/// Something happened that may not.
struct Violation: Error, Equatable {
    /// What kind of thing it is, in a few words: a smaller run must fail in the same way.
    let kind: String
    let detail: String
    let request: Int?
    let atNanoseconds: UInt64
}
