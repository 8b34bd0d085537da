internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Exposure
internal import Metrics
internal import Settings

/// The access log's hooks.
extension ServingLoop {
    /// Writes down a request that is over.
    /// - Parameter failure: its place in `FailureCause.labels`.
    func logAccess(_ call: Call, status: Int, failure: Int?) {
        guard accounts.takes(isFailure: failure != nil || status >= 500) else { return }
        let now = clock.nanoseconds
        let wasDispatched = call.dispatchedNanoseconds != 0
        let answered = call.respondedNanoseconds != 0 ? call.respondedNanoseconds : now
        let target = call.target >= 0 && call.kind != .discovery ? exposure.targetRoutes[Int(call.target)] : nil
        accounts.log(
            AccessLog.Entry(
                method: call.method, route: route(of: call),
                target: target?.id ?? (call.asked?.isKnown == true ? call.asked?.id : nil),
                unknownTarget: call.asked?.isKnown == false ? call.asked?.id : nil,
                status: status, requestBytes: call.requestBytes, responseBytes: call.responseBytes,
                durationNanoseconds: now &- call.receivedNanoseconds,
                workerNanoseconds: wasDispatched ? answered &- call.dispatchedNanoseconds : nil,
                workerPID: admission.workers.link(call.linkNumber)?.worker.pid
                    ?? (call.lostWorkerPID != 0 ? Int(call.lostWorkerPID) : nil),
                failure: failure.map { FailureCause.labels[$0] }),
            trace: call.trace,
            client: call.trace?.forwardedFor?.text ?? connections[call]?.peer.host ?? "",
            basePath: exposure.basePath)
    }

    /// What it was for, or what a refused one asked for.
    private func route(of call: Call) -> RouteKind {
        guard call.kind == .unmatched, let asked = call.asked else { return call.kind }
        return asked.kind == .event ? .event : .task
    }

    /// Writes down that a client did not take an answer whose request has its line already.
    func logStalled(_ connection: ClientConnection) {
        guard accounts.takes(isFailure: true) else { return }
        accounts.log(
            AccessLog.Entry(
                method: .other, route: .unmatched, target: nil, unknownTarget: nil, status: 499, requestBytes: 0,
                responseBytes: 0,
                durationNanoseconds: 0, workerNanoseconds: nil, workerPID: nil,
                failure: FailureCause.labels[FailureCause.clientStalled]),
            trace: nil, client: connection.peer.host, basePath: exposure.basePath)
    }
}
