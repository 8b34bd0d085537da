internal import Bytes
internal import EventLoop
internal import Logging
internal import Metrics
internal import Settings

/// The endpoints, and what each answers.
extension AdminServer {
    typealias Answer = (AdminResponse) -> Void

    private struct Endpoint {
        let path: String
        let help: String
        var changes = false
        let respond: (AdminServer, AdminRequest, @escaping Answer) -> Void
    }

    private static var endpoints: [Endpoint] {
        [
            Endpoint(path: "/", help: "the status page") { _, _, answer in answer(.html(AdminPage.html)) },
            Endpoint(path: "/livez", help: "200 while this process works") { _, _, answer in
                answer(.text(200, "alive\n"))
            },
            Endpoint(path: "/readyz", help: "200, or 503 with the reasons; ?format=json") { server, request, answer in
                answer(server.readiness(asJSON: request.wantsJSON))
            },
            Endpoint(path: "/metrics", help: "for Prometheus") { server, request, answer in
                let format = ExpositionFormat(accept: Array(request.accept.utf8).span)
                server.withSnapshot(answer) { snapshot in
                    .bytes(format.contentType) { PrometheusText.write(snapshot, format, into: &$0) }
                }
            },
            Endpoint(path: "/stats.json", help: "the numbers of the status page") { server, _, answer in
                server.withSnapshot(answer) { snapshot in
                    .bytes("application/json; charset=utf-8") { StatsJSON.write(snapshot, into: &$0) }
                }
            },
            Endpoint(path: "/history.json", help: "the last minutes, for the page's charts") { server, _, answer in
                answer(.bytes("application/json; charset=utf-8") { server.front.history.write(into: &$0) })
            },
            Endpoint(path: "/workers", help: "the Node processes, as JSON") { server, _, answer in
                server.withSnapshot(answer) { .json(200, WorkersJSON.text($0.workers)) }
            },
            Endpoint(path: "/config", help: "what is in force and where it came from, as JSON") { server, _, answer in
                answer(.json(200, server.front.configuration.reportJSON() + "\n"))
            },
            Endpoint(path: "/log-level", help: "the level in force; PUT changes it", changes: true) {
                server, request, answer in
                let changes = request.method == "PUT"
                answer(changes ? server.setLogLevel(request.body) : .text(200, "\(LogSettings.level)\n"))
            },
        ]
    }

    /// Answers now, or once the serving loops have reported.
    func respond(to request: AdminRequest, _ answer: @escaping Answer) {
        if let objection = request.objection(names: front.configuration.adminHosts) {
            return answer(.text(403, objection + "\n"))
        }
        let endpoints = Self.endpoints
        guard let endpoint = endpoints.first(where: { $0.path == request.path }) else {
            let list = endpoints.map { "  \($0.path.padded(to: 12))  \($0.help)\n" }.joined()
            return answer(.text(404, "There is no \(request.path.prefix(100)) here. There is:\n\(list)"))
        }
        let methods = endpoint.changes ? ["GET", "HEAD", "PUT"] : ["GET", "HEAD"]
        guard methods.contains(request.method) else {
            let allow = methods.joined(separator: ", ")
            return answer(.text(405, "\(endpoint.path) takes \(allow), not \(request.method)\n", allow: allow))
        }
        endpoint.respond(self, request, answer)
    }

    private func readiness(asJSON: Bool) -> AdminResponse {
        let reasons = front.readiness.reasons()
        let status = reasons.isEmpty ? 200 : 503
        guard asJSON else {
            let lines = reasons.map { "\($0.code): \($0.sentence)\n" }.joined()
            return .text(status, reasons.isEmpty ? "ready\n" : lines)
        }
        let members = reasons.map {
            "{\"code\":\(LineLogHandler.json($0.code)),\"message\":\(LineLogHandler.json($0.sentence))}"
        }
        return .json(status, "{\"ready\":\(reasons.isEmpty),\"reasons\":[\(members.joined(separator: ","))]}\n")
    }

    private func setLogLevel(_ body: String) -> AdminResponse {
        let name = body.filter { !$0.isWhitespace }
        guard let level = Settings.LogLevel(rawValue: name) else {
            let names = Settings.LogLevel.allCases.map(\.rawValue).joined(separator: ", ")
            return .text(400, "The body must be one of \(names)\n")
        }
        let before = LogSettings.level
        front.configuration = front.configuration.withLogLevel(level, from: .admin(endpoint: "PUT /log-level"))
        LogSettings.level = level
        front.logger.notice("log level changed", metadata: ["from": "\(before)", "to": "\(level)"])
        return .text(200, "\(level)\n")
    }

    /// Gathers what the loops counted, and answers with what `show` makes of it.
    private func withSnapshot(_ answer: @escaping Answer, show: @escaping (MetricsSnapshot) -> AdminResponse) {
        front.takeSnapshot { snapshot in
            answer(snapshot.map(show) ?? .text(503, "A serving loop did not report in time\n"))
        }
    }
}

/// `GET /workers`.
enum WorkersJSON {
    static func text(_ workers: [WorkerStats]) -> String {
        let members = workers.map { worker in
            """
            {"id":\(LineLogHandler.json(worker.id)),"pid":\(worker.pid),"state":"\(worker.state)",\
            "nodeVersion":\(LineLogHandler.json(worker.nodeVersion)),\
            "runnerVersion":\(worker.runnerVersion.isEmpty ? "null" : LineLogHandler.json(worker.runnerVersion)),\
            "callsInFlight":\(worker.callsInFlight),"calls":\(worker.calls),\
            "eventLoopLagMicroseconds":\(worker.eventLoopLagMicroseconds),\
            "lastPongMilliseconds":\(worker.lastPongMilliseconds),\
            "residentBytes":\(number(worker.load?.residentBytes)),\
            "heapUsedBytes":\(number(worker.load?.heapUsedBytes)),\
            "heapTotalBytes":\(number(worker.load?.heapTotalBytes)),\
            "eventLoopUtilizationMillionths":\(number(worker.load?.utilizationMillionths))}
            """
        }
        return "{\"workers\":[\(members.joined(separator: ","))]}\n"
    }

    private static func number(_ value: Int?) -> String { value.map { "\($0)" } ?? "null" }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(0, width - count))
    }
}
