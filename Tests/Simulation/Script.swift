import BridgeProtocol
import Settings

/// A plan as a person reads it.
enum Script {
    static func text(_ plan: Plan) -> String {
        var lines: [String] = []
        let configuration = plan.configuration
        lines.append(
            "CORS \(plan.cors.rawValue); token \(plan.hasAuth ? "" : "not ")asked for; "
                + "allow-list \(plan.hasAllowList), streams \(plan.takesStreams), everything \(plan.takesEverything)"
        )
        lines.append(
            "timeouts in ms: head \(configuration.headerTimeoutMilliseconds), "
                + "body \(configuration.bodyTimeoutMilliseconds), idle \(configuration.idleTimeoutMilliseconds), "
                + "write \(configuration.writeTimeoutMilliseconds), task \(configuration.taskTimeoutMilliseconds), "
                + "worker wait \(configuration.workerWaitMilliseconds), ping \(configuration.workerPingMilliseconds)"
        )
        lines.append(
            "request ids \(configuration.requestID), access log \(configuration.accessLog)"
        )
        for worker in plan.workers { lines.append(text(worker)) }
        for step in plan.operators { lines.append("operator at \(step.atMilliseconds) ms: \(step.action)") }
        for client in plan.clients.prefix(20) {
            lines.append(text(client))
            for request in client.requests.prefix(20) { lines.append("  " + text(request)) }
            if client.requests.count > 20 { lines.append("  ... \(client.requests.count - 20) more") }
        }
        if plan.clients.count > 20 { lines.append("... \(plan.clients.count - 20) more clients") }
        return lines.map { "  " + $0 }.joined(separator: "\n")
    }

    private static func text(_ worker: WorkerPlan) -> String {
        var text = "worker \(worker.number) joins at \(worker.joinsMicroseconds) µs"
        if worker.pieceBytes != .max { text += ", writes \(worker.pieceBytes) bytes a turn" }
        if worker.hasNoAuth { text += ", asks for no token" }
        if worker.questionDelayMicroseconds > 0 {
            text += ", answers origins after \(worker.questionDelayMicroseconds) µs"
        }
        if let rejoins = worker.rejoinsMilliseconds { text += ", comes back after \(rejoins) ms" }
        for (at, event) in worker.events { text += "; at \(at) ms \(event)" }
        return text
    }

    private static func text(_ client: ClientPlan) -> String {
        var text =
            "client \(client.number) from \(client.startMicroseconds) µs, \(client.depth) at a time, "
            + "reads \(client.reading)"
        if client.reading != .prompt { text += " (\(client.readBytes) bytes, \(client.readGapMicroseconds) µs)" }
        text += ", in the end \(client.leaving)"
        if let early = client.leavesEarlyAfter { text += " behind request \(early)" }
        if client.inFlightBytes != 64 << 10 { text += ", \(client.inFlightBytes) bytes under way" }
        return text
    }

    static func text(_ request: RequestPlan) -> String {
        var text = "~\(request.number)~ \(request.kind)"
        if request.kind == .malformed { text += " \(request.malformation)" }
        text += " \(request.method) HTTP/1.\(request.isHTTP10 ? 0 : 1)"
        text += request.target.map { " \(Plan.targets[$0].id)" } ?? " unknown"
        text += ", body \(request.framing)"
        text += request.hasInput ? " +\(request.padBytes)" : " empty"
        if request.isBadJSON { text += ", bad JSON" }
        if request.expectsContinue { text += ", expects 100" }
        if let connection = request.connection { text += ", connection \(connection)" }
        if request.token != .right { text += ", token \(request.token)" }
        if request.origin != .none { text += ", origin \(request.origin)" }
        if request.hasPlainHead { text += ", plain head" }
        if request.end != .whole { text += ", \(request.end)" }
        if request.pieceBytes != .max {
            text += ", in pieces of \(request.pieceBytes) every \(request.pieceGapMicroseconds) µs"
        }
        if request.pauseMicroseconds > 0 { text += ", after \(request.pauseMicroseconds) µs" }
        let response = request.response
        text += " => \(response.kind)"
        if response.status != 200 { text += " \(response.status)" }
        text += " +\(response.padBytes) after \(response.delayMicroseconds) µs"
        if response.isBlocking { text += ", blocking" }
        if response.kind == .streamed {
            text += ", \(response.framing) in \(response.pieces) pieces every \(response.pieceGapMicroseconds) µs"
            if let cut = response.cutBehindPiece { text += ", cut behind \(cut)" }
            if response.answersEarly { text += ", early" }
        }
        if response.closes { text += ", closes" }
        if response.extra != .none { text += ", \(response.extra)" }
        return text
    }
}
