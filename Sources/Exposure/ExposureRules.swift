public import Bytes
public import BridgeProtocol
public import HTTPCodec
public import JSONCheck

/// Everything that the runner's HTTP exposure decides about a request, for one loop. It knows no socket and no clock,
/// and no release: where releases differ, it goes by the `WireRules` that the app's shim announced.
///
/// The checks come in the recorded order: URL; base path; OPTIONS; route; method; token; allow-list; registration. A
/// call, which is to say a `POST` to a known target spelled without encoding, is decided without any allocation.
public struct ExposureRules: ~Copyable {
    public private(set) var authenticator: Authenticator
    /// The targets of all workers.
    public var catalogue: TargetCatalogue {
        get { targets }
        set { updateCatalogue { $0 = newValue } }
    }
    private(set) var targets = TargetCatalogue()
    /// Goes up with every change after which a request might be decided otherwise.
    private var generation: UInt32 = 1
    private var router: Router
    private(set) var cors: CORSPolicy
    /// The CORS headers of every answer, where they do not depend on the request.
    private var constantCORS: CORSBlock?
    /// As applied last.
    public private(set) var settings: ExposureSettings
    private(set) var texts: RejectionTexts
    // Two of the rules where each request and response asks for them.
    public private(set) var hasRequestIDs: Bool
    private(set) var hasSecurityHeaders: Bool
    private var requestIDs = RunnerRequestIDs()
    private var path: [UInt8] = []
    private(set) var id: [UInt8] = []
    /// What `path` and `id` are of; nil while they are another request's.
    private var route: Route?

    public init(_ settings: ExposureSettings) {
        authenticator = Authenticator(settings.auth)
        router = Router(basePath: settings.basePath)
        cors = CORSPolicy(
            settings.cors, credentialsWithoutOrigin: settings.rules.corsCredentialsWithoutOrigin)
        constantCORS = cors.constantBlock
        self.settings = settings
        texts = RejectionTexts(settings)
        hasRequestIDs = settings.rules.requestIDs
        hasSecurityHeaders = settings.rules.securityHeaders
    }

    /// Goes over to other settings, as when an app comes back with another configuration. Targets keep their numbers,
    /// and decisions already made can still be answered.
    ///
    /// A parser has to be made anew if `authenticator.header` has changed.
    public mutating func apply(_ settings: ExposureSettings) {
        generation &+= 1
        if settings.auth != self.settings.auth { authenticator = Authenticator(settings.auth) }
        if settings.basePath != self.settings.basePath { router = Router(basePath: settings.basePath) }
        // What was learnt about origins is kept unless it may have changed.
        let credentialsWithoutOrigin = settings.rules.corsCredentialsWithoutOrigin
        if settings.cors != self.settings.cors
            || credentialsWithoutOrigin != self.settings.rules.corsCredentialsWithoutOrigin
        {
            cors = CORSPolicy(
                settings.cors, credentialsWithoutOrigin: credentialsWithoutOrigin, keeping: cors.blocks)
            constantCORS = cors.constantBlock
        }
        self.settings = settings
        texts = RejectionTexts(settings)
        hasRequestIDs = settings.rules.requestIDs
        hasSecurityHeaders = settings.rules.securityHeaders
    }

    /// Changes the targets, all of a worker's table at once: in place, however many there are.
    public mutating func updateCatalogue(_ change: (inout TargetCatalogue) -> Void) {
        generation &+= 1
        change(&targets)
    }

    /// Decides what to do with a request.
    ///
    /// - Parameters:
    ///   - head: as parsed from `bytes`, by a parser that was given `authenticator.header`.
    ///   - originAnswer: the shim's, after `.ask`.
    /// - Returns: what to do. A CORS block in it is to be given back with `release` once the answer was written.
    public mutating func decide(
        _ head: RequestHead, _ bytes: Span<UInt8>, originAnswer: OriginAnswer? = nil
    ) -> Decision {
        route = nil
        if head.method == .post, let target = rawTarget(bytes.extracting(head.target.range)),
            targets.availability(of: target) == .callable
        {
            return decideCall(to: target, targets.kind(of: target), head, bytes, originAnswer)
        }
        return decideAny(head, bytes, originAnswer)
    }

    /// The same for a request that may have been decided before.
    @inline(__always)
    public mutating func decide(
        _ request: RecentRequest, _ bytes: Span<UInt8>, originAnswer: OriginAnswer? = nil
    ) -> Decision {
        if let known = request.decision(in: generation) { return known }
        let decision = decide(request.head, bytes, originAnswer: originAnswer)
        if case .call(_, _, let block) = decision, originAnswer == nil, cors.isForGood(block) {
            request.keep(decision, generation)
        }
        return decision
    }

    /// The target of a request target that is exactly `{base}/task/{id}` or `{base}/event/{id}`, nil if it takes a
    /// closer look.
    @inline(__always)
    private func rawTarget(_ target: Span<UInt8>) -> Int? {
        let task = router.taskPrefix.count
        if task > 0 && target.count > task && target.extracting(0..<task).equals(router.taskPrefix.span) {
            return targets.find(.task, raw: target.extracting(task..<target.count))
        }
        let event = router.eventPrefix.count
        if event > 0 && target.count > event && target.extracting(0..<event).equals(router.eventPrefix.span) {
            return targets.find(.event, raw: target.extracting(event..<target.count))
        }
        return nil
    }

    private mutating func decideAny(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ originAnswer: OriginAnswer?
    ) -> Decision {
        // Its target is an authority, which is no URL to route by.
        if head.method == .connect { return .reject(.connectNotSupported, cors: .none) }
        let method = head.method
        let route = readRoute(of: head, bytes)
        switch route {
        case .unparsable: return rejectEarly(.targetIsNoURL, head, bytes, originAnswer)
        case .outside: return .outside
        case .notFound, .task, .event, .discovery: break
        }
        if method == .options { return withCORS(.preflight, head, bytes, originAnswer) }
        switch route {
        case .task, .event:
            guard method == .post else { return rejectEarly(.methodNotAllowed, head, bytes, originAnswer) }
            let kind: Hello.TargetKind = route == .task ? .task : .event
            return decideCall(to: targets.find(kind, id: id.span), kind, head, bytes, originAnswer)
        case .discovery:
            switch settings.rules.discovery {
            case .off: return withCORS(.reject(.notFound), head, bytes, originAnswer)
            case .get where method == .get, .getAndPost where method == .get || method == .post: break
            case .get, .getAndPost: return rejectEarly(.methodNotAllowed, head, bytes, originAnswer)
            }
            return decideDiscovery(head, bytes, originAnswer)
        default:
            return withCORS(.reject(.notFound), head, bytes, originAnswer)
        }
    }

    /// Decides about a request that came out as `.outside`, where no worker takes those: it is rejected.
    public mutating func decideOutside(
        _ head: RequestHead, _ bytes: Span<UInt8>, originAnswer: OriginAnswer? = nil
    ) -> Decision {
        rejectEarly(.outside, head, bytes, originAnswer)
    }

    /// What is rejected before the exposure has come to CORS, in the releases that have none on it.
    private mutating func rejectEarly(
        _ rejection: Rejection, _ head: RequestHead, _ bytes: Span<UInt8>, _ originAnswer: OriginAnswer?
    ) -> Decision {
        guard settings.rules.corsOnErrors else { return .reject(rejection, cors: .none) }
        return withCORS(.reject(rejection), head, bytes, originAnswer)
    }

    /// A POST to a task or event, `target` being nil if nobody ever announced it.
    private mutating func decideCall(
        to target: Int?, _ kind: Hello.TargetKind, _ head: RequestHead, _ bytes: Span<UInt8>,
        _ originAnswer: OriginAnswer?
    ) -> Decision {
        switch authenticator.verdict(head, bytes) {
        case .admitted: break
        case .unauthorized: return withCORS(.reject(.unauthorized), head, bytes, originAnswer)
        case .notConfigured: return withCORS(.reject(.authNotConfigured), head, bytes, originAnswer)
        case .ask: return target.map { .stream(target: $0) } ?? .handOver
        }
        guard let target, targets.availability(of: target) != .absent else {
            return withCORS(.reject(rejectionOfUnlisted(kind)), head, bytes, originAnswer)
        }
        guard targets.availability(of: target) == .callable else {
            return withCORS(.reject(.targetNotFound(kind)), head, bytes, originAnswer)
        }
        if targets.lane(of: target) == .listener { return .stream(target: target) }
        if kind == .task, BodyKind(contentType: bytes.extracting(head[.contentType].value.range)) == .stream {
            return .stream(target: target)
        }
        return withCORS(.call(target: target, kind: kind), head, bytes, originAnswer)
    }

    /// What an id that no worker announces is answered.
    public func rejectionOfUnlisted(_ kind: Hello.TargetKind) -> Rejection {
        switch settings.rules.unlisted {
        case .notExposed: .notExposed(kind)
        case .forbidden: .forbidden(kind)
        case .exposureOff: .exposureOff
        case .notFound: .targetNotFound(kind)
        }
    }

    private mutating func decideDiscovery(
        _ head: RequestHead, _ bytes: Span<UInt8>, _ originAnswer: OriginAnswer?
    ) -> Decision {
        switch authenticator.verdict(head, bytes) {
        case .admitted: break
        case .unauthorized: return withCORS(.reject(.unauthorized), head, bytes, originAnswer)
        case .notConfigured: return withCORS(.reject(.authNotConfigured), head, bytes, originAnswer)
        case .ask: return targets.discovery.map { .stream(target: $0) } ?? .handOver
        }
        guard let target = targets.discovery, targets.availability(of: target) == .callable else {
            return withCORS(.reject(.notFound), head, bytes, originAnswer)
        }
        if targets.lane(of: target) == .listener { return .stream(target: target) }
        return withCORS(.discovery(target: target), head, bytes, originAnswer)
    }

    /// Goes on with a decision that waited for the app's judgement of the origin. Nothing else is decided anew.
    ///
    /// - Parameters:
    ///   - head, bytes: of the request that was decided.
    ///   - answer: the app's.
    public mutating func resolve(
        _ intent: Intent, _ head: RequestHead, _ bytes: Span<UInt8>, _ answer: OriginAnswer
    ) -> Decision {
        route = nil
        return withCORS(intent, head, bytes, answer)
    }

    /// Adds the CORS headers to a decision. Nothing is called whose answer could not be sent: where the app's origin
    /// function throws, nodeExposure runs the task and then answers 500; here it is 500 at once.
    @inline(__always)
    private mutating func withCORS(
        _ intent: Intent, _ head: RequestHead, _ bytes: Span<UInt8>, _ originAnswer: OriginAnswer?
    ) -> Decision {
        if case .preflight = intent {
            return switch cors.preflight(head, bytes, answer: originAnswer) {
            case .block(let block): .preflight(block)
            case .ask: .ask(.preflight)
            case .threw: .reject(originThrew, cors: .none)
            }
        }
        if let constantCORS { return intent.decision(constantCORS) }
        return switch cors.actual(head, bytes, answer: originAnswer) {
        case .block(let block): intent.decision(block)
        case .ask: .ask(intent)
        case .threw: .reject(originThrew, cors: .none)
        }
    }

    /// The app's function threw, or gave what no header can hold.
    private var originThrew: Rejection { settings.rules.corsOnErrors ? .originNotJudged : .internalError }

    // MARK: Bodies

    /// How many bytes a JSON body may have, and what is answered to more.
    ///
    /// - Parameter frontLimitBytes: the front's own limit.
    public func bodyLimit(frontLimitBytes: Int) -> (bytes: Int, rejection: Rejection) {
        guard let appLimitBytes = settings.rules.jsonLimitBytes, appLimitBytes <= frontLimitBytes else {
            return (frontLimitBytes, .payloadTooLarge)
        }
        return (appLimitBytes, .bodyOverAppLimit)
    }

    /// What checks JSON bodies by these rules.
    ///
    /// - Parameter frontDepthLimit: the front's own limit.
    public func checker(frontDepthLimit: Int) -> JSONChecker {
        let rules = settings.rules
        let serializer: SerializerKeys =
            switch rules.plainKeys {
            case .ejson: .ejson
            case .serializer: .runner
            }
        return JSONChecker(
            depthLimit: min(rules.jsonDepth.limit, frontDepthLimit), plainDepthLimit: rules.jsonDepth.plain,
            serializer: serializer, watchesReturnPayload: rules.eventResults)
    }

    // MARK: Questions and names

    /// Appends the ORIGIN_QUESTION frame for a request whose decision is `.ask`.
    public func writeOriginQuestion(
        _ question: UInt32, _ head: RequestHead, _ bytes: Span<UInt8>, into buffer: inout ByteBuffer
    ) {
        cors.writeQuestion(question, head, bytes, into: &buffer)
    }

    /// A request goes on that was decided earlier: what was read of another one's target is not its own.
    public mutating func forgetTarget() { route = nil }

    /// Makes sure that the target that is known is this request's, for a rejection or a log line that names it.
    public mutating func readTarget(of head: RequestHead, _ bytes: Span<UInt8>) {
        if route == nil { _ = readRoute(of: head, bytes) }
    }

    private mutating func readRoute(of head: RequestHead, _ bytes: Span<UInt8>) -> Route {
        let read = router.route(bytes.extracting(head.target.range), path: &path, id: &id)
        route = read
        return read
    }

    /// Which kind of target the request asked for whose target was read last, and whether there is such a one; nil
    /// where its path names none.
    public var asked: (kind: Hello.TargetKind, isKnown: Bool)? {
        let kind: Hello.TargetKind
        switch route {
        case .task?: kind = .task
        case .event?: kind = .event
        case .outside?, .unparsable?, .notFound?, .discovery?, nil: return nil
        }
        let found = targets.find(kind, id: id.span)
        return (kind, found.map { targets.availability(of: $0) != .absent } ?? false)
    }

    /// Gives the id of that target as it was asked for, decoded, and cut after `AskedTarget.byteLimit`.
    public func withAskedID<Result>(_ body: (Span<UInt8>) -> Result) -> Result {
        let id = id.span
        return body(id.extracting(first: min(id.count, AskedTarget.byteLimit)))
    }

    /// The id that the response to a request names, and that the task sees.
    public mutating func requestID(
        for decision: Decision, _ head: RequestHead, _ bytes: Span<UInt8>
    ) -> RunnerRequestID {
        guard hasRequestIDs else { return .none }
        switch decision {
        case .call, .discovery: break
        case .reject(let rejection, _): guard rejection.namesRequest else { return .none }
        // The app's own handlers find one for themselves.
        case .stream, .handOver, .outside, .preflight, .ask: return .none
        }
        let slot = head[.runnerRequestID]
        // Node joins what is repeated with a comma, which makes no id.
        guard slot.occurrences == 1 else { return requestIDs.next() }
        let value = bytes.extracting(slot.value.range)
        guard let id = RunnerRequestID.id(in: value) else { return requestIDs.next() }
        return .brought(value.extracting(id).copied(), isVerbatim: id.count == value.count)
    }

    /// Gives back the CORS block of a decision whose answer was written, or never will be.
    public mutating func release(_ block: CORSBlock) {
        cors.release(block)
    }

    /// CORS blocks of decisions not yet given back, apart from those that are kept for good.
    public var lentBlocks: Int { cors.lentBlocks }
}
