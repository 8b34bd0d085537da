internal import Bytes
internal import EventLoop
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// What is counted, and when a call's memory goes back.
extension FrontLoop {
    /// A call's answer is written: counts it and gives it back.
    func finished(_ call: Call) {
        let now = turnNanoseconds
        metrics.recordRequest(
            routeSlot(of: call), method: call.method, status: Int(call.status),
            nanoseconds: now &- call.receivedNanoseconds, requestBodyBytes: call.requestBytes,
            responseBodyBytes: call.answerBytes)
        if call.dispatchedNanoseconds != 0 && call.kind != .listener { stageAnswered(call) }
        let failure = failure(of: call)
        if let failure {
            metrics.recordFailure(
                failure, status: Int(call.status), route: routeSlot(of: call),
                unixMilliseconds: loop.unixMilliseconds)
        }
        if failure != nil || accessLog.isOn { logAccess(call, status: Int(call.status), failure: failure) }
        release(call)
    }

    /// Which of `FailureCause.labels` a finished call counts under; nil when all went well.
    private func failure(of call: Call) -> Int? {
        if let rejection = call.rejection { return FailureCause.index(of: rejection) }
        if call.answerWasCut { return FailureCause.answerCut }
        return call.taskFailed ? FailureCause.taskFailed : nil
    }

    /// A call whose client left.
    func abandoned(_ call: Call) {
        metrics.add(.callsCancelled)
        let own = call.clientStalled ? FailureCause.clientStalled : FailureCause.clientLeft
        // A problem that ended the call was counted when it happened; the client did not leave of its own accord.
        if call.rejection == nil {
            metrics.recordFailure(
                own, status: 499, route: routeSlot(of: call), unixMilliseconds: loop.unixMilliseconds)
        }
        let failure = call.rejection.map(FailureCause.index) ?? own
        logAccess(call, status: call.rejection?.answer.status ?? 499, failure: failure)
        release(call)
    }

    private func release(_ call: Call) {
        let number = call.linkNumber
        rules.release(call.cors)
        calls.release(call, &loop.pool)
        if number != 0 {
            workers.callsInFlight -= 1
            // A link that is gone by now has nothing to count.
            workers.link(number)?.callEnded()
        }
        if isDraining { checkDrained() }
    }

    /// A streamed answer ended before it was complete.
    func cut(_ call: Call) {
        call.answerWasCut = true
    }

    func malformedBody(_ error: HTTPError, _ call: Call) {
        metrics.recordFailure(
            FailureCause.index(of: .http(error)), status: error.status, route: routeSlot(of: call),
            unixMilliseconds: loop.unixMilliseconds)
    }

    func routeSlot(of call: Call) -> LoopMetrics.RouteSlot {
        switch call.kind {
        case .discovery, .listener: LoopMetrics.route(call.kind)
        // `unmatched` with a target is a call the front answered itself, such as one whose body was no JSON.
        case .task, .event, .unmatched: call.target >= 0 ? targetSlots[Int(call.target)] : LoopMetrics.route(call.kind)
        }
    }
}

extension FrontLoop {
    /// A client took nothing of its answer for too long, and is about to be cut.
    func clientStalled(_ connection: ClientConnection) {
        if let call = connection.firstCall {
            call.clientStalled = true
            return
        }
        // The answer was written whole, and its request counted and logged as answered.
        metrics.recordFailure(
            FailureCause.clientStalled, status: 499, route: LoopMetrics.route(.unmatched),
            unixMilliseconds: loop.unixMilliseconds)
        logStalled(connection)
    }

    func count(_ rejection: Rejection, _ call: Call) {
        call.rejection = rejection
        metrics.recordFailure(
            FailureCause.index(of: rejection), status: rejection.answer.status, route: LoopMetrics.route(call.kind),
            unixMilliseconds: loop.unixMilliseconds)
    }
    func streamedIn(_ bytes: Int) { metrics.add(.streamBytesReceived, bytes) }
    func streamedOut(_ bytes: Int) { metrics.add(.streamBytesSent, bytes) }
}
