internal import BridgeProtocol
internal import Bytes
internal import Exposure
internal import HTTPCodec
internal import JSONCheck
internal import Metrics
internal import Settings

/// What a loop exposes: as the workers announce it, as far as the front's own options do not say otherwise.
final class LoopExposure {
    /// What is exposed and how; worth asking only once a worker has said so.
    var rules: ExposureRules
    private(set) var hasRules = false
    private(set) var settings = ExposureSettings.unannounced
    /// What a worker announced last, before the options had their say.
    private var announced = ExposureSettings.unannounced
    private(set) var parser: RequestHeadParser
    private var checker: JSONChecker
    /// How many bytes a call's body may have, and what a larger one is answered.
    private(set) var bodyLimit: (bytes: Int, rejection: Rejection)
    let recentRequests = RecentRequests()
    /// The ends of responses' heads, with this second's date.
    private(set) var tails: ResponseHeadSuffix
    /// Where the metrics of a target are, by target.
    private(set) var targetSlots: [LoopMetrics.RouteSlot] = []
    /// What a target is called in the access log.
    private(set) var targetRoutes: [TargetRoute] = []
    /// Which streams a worker of now takes, or took when there was one: while it is away they wait for it.
    private(set) var takesExposureStreams = false
    private(set) var takesEveryStream = false

    init(configuration: Configuration, limits: Limits, date: Span<UInt8>) {
        rules = ExposureRules(settings)
        parser = RequestHeadParser(limits: limits.http)
        checker = rules.checker(frontDepthLimit: configuration.jsonDepthLimit)
        bodyLimit = rules.bodyLimit(frontLimitBytes: limits.bodyLimitBytes)
        tails = ResponseHeadSuffix(date: date, keepAliveSeconds: limits.idleTimeoutMilliseconds / 1000)
    }

    /// Where the exposure's routes begin.
    var basePath: String { settings.basePath }

    /// Checks a body, and finds the member that a target wants.
    @inline(__always)
    func check(_ body: Span<UInt8>, member: MemberName, into summary: inout JSONSummary) -> JSONVerdict {
        checker.check(body, member: member, into: &summary)
    }

    func update(date: Span<UInt8>) { tails.update(date: date) }

    /// Puts other options into force.
    func reconfigure(_ configuration: Configuration, limits: Limits, date: Span<UInt8>) {
        tails = ResponseHeadSuffix(date: date, keepAliveSeconds: limits.idleTimeoutMilliseconds / 1000)
        if hasRules { apply(announced.overridden(by: configuration), configuration, limits) }
        renewReaders(configuration, limits)
    }

    /// Takes over a HELLO's rules and table.
    ///
    /// - Parameters:
    ///   - isFirst: no other worker is connected.
    ///   - isServedElsewhere: whether another worker serves a target.
    /// - Returns: where each of the front's targets is in the worker's table (-1: nowhere), and which of them want the
    ///   request head.
    func announce(
        _ hello: Hello, _ configuration: Configuration, limits: Limits, metrics: inout LoopMetrics,
        isFirst: Bool, isServedElsewhere: (Int) -> Bool
    ) -> (indexes: [Int32], wantsHead: [Bool]) {
        announced = hello.exposure
        apply(hello.exposure.overridden(by: configuration), configuration, limits)
        var indexes: [Int32] = []
        var wantsHead: [Bool] = []
        var numbers: [Int] = []
        rules.updateCatalogue { catalogue in
            for (position, target) in hello.targets.enumerated() {
                let id = Array(target.id.utf8)
                let index = catalogue.intern(target.kind, id: id.span)
                numbers.append(index)
                while indexes.count <= index {
                    indexes.append(-1)
                    wantsHead.append(false)
                }
                name(index, target, &metrics)
                indexes[index] = target.state == .callable ? Int32(position) : -1
                wantsHead[index] = target.wantsHead
                switch target.state {
                case .callable:
                    // Where workers differ, as while another version of the app is rolled out, the app's own handlers
                    // are right for all of them.
                    if target.lane == .listener || isFirst { catalogue.setLane(target.lane, of: index) }
                    catalogue.setAvailability(.callable, of: index)
                case .unregistered:
                    if catalogue.availability(of: index) == .absent {
                        catalogue.setAvailability(.unregistered, of: index)
                    }
                case .removed:
                    if !isServedElsewhere(index) { catalogue.setAvailability(.absent, of: index) }
                }
            }
            // Names come behind all ids: an id that is announced is never another target's name.
            for (target, number) in zip(hello.targets, numbers) {
                let isGone = catalogue.availability(of: number) == .absent
                if target.state != .removed || isGone { catalogue.setNames(isGone ? [] : target.names, of: number) }
            }
            catalogue.setShownIDs(hello.shownIDs)
        }
        hasRules = true
        return (indexes, wantsHead)
    }

    private func name(_ index: Int, _ target: Hello.Target, _ metrics: inout LoopMetrics) {
        while targetSlots.count <= index {
            targetRoutes.append(TargetRoute(kind: target.kind == .event ? .event : .task, id: target.id))
            targetSlots.append(LoopMetrics.route(.task))
        }
        targetRoutes[index].isSafe = target.isSafe
        switch target.kind {
        case .task: targetSlots[index] = metrics.route(.task, id: target.id)
        case .event: targetSlots[index] = metrics.route(.event, id: target.id)
        case .discovery: targetSlots[index] = LoopMetrics.route(.discovery)
        }
    }

    func setStreams(takesExposure: Bool, takesEverything: Bool) {
        takesExposureStreams = takesExposure
        takesEveryStream = takesEverything
    }

    /// Puts rules into force. Calls under way keep what was decided about them.
    private func apply(_ next: ExposureSettings, _ configuration: Configuration, _ limits: Limits) {
        guard next != settings || !hasRules else { return }
        settings = next
        rules.apply(next)
        renewReaders(configuration, limits)
    }

    /// Heads and bodies are read by other limits or rules, or for another token header, from now on.
    private func renewReaders(_ configuration: Configuration, _ limits: Limits) {
        checker = rules.checker(frontDepthLimit: configuration.jsonDepthLimit)
        bodyLimit = rules.bodyLimit(frontLimitBytes: limits.bodyLimitBytes)
        parser = RequestHeadParser(limits: limits.http, customField: rules.authenticator.header)
        recentRequests.forgetAll()
    }
}

extension ExposureSettings {
    /// Options win over what the app announces.
    func overridden(by configuration: Configuration) -> ExposureSettings {
        var settings = self
        if let basePath = configuration.basePath { settings.basePath = basePath }
        let tokens = configuration.acceptedTokens
        settings.auth = settings.auth.overridden(header: configuration.tokenHeader, tokens: tokens)
        if let origins = configuration.corsOrigins {
            var cors = settings.cors ?? CORSSettings()
            cors.origin = origins == ["*"] ? .default : .list(origins)
            settings.cors = cors
        }
        return settings
    }
}

/// A task or event as the access log names it, whether or not it has a metrics label of its own.
struct TargetRoute {
    let kind: RouteKind
    let id: String
    /// Workers say that running it again changes nothing.
    var isSafe = false
}
