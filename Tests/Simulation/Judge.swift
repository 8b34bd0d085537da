import Bytes
import Settings

/// Whether a response is one that its request may get.
struct Judge {
    let world: World
    let record: Record
    let response: SeenResponse

    private var plan: RequestPlan { record.plan }

    private func fail(_ kind: String, _ detail: String = "") {
        let head = String(decoding: response.head.prefix(400), as: UTF8.self)
        let body = String(decoding: response.body.prefix(200), as: UTF8.self)
        world.fail(kind, "\(record.mark) \(detail)\n\(head)\(body)", plan.number)
    }

    func judge() {
        checkMarks()
        checkRequestID()
        if plan.method == "HEAD" && response.streamMark == nil {
            judgeHead()
        } else if let code = response.code {
            judgeRefusal(code)
        } else if response.status == 204 && plan.kind == .preflight && record.dispatches == 0 {
            checkOrigin(isRequired: true)
        } else {
            judgeGiven()
        }
    }

    /// Nothing of another request is in it.
    private func checkMarks() {
        let own = plan.number
        for bytes in [response.head, response.body] {
            Marks.each(in: bytes.span) { number in
                if number != own { fail("a response has something of another request", "~\(number)~") }
            }
        }
    }

    private func checkRequestID() {
        guard world.plan.configuration.requestID, plan.kind != .malformed, plan.kind != .preflight, record.isComplete
        else { return }
        guard let id = response.requestID else {
            // A head that was not there in time has no id, whatever has come since.
            if response.status == 408 { return }
            return fail("a response lacks its request's id")
        }
        if !plan.hasPlainHead && id != record.mark { fail("a response has another request id", id) }
    }

    // MARK: What workers gave

    private func judgeGiven() {
        guard let given = record.given else {
            return fail("a response came that no worker gave", "\(response.status)")
        }
        switch given {
        case .result(let payload):
            let wanted = Array("{\"ok\":true,\"result\":".utf8) + payload + Array("}".utf8)
            if response.status != 200 || response.body != wanted { fail("a response is not what the worker gave") }
            checkOrigin(isRequired: true)
        case .empty:
            if response.status != 200 || response.body != Array("{\"ok\":true}".utf8) {
                fail("a response is not what the worker gave")
            }
            checkOrigin(isRequired: true)
        case .body(let status, let payload):
            if response.status != status || response.body != payload { fail("a response is not what the worker gave") }
            checkOrigin(isRequired: true)
        case .noContent(let status):
            if response.status != status { fail("a response is not what the worker gave") }
        case .stream(let streamed):
            judgeStream(streamed)
        }
    }

    private func judgeStream(_ streamed: Record.Streamed) {
        guard response.status == streamed.status, response.streamMark == record.mark else {
            return fail("a response is not what the worker gave")
        }
        if plan.method == "HEAD" { return }
        if !streamed.isEnded {
            if response.body.count < streamed.bodyBytes || streamed.framing != .length {
                return fail("a response that was cut looks whole")
            }
        }
        guard response.body.count == streamed.bodyBytes else {
            return fail("a streamed response has another length", "\(response.body.count) for \(streamed.bodyBytes)")
        }
        let mark = Array(record.mark.utf8)
        for (offset, byte) in response.body.enumerated()
        where byte != StreamBody.byte(plan.number, at: offset, mark: mark) {
            return fail("a streamed response has other bytes", "at \(offset)")
        }
    }

    // MARK: What the front refuses

    private func judgeRefusal(_ code: String) {
        if case .body(let status, let payload)? = record.given, response.status == status, response.body == payload {
            return checkOrigin(isRequired: true)
        }
        if let problem = problem(code) { fail("a request was refused for no reason", "\(code): \(problem)") }
        if plan.method == "HEAD" && !response.body.isEmpty { fail("a HEAD was answered with a body") }
        let isCall = plan.kind == .call || plan.kind == .discovery
        switch code {
        case "UNAUTHORIZED", "NOT_EXPOSED", "INVALID_JSON": checkOrigin(isRequired: isCall)
        case "NOT_FOUND": checkOrigin(isRequired: isCall)
        case "WORKER_LOST", "BAD_WORKER_ANSWER", "TIMEOUT", "NO_WORKER", "OVERLOADED":
            checkOrigin(isRequired: isCall && !world.asksOrigins && world.hadWorker)
        default: checkOrigin(isRequired: false)
        }
    }

    /// Such a refusal does not say its code.
    private func judgeHead() {
        let codes: [Int: [String]] = [
            400: ["MALFORMED_REQUEST_LINE"], 401: ["UNAUTHORIZED"], 404: ["NOT_FOUND", "NOT_EXPOSED"],
            405: ["METHOD_NOT_ALLOWED"],
            408: ["REQUEST_TIMEOUT"], 413: ["PAYLOAD_TOO_LARGE"], 500: ["INTERNAL_ERROR"],
            502: ["WORKER_LOST", "BAD_WORKER_ANSWER"], 503: ["NO_WORKER", "OVERLOADED", "DRAINING"],
            504: ["TIMEOUT"],
        ]
        let problems = (codes[response.status] ?? []).map { problem($0) }
        if !problems.contains(where: { $0 == nil }) {
            fail("a request was refused for no reason", "\(response.status): \(problems.compactMap { $0 })")
        }
        checkOrigin(isRequired: false)
    }

    /// Why `code` is no answer to this request; nil when it is one.
    private func problem(_ code: String) -> String? {
        let begun = record.begun ?? world.now
        let wasDispatched = record.dispatches > 0
        switch code {
        case "UNAUTHORIZED":
            if wasDispatched { return "it was dispatched" }
            return world.admits(record.token, since: begun).always ? "its token opens" : nil
        case "NOT_FOUND", "NOT_EXPOSED":
            if wasDispatched { return "it was dispatched" }
            if plan.kind == .outside || plan.kind == .noURL { return nil }
            if plan.kind == .call, plan.target == nil || plan.target == 4 {
                return world.admits(record.token, since: begun).sometimes ? nil : "its token does not open"
            }
            return "its target is there"
        case "METHOD_NOT_ALLOWED": return plan.kind == .wrongMethod ? nil : "its method is right"
        case "INVALID_JSON": return plan.isBadJSON ? nil : "its body is JSON"
        case "INTERNAL_ERROR":
            if plan.kind == .noURL { return nil }
            return plan.origin == .throwing && world.plan.cors == .function ? nil : "nothing threw"
        case "PAYLOAD_TOO_LARGE", "BODY_TOO_LARGE":
            return (record.text?.bodyBytes ?? 0) > world.configuration.bodyLimitBytes ? nil : "its body is small enough"
        case "UNSUPPORTED_MEDIA_TYPE": return plan.kind == .stream || plan.malformation == 13 ? nil : "it is a call"
        case "REQUEST_TIMEOUT":
            let limit = min(
                world.plan.configuration.headerTimeoutMilliseconds, world.plan.configuration.bodyTimeoutMilliseconds)
            let end = record.complete ?? world.now
            // The first head is due from the moment the connection is there.
            let since = record.startOffset == 0 ? record.connected : begun
            return since + UInt64(limit - 100) * 1_000_000 <= end ? nil : "it came in time"
        case "NO_WORKER":
            if wasDispatched { return "it was dispatched" }
            return world.lastWithoutWorker >= begun ? nil : "a worker was ready all the time"
        case "OVERLOADED":
            if wasDispatched { return "it was dispatched" }
            if world.lastWithoutWorker >= begun { return nil }
            return world.isOftenFull ? nil : "nothing was full"
        case "DRAINING": return world.isStopping ? nil : "nobody stops"
        case "WORKER_LOST":
            if record.dispatches == 0 && world.lastLinkLoss >= begun { return nil }
            return world.hasLostLink(of: record) ? nil : "its worker is there"
        case "BAD_WORKER_ANSWER":
            if case .noContent? = record.given { return nil }
            if world.lastBreak >= record.dispatched ?? begun { return nil }
            return record.workerBroke || record.gaveNothing ? nil : "its worker broke nothing"
        case "TIMEOUT":
            if world.cutShortAt != nil { return nil }
            // When it was written to its worker only the front knows.
            let since = record.complete ?? begun
            let limit = UInt64(world.plan.configuration.taskTimeoutMilliseconds - 100) * 1_000_000
            return since + limit <= world.now ? nil : "it had time left"
        case "MALFORMED_REQUEST_LINE" where !record.isComplete && plan.kind != .malformed:
            return plan.end == .whole ? "it goes on" : nil
        default:
            guard plan.kind == .malformed else { return "it is well-formed" }
            return response.closes ? nil : "the connection has to end"
        }
    }

    // MARK: Origins

    private func checkOrigin(isRequired: Bool) {
        guard plan.kind != .malformed else { return }
        if response.allowedOriginCount > 1 { fail("a response has several Access-Control-Allow-Origin") }
        let wanted = world.allowedOrigin(record.text?.origin)
        if let seen = response.allowedOrigin {
            if seen != wanted { fail("a response allows another origin", "\(seen) for \(wanted ?? "none")") }
        } else if isRequired, wanted != nil {
            fail("a response lacks its origin", wanted ?? "")
        }
    }
}
