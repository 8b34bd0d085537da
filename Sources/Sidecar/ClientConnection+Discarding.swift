internal import Bytes
internal import HTTPCodec

/// Bodies of requests that were answered without them: read and dropped, so that the next request is found behind them.
extension ClientConnection {
    /// Consumes a head and arranges for its body to be dropped.
    func skipBody(_ head: RequestHead, _ bytes: Span<UInt8>) -> Int {
        switch head.framing {
        case .none:
            return head.headBytes
        case .contentLength(let length):
            flags.remove(.chunked)
            bodyRemainingBytes = length
        case .chunked:
            flags.insert(.chunked)
            chunks = ChunkedBody()
            bodyRemainingBytes = 0
        }
        if phase == .request { phase = .discarding }
        return head.headBytes
    }

    func discardBody(_ bytes: Span<UInt8>) -> Int {
        if flags.contains(.chunked) {
            var offset = 0
            while true {
                switch chunks.next(bytes, at: &offset) {
                case .data: continue
                case .needMore: return offset
                case .failed(let error):
                    refuse(error)
                    return bytes.count
                case .end:
                    phase = .request
                    return offset
                }
            }
        }
        let dropped = min(bytes.count, bodyRemainingBytes)
        bodyRemainingBytes -= dropped
        if bodyRemainingBytes == 0 { phase = .request }
        return dropped
    }
}
