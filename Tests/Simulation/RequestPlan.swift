/// What one request is, and what the worker that gets it does. Decided before the run, so that a run can be repeated
/// without some of its requests.
struct RequestPlan {
    enum Kind { case call, discovery, stream, preflight, wrongMethod, outside, noURL, malformed }
    enum Framing { case none, length, chunked }
    enum TokenChoice: Equatable { case right, wrong, none, old }
    enum Origin: Equatable { case none, known, new, bad, long, throwing }
    enum End { case whole, stopsInHead, stopsInBody }

    /// Which request of the run; it stands in it as `~number~` wherever there is room for it.
    let number: Int
    var kind = Kind.call
    var isEvent = false
    /// Index among the run's targets; nil for one that nobody has.
    var target: Int? = 0
    var method = "POST"
    var isHTTP10 = false
    /// Nil leaves the Connection field out.
    var connection: String?
    var framing = Framing.length
    var hasInput = true
    var padBytes = 0
    var isBadJSON = false
    var expectsContinue = false
    var token = TokenChoice.right
    var origin = Origin.none
    /// Nothing in the head is this request's own.
    var hasPlainHead = false
    /// Which of the malformed requests.
    var malformation = 0
    var end = End.whole

    /// Bytes that go out together at most, and the microseconds between two such pieces.
    var pieceBytes = Int.max
    var pieceGapMicroseconds = 0
    /// The head goes out whole, and the body byte by byte.
    var dripsBody = false
    /// Before its first byte.
    var pauseMicroseconds = 0

    var response = ResponsePlan()
}

/// What a worker does with a call.
struct ResponsePlan {
    enum Kind {
        case result, empty, body
        /// RESULT with a status that has no body, and a body.
        case noContent
        case streamed
        /// RESPONSE_END and nothing before it.
        case emptyStream
        case never
    }
    enum StreamFraming { case length, chunked, untilClose }
    enum Extra { case none, repeatsResult, dataBehindResult, resultBehindData }

    var kind = Kind.result
    var status = 200
    var padBytes = 0
    var delayMicroseconds = 0
    /// The worker's thread is busy with it: it reads nothing, and answers even what was cancelled meanwhile.
    var isBlocking = false
    var framing = StreamFraming.length
    var pieces = 1
    var pieceGapMicroseconds = 0
    /// The stream is cut after this piece.
    var cutBehindPiece: Int?
    var closes = false
    var extra = Extra.none
    /// The worker reads a streamed request this slowly.
    var creditDelayMicroseconds = 0
    /// The stream's response does not wait for the request's body.
    var answersEarly = false
}

struct ClientPlan {
    enum Reading { case prompt, slow, stalls }
    enum Leaving { case closes, ends, resets, stays }

    let number: Int
    var startMicroseconds = 0
    /// Requests that may be unanswered when the next one is sent.
    var depth = 1
    var reading = Reading.prompt
    var readBytes = Int.max
    var readGapMicroseconds = 0
    var leaving = Leaving.closes
    /// Leaves when the first byte of so many requests was sent; after the last response otherwise.
    var leavesEarlyAfter: Int?
    /// On the way to this client and from it.
    var inFlightBytes = 64 << 10
    var requests: [RequestPlan] = []
}

struct WorkerPlan {
    enum Event: Equatable {
        case freeze(milliseconds: Int)
        case drain
        case leave
        case breakProtocol(Int)
        case reannounce
        case unknownCall
    }

    let number: Int
    var joinsMicroseconds = 0
    var rejoinsMilliseconds: Int?
    var events: [(atMilliseconds: Int, event: Event)] = []
    var pieceBytes = Int.max
    var inFlightBytes = 200 << 10
    /// Its settings differ: no token is asked for.
    var hasNoAuth = false
    var questionDelayMicroseconds = 0
}

struct OperatorPlan {
    enum Action: Equatable {
        /// Puts the tokens of this generation into force, with those before or without.
        case rotate(to: Int, keepsOld: Bool)
        case changeLimits(Int)
        /// New clients are still served, but no worker comes any more.
        case leave
        case drain
        case cutShort
    }
    let atMilliseconds: Int
    let action: Action
}
