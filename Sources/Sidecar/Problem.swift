internal import Bytes
internal import Exposure
internal import HTTPCodec
internal import Metrics

/// TEMPORARY table until the Exposure's envelope lands.
enum Problem: Equatable {
    case http(HTTPError)
    case exposure(Rejection)
    case preflight, invalidJSON, payloadTooLarge, overloaded, noWorker, workerLost, timeout, streamsNotServed, notFound

    var status: Int {
        switch self {
        case .http(let e): e.status
        case .preflight: 204
        case .invalidJSON: 400
        case .payloadTooLarge: 413
        case .overloaded, .noWorker: 503
        case .workerLost: 502
        case .timeout: 504
        case .streamsNotServed: 415
        case .notFound, .exposure: 404
        }
    }
    var closesConnection: Bool { if case .http = self { true } else { false } }
    var failureIndex: Int { 0 }
    static let taskFailedIndex = 1
    static let clientClosedIndex = 2
    static let labels = [
        FailureLabel(side: "front", reason: "x"), FailureLabel(side: "task", reason: "threw"),
        FailureLabel(side: "client", reason: "closed"),
    ]
}

struct ProblemWriter {
    func write(
        _ problem: Problem, exposure: ExposureEngine?, cors: Int, date: Span<UInt8>, keepAlive: Bool,
        minorVersion: UInt8,
        into out: inout ByteBuffer
    ) {
        StatusLine.write(status: problem.status, into: &out)
        let body = Array("{\"ok\":false,\"error\":{\"message\":\"\(problem)\"}}".utf8)
        out.append("content-type: application/json; charset=utf-8\r\ncontent-length: ")
        out.append(decimal: body.count)
        out.append("\r\nDate: ")
        out.append(date)
        out.append(
            keepAlive ? "\r\nConnection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n" : "\r\nConnection: close\r\n\r\n")
        out.append(body)
    }
}
