internal import Bytes
internal import BridgeProtocol
internal import EventLoop
internal import Metrics
internal import Settings

/// The access log's hooks.
extension FrontLoop {
    /// Writes down a request that is over.
    /// - Parameter failure: its place in `FailureCause.labels`.
    func logAccess(_ call: Call, status: Int, failure: Int?) {
        guard accessLog.takes(isFailure: failure != nil || status >= 500) else { return }
        let now = turnNanoseconds
        let wasDispatched = call.dispatchedNanoseconds != 0
        let answered = call.answeredNanoseconds != 0 ? call.answeredNanoseconds : now
        let target = call.target >= 0 && call.kind != .discovery ? targetRoutes[Int(call.target)] : nil
        accessLog.append(
            AccessLog.Entry(
                method: call.method, route: call.kind == .unmatched ? target?.kind ?? .unmatched : call.kind,
                target: target?.id,
                status: status, requestBytes: call.requestBytes, responseBytes: call.answerBytes,
                durationNanoseconds: now &- call.receivedNanoseconds,
                workerNanoseconds: wasDispatched ? answered &- call.dispatchedNanoseconds : nil,
                workerPID: link(of: call)?.worker.pid,
                failure: failure.map { FailureCause.labels[$0] }),
            notes: call.notes,
            client: call.notes?.forwardedFor?.text ?? connection(of: call)?.peer.host ?? "",
            basePath: basePath)
    }

    /// Writes down that a client did not take an answer whose request has its line already.
    func logStalled(_ connection: ClientConnection) {
        guard accessLog.takes(isFailure: true) else { return }
        accessLog.append(
            AccessLog.Entry(
                method: .other, route: .unmatched, target: nil, status: 499, requestBytes: 0, responseBytes: 0,
                durationNanoseconds: 0, workerNanoseconds: nil, workerPID: nil,
                failure: FailureCause.labels[FailureCause.clientStalled]),
            notes: nil, client: connection.peer.host, basePath: basePath)
    }

    /// Where the exposure's routes begin.
    var basePath: String { settings.basePath }
}

/// A task or event as the access log names it, whether or not it has a metrics label of its own.
struct TargetRoute {
    let kind: RouteKind
    let id: String
}
