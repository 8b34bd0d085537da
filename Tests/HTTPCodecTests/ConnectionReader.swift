import Bytes

@testable import HTTPCodec

/// What a whole connection's bytes come to: how a server would read them, without the sockets.
struct ConnectionReading: Equatable {
    struct Request: Equatable, Codable {
        var method: String
        var target: String
        var fields: Int
        var body: [UInt8]
    }

    enum End: Equatable {
        /// Nothing was left over.
        case clean
        case incomplete
        case tunnel
        case refused(HTTPError)
        /// Bytes behind a request that said it was the last.
        case bytesAfterClose
    }

    var requests: [Request] = []
    var end = End.clean

    /// Whether no request is taken from these bytes behind the `requests`.
    var isRefused: Bool {
        switch end {
        case .refused, .bytesAfterClose: true
        case .clean, .incomplete, .tunnel: false
        }
    }

    /// Reads `bytes`, each head in pieces of `pieceBytes`.
    init(_ bytes: [UInt8], pieceBytes: Int = .max) {
        let parser = RequestHeadParser()
        var at = 0
        while at < bytes.count {
            let rest = Array(bytes[at...])
            let head = RequestHead()
            var scan = HeadScan()
            var progress = HeadProgress.incomplete
            var given = 0
            while progress == .incomplete && given < rest.count {
                given = pieceBytes < rest.count - given ? given + pieceBytes : rest.count
                progress = parser.parse(rest.span.extracting(0..<given), resuming: &scan, into: head)
            }
            switch progress {
            case .incomplete:
                // Empty lines that wait for a request line are nothing begun.
                end = rest.allSatisfy { $0 == 10 || $0 == 13 } ? .clean : .incomplete
                return
            case .failed(let error):
                end = .refused(error)
                return
            case .complete:
                break
            }
            precondition(head.headBytes <= rest.count && head.headBytes > 0)
            for field in KnownField.allCases where head[field].isPresent {
                precondition(head[field].value.range.upperBound <= head.headBytes)
            }
            var request = Request(
                method: text(rest, head.methodRange), target: text(rest, head.target), fields: head.fieldCount, body: []
            )
            let body = Array(rest[head.headBytes...])
            at += head.headBytes
            if head.method == .connect {
                requests.append(request)
                end = .tunnel
                return
            }
            switch head.framing {
            case .none:
                break
            case .contentLength(let length):
                guard length <= body.count else {
                    end = .incomplete
                    return
                }
                request.body = Array(body[..<length])
                at += length
            case .chunked:
                let dechunked = dechunk(body)
                guard dechunked.outcome == .end else {
                    if case .failed(let error)? = dechunked.outcome { end = .refused(error) } else { end = .incomplete }
                    return
                }
                request.body = dechunked.data
                at += dechunked.consumed
            }
            requests.append(request)
            if !head.keepAlive && at < bytes.count {
                end = .bytesAfterClose
                return
            }
        }
    }
}
