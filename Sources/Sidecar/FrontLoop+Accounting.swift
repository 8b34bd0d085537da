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
        if call.dispatchedNanoseconds != 0 {
            metrics.record(.worker, nanoseconds: now &- call.dispatchedNanoseconds)
        }
        if let problem = call.problem {
            metrics.recordFailure(
                problem.failureIndex, status: Int(call.status), route: routeSlot(of: call),
                unixMilliseconds: WallClock.unixMilliseconds)
        } else if call.taskFailed {
            metrics.recordFailure(
                Problem.taskFailedIndex, status: Int(call.status), route: routeSlot(of: call),
                unixMilliseconds: WallClock.unixMilliseconds)
        }
        release(call)
    }

    /// A call whose client left.
    func abandoned(_ call: Call) {
        metrics.add(.callsCancelled)
        metrics.recordFailure(
            Problem.clientClosedIndex, status: 499, route: routeSlot(of: call),
            unixMilliseconds: WallClock.unixMilliseconds)
        release(call)
    }

    private func release(_ call: Call) {
        let link = call.link
        calls.release(call)
        link?.callEnded()
        if isDraining { checkDrained() }
    }

    /// A streamed answer ended before it was complete.
    func cut(_ call: Call) {
        call.taskFailed = true
    }

    func malformedBody(_ error: HTTPError, _ call: Call) {
        metrics.recordFailure(
            Problem.http(error).failureIndex, status: error.status, route: routeSlot(of: call),
            unixMilliseconds: WallClock.unixMilliseconds)
    }

    private func routeSlot(of call: Call) -> LoopMetrics.RouteSlot {
        switch call.kind {
        case .task, .event: call.target >= 0 ? targetSlots[Int(call.target)] : LoopMetrics.route(call.kind)
        default: LoopMetrics.route(call.kind)
        }
    }
}

extension FrontLoop {
    func clientLeft(_ connection: ClientConnection) {}
    func count(_ problem: Problem, _ call: Call) {
        metrics.recordFailure(
            problem.failureIndex, status: problem.status, route: LoopMetrics.route(call.kind),
            unixMilliseconds: WallClock.unixMilliseconds)
    }
    func streamedIn(_ bytes: Int) { metrics.add(.streamBytesReceived, bytes) }
    func streamedOut(_ bytes: Int) { metrics.add(.streamBytesSent, bytes) }
}
