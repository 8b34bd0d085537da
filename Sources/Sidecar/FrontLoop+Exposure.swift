internal import BridgeProtocol
internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics
internal import Settings

/// What is exposed: as the workers announce it, as far as the front's own options do not say otherwise.
extension FrontLoop {
    /// Takes over a HELLO's rules and table. Gives where each of the front's targets is in the worker's table (-1:
    /// nowhere), and which of them want the request head.
    func expose(_ hello: Hello) -> (indexes: [Int32], wantsHead: [Bool]) {
        announced = hello.exposure
        apply(overridden(hello.exposure))
        var indexes: [Int32] = []
        var wantsHead: [Bool] = []
        var numbers: [Int] = []
        for (position, target) in hello.targets.enumerated() {
            let id = Array(target.id.utf8)
            let index = rules.catalogue.intern(target.kind, id: id.span)
            numbers.append(index)
            while indexes.count <= index {
                indexes.append(-1)
                wantsHead.append(false)
            }
            while targetSlots.count <= index {
                targetRoutes.append(TargetRoute(kind: target.kind == .event ? .event : .task, id: target.id))
                targetSlots.append(LoopMetrics.route(.task))
            }
            switch target.kind {
            case .task: targetSlots[index] = metrics.route(.task, id: target.id)
            case .event: targetSlots[index] = metrics.route(.event, id: target.id)
            case .discovery: targetSlots[index] = LoopMetrics.route(.discovery)
            }
            indexes[index] = target.state == .callable ? Int32(position) : -1
            wantsHead[index] = target.wantsHead
            switch target.state {
            case .callable:
                // Where workers differ, as while another version of the app is rolled out, the app's own handlers are
                // right for all of them.
                if target.lane == .listener || workers.links.isEmpty {
                    rules.catalogue.setLane(target.lane, of: index)
                }
                rules.catalogue.setAvailability(.callable, of: index)
            case .unregistered:
                if rules.catalogue.availability(of: index) == .absent {
                    rules.catalogue.setAvailability(.unregistered, of: index)
                }
            case .removed:
                if !workers.links.contains(where: { $0.serves(index) }) {
                    rules.catalogue.setAvailability(.absent, of: index)
                }
            }
        }
        // Names come behind all ids: an id that is announced is never another target's name.
        for (target, number) in zip(hello.targets, numbers) {
            let isGone = rules.catalogue.availability(of: number) == .absent
            if target.state != .removed || isGone { rules.catalogue.setNames(isGone ? [] : target.names, of: number) }
        }
        rules.catalogue.setShownIDs(hello.shownIDs)
        hasRules = true
        return (indexes, wantsHead)
    }

    /// Tokens, origins and base path after the options changed; the parser, too, since its limits may have.
    func reapplyRules() {
        if hasRules { apply(overridden(announced)) }
        parser = RequestHeadParser(limits: limits.http, customField: rules.authenticator.header)
    }

    /// Options win over what the app announces.
    private func overridden(_ announced: ExposureSettings) -> ExposureSettings {
        var settings = announced
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

    /// Puts rules into force. Calls under way keep their targets and their CORS lines.
    private func apply(_ next: ExposureSettings) {
        guard next != settings || !hasRules else { return }
        settings = next
        rules.apply(next)
        parser = RequestHeadParser(limits: limits.http, customField: rules.authenticator.header)
    }
}
