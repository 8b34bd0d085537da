import Settings

/// Makes a run that fails smaller, as long as it fails in the same way.
enum Shrinker {
    /// Runs that may be tried.
    private static let tries = 600

    static func shrink(_ plan: Plan, _ kind: String) -> Plan {
        var best = plan
        var left = tries
        func fails(_ candidate: Plan) -> Bool {
            guard left > 0 else { return false }
            left -= 1
            return Run.carryOut(candidate).violation?.kind == kind
        }
        func attempt(_ change: @escaping (inout Plan) -> Void) -> Bool {
            var candidate = best
            change(&candidate)
            guard fails(candidate) else { return false }
            best = candidate
            return true
        }
        var isSmaller = true
        while isSmaller && left > 0 {
            isSmaller = false
            if drop(from: \.clients, &best, fails) { isSmaller = true }
            if drop(from: \.operators, &best, fails) { isSmaller = true }
            if drop(from: \.workers, &best, fails) { isSmaller = true }
            for index in best.workers.indices where index < best.workers.count {
                if drop(from: \.workers[index].events, &best, fails) { isSmaller = true }
            }
            for index in best.clients.indices where index < best.clients.count {
                if drop(from: \.clients[index].requests, &best, fails) { isSmaller = true }
            }
            if best.requestCount <= 40 && simplify(&best, attempt) { isSmaller = true }
        }
        return best
    }

    /// Leaves out as much of a list as it can, large parts first.
    private static func drop<Element>(
        from path: WritableKeyPath<Plan, [Element]>, _ best: inout Plan, _ fails: (Plan) -> Bool
    ) -> Bool {
        var hasDropped = false
        var size = max(1, best[keyPath: path].count / 2)
        while !best[keyPath: path].isEmpty {
            var start = 0
            while start < best[keyPath: path].count {
                var candidate = best
                let end = min(start + size, candidate[keyPath: path].count)
                candidate[keyPath: path].removeSubrange(start..<end)
                if fails(candidate) {
                    best = candidate
                    hasDropped = true
                } else {
                    start = end
                }
            }
            if size == 1 { break }
            size = max(1, size / 2)
        }
        return hasDropped
    }

    private static func simplify(_ best: inout Plan, _ attempt: (@escaping (inout Plan) -> Void) -> Bool) -> Bool {
        var isSimpler = false
        func once(_ wouldChange: Bool, _ change: @escaping (inout Plan) -> Void) {
            if wouldChange && attempt(change) { isSimpler = true }
        }
        for (at, client) in best.clients.enumerated() {
            once(client.reading != .prompt) { $0.clients[at].reading = .prompt }
            once(client.startMicroseconds != 0) { $0.clients[at].startMicroseconds = 0 }
            once(client.inFlightBytes != 64 << 10) { $0.clients[at].inFlightBytes = 64 << 10 }
            once(client.depth != 1) { $0.clients[at].depth = 1 }
            for (number, request) in client.requests.enumerated() {
                func change(_ body: @escaping (inout RequestPlan) -> Void) -> (inout Plan) -> Void {
                    { body(&$0.clients[at].requests[number]) }
                }
                once(request.pieceBytes != .max, change { $0.pieceBytes = .max })
                once(request.pauseMicroseconds != 0, change { $0.pauseMicroseconds = 0 })
                once(request.padBytes > 0, change { $0.padBytes /= 2 })
                once(request.origin != .none, change { $0.origin = .none })
                once(request.expectsContinue, change { $0.expectsContinue = false })
                once(request.isHTTP10, change { $0.isHTTP10 = false })
                once(request.connection != nil, change { $0.connection = nil })
                once(request.framing == .chunked, change { $0.framing = .length })
                once(request.response.delayMicroseconds != 0, change { $0.response.delayMicroseconds = 0 })
                once(request.response.padBytes > 0, change { $0.response.padBytes = 0 })
                once(request.kind == .call && request.response.kind != .result, change { $0.response.kind = .result })
                once(request.response.extra != .none, change { $0.response.extra = .none })
            }
        }
        for (at, worker) in best.workers.enumerated() {
            once(worker.pieceBytes != .max) { $0.workers[at].pieceBytes = .max }
            once(worker.joinsMicroseconds != 0) { $0.workers[at].joinsMicroseconds = 0 }
        }
        once(best.configuration.requestID) { $0.configuration.requestID = false }
        once(best.configuration.accessLog != .off) { $0.configuration.accessLog = .off }
        return isSimpler
    }
}
