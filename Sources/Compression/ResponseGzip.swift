public import Bytes
internal import Gzip
internal import HTTPCodec

/// Compresses a response that an app writes itself, head and all, as its bytes come. For one response at a time, on
/// HTTP/1.1; `begin` makes it fit for the next.
///
/// What it is given of the body can be read by the client at once: each call ends with a flush, so that a stream of
/// events stays one. A response that is not to be compressed goes through byte for byte, but for a `Vary` where another
/// client would get it compressed.
public final class ResponseGzip {
    private enum State {
        /// In the head, of which `held` is what came so far.
        case head
        /// Everything goes through as it is.
        case passing
        case length(remainingBytes: Int)
        case chunks
        /// The body is complete.
        case ended
    }

    private var state = State.head
    private var held = ByteBuffer()
    private var chunks = ChunkedBody()
    private var compressor: GzipStream?
    private var scratch = ByteBuffer()
    private var accepted = false
    private var isHead = false
    private var thresholdBytes = 0
    private let level: Int

    /// A head that is longer goes through as it is.
    static let headLimitBytes = 64 << 10

    public init(level: Int) { self.level = level }

    /// Memory that a response takes while it is compressed, beside what it held of its head.
    public static let memoryBytes = GzipStream.memoryBytes

    /// Whether this response's body is being compressed.
    public var isCompressing: Bool {
        switch state {
        case .length, .chunks: true
        case .head, .passing, .ended: false
        }
    }

    /// - Parameters:
    ///   - accepted: whether the client takes gzip.
    ///   - isHead: whether the request was HEAD: its response has no body, whatever its head says.
    ///   - thresholdBytes: a body that is known to be shorter stays as it is.
    public func begin(accepted: Bool, isHead: Bool, thresholdBytes: Int) {
        state = .head
        held.removeAll()
        scratch.removeAll()
        self.accepted = accepted
        self.isHead = isHead
        self.thresholdBytes = thresholdBytes
    }

    /// Takes the next bytes of the response and appends to `out` what the client gets.
    ///
    /// - Returns: false when the app's framing broke: nothing can follow, the connection has to end.
    public func take(_ bytes: Span<UInt8>, into out: inout ByteBuffer) -> Bool {
        switch state {
        case .head: return takeHead(bytes, &out)
        case .passing:
            out.append(bytes)
            return true
        case .length, .chunks: return takeBody(bytes, &out)
        case .ended: return bytes.count == 0
        }
    }

    // MARK: The head

    private func takeHead(_ bytes: Span<UInt8>, _ out: inout ByteBuffer) -> Bool {
        held.append(bytes)
        // Informational heads (RFC 9110 section 15.2) come before the one that counts.
        while let end = Self.headEnd(held.bytes) {
            guard let facts = ResponseHeadFacts(held.bytes.extracting(first: end)) else { break }
            if (100...199).contains(facts.status) && facts.status != 101 {
                out.append(held.bytes.extracting(first: end))
                held.consume(end)
                if held.isEmpty { return true }
                continue
            }
            return begin(facts, headBytes: end, &out)
        }
        if Self.headEnd(held.bytes) == nil && held.count <= Self.headLimitBytes { return true }
        pass(&out)
        return true
    }

    private func begin(_ facts: ResponseHeadFacts, headBytes: Int, _ out: inout ByteBuffer) -> Bool {
        let isLongEnough =
            switch facts.framing {
            case .contentLength(let length): length >= max(1, thresholdBytes)
            case .chunked: true
            case .other: false
            }
        let hasBody = !isHead && ![101, 204, 205, 206, 304].contains(facts.status)
        guard isLongEnough, hasBody, facts.isText, !facts.isFixed else {
            pass(&out)
            return true
        }
        if accepted && compressor == nil { compressor = GzipStream(level: level) }
        guard accepted, let compressor else {
            if !facts.variesByEncoding {
                out.append(held.bytes.extracting(first: headBytes - 2))
                out.append("Vary: Accept-Encoding\r\n\r\n")
                held.consume(headBytes)
            }
            pass(&out)
            return true
        }
        compressor.reset()
        writeHead(facts, held.bytes.extracting(first: headBytes), &out)
        held.consume(headBytes)
        if case .contentLength(let length) = facts.framing {
            state = .length(remainingBytes: length)
        } else {
            chunks = ChunkedBody()
            state = .chunks
        }
        if held.isEmpty { return true }
        var rest = ByteBuffer()
        swap(&rest, &held)
        return takeBody(rest.bytes, &out)
    }

    private func writeHead(_ facts: ResponseHeadFacts, _ head: Span<UInt8>, _ out: inout ByteBuffer) {
        let statusEnd = (head.firstIndex(of: UInt8(ascii: "\n")) ?? 0) + 1
        out.append(head.extracting(first: statusEnd))
        ResponseHeadFacts.forEachLine(of: head) { line, colon in
            guard let colon else { return }
            let name = head.extracting(line.lowerBound..<colon)
            // Ranges would be of the compressed body, which is another one each time.
            if name.equalsIgnoringASCIICase("content-length") || name.equalsIgnoringASCIICase("transfer-encoding")
                || name.equalsIgnoringASCIICase("accept-ranges") || name.equalsIgnoringASCIICase("content-encoding")
            {
                return
            }
            if name.equalsIgnoringASCIICase("etag") {
                let value = FieldTokens.trimmed(head, colon + 1..<line.upperBound)
                out.append(head.extracting(line.lowerBound..<colon + 1))
                // The compressed body is equivalent, not the same byte for byte (RFC 9110 section 8.8.3).
                out.append(head[value.lowerBound] == UInt8(ascii: "W") ? " " : " W/")
                out.append(head.extracting(value.lowerBound..<line.upperBound))
                return
            }
            out.append(head.extracting(line))
        }
        out.append("Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n")
        out.append(facts.variesByEncoding ? "\r\n" : "Vary: Accept-Encoding\r\n\r\n")
    }

    private func pass(_ out: inout ByteBuffer) {
        state = .passing
        out.append(held.bytes)
        held.removeAll()
    }

    /// Where the head ends, its empty line included.
    private static func headEnd(_ bytes: Span<UInt8>) -> Int? {
        var at = 0
        while let lf = bytes.firstIndex(of: UInt8(ascii: "\n"), from: at) {
            if lf >= 3, bytes[lf - 1] == UInt8(ascii: "\r"), bytes[lf - 2] == UInt8(ascii: "\n") { return lf + 1 }
            at = lf + 1
        }
        return nil
    }

    // MARK: The body

    private func takeBody(_ bytes: Span<UInt8>, _ out: inout ByteBuffer) -> Bool {
        guard bytes.count > 0 else { return true }
        switch state {
        case .length(let remainingBytes):
            guard bytes.count <= remainingBytes else { return false }
            let isEnd = bytes.count == remainingBytes
            write(bytes, isEnd ? .finish : .flush, &out)
            state = isEnd ? .ended : .length(remainingBytes: remainingBytes - bytes.count)
            return true
        case .chunks:
            return takeChunks(bytes, &out)
        case .head, .passing, .ended:
            return false
        }
    }

    private func takeChunks(_ bytes: Span<UInt8>, _ out: inout ByteBuffer) -> Bool {
        var offset = 0
        // The data of all chunks that came makes one chunk: the app's are often as small as a line.
        var data = ByteBuffer()
        var event = chunks.next(bytes, at: &offset)
        while case .data(let range) = event {
            data.append(bytes.extracting(range.range))
            event = chunks.next(bytes, at: &offset)
        }
        switch event {
        case .end:
            write(data.bytes, .finish, &out)
            state = .ended
            return offset == bytes.count
        case .needMore:
            if !data.isEmpty { write(data.bytes, .flush, &out) }
            return true
        case .data, .failed:
            return false
        }
    }

    /// Writes one chunk, and at the end the last one.
    private func write(_ bytes: Span<UInt8>, _ ending: GzipStream.Ending, _ out: inout ByteBuffer) {
        var packed = ByteBuffer()
        swap(&packed, &scratch)
        compressor?.append(bytes, ending, into: &packed)
        if !packed.isEmpty {
            out.append(utf8: String(packed.count, radix: 16))
            out.append("\r\n")
            out.append(packed.bytes)
            out.append("\r\n")
        }
        packed.removeAll()
        swap(&packed, &scratch)
        if ending == .finish { out.append("0\r\n\r\n") }
    }
}
