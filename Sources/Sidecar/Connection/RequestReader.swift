internal import Bytes
internal import HTTPCodec

/// What the next byte of a connection's input is: heads and bodies of requests, one after another (RFC 9112, 6 and 9).
///
/// A value without I/O: it says where a body is and where it ends, and keeps nothing of it.
struct RequestReader {
    /// What the next byte belongs to.
    enum Position: UInt8 {
        /// The header that a trusted proxy sends before anything else.
        case proxyHeader
        case head
        case body
        /// No request will be read any more.
        case end
    }

    /// What becomes of a body.
    enum BodyUse: UInt8 {
        /// Nothing yet: it stays where it is until the request goes on.
        case hold
        /// It is the input of a call.
        case collect
        /// It goes to a worker as it comes, framing and all.
        case forward
        /// Its request was answered without it: it is dropped, so that the next request is found behind it.
        case discard
    }

    enum BodyProgress: Equatable {
        /// The body goes on behind what was read.
        case more
        case end
        case failed(HTTPError)
    }

    /// What is known of the part under way. One of them at a time: every connection holds this.
    private enum Part {
        /// How far the head was looked at.
        case head(HeadScan)
        /// Body bytes to come, where the length was declared.
        case length(Int)
        case chunked(ChunkedBody)
    }

    private(set) var position: Position = .head
    private(set) var use: BodyUse = .discard
    /// Bytes of this body that were read, with their framing; wraps around.
    private(set) var bodyBytes: UInt32 = 0
    private var part = Part.head(HeadScan())

    var isChunked: Bool { if case .chunked = part { true } else { false } }

    /// Body bytes to come, where the length was declared.
    var remainingBytes: Int { if case .length(let bytes) = part { bytes } else { 0 } }

    /// Nothing was read yet: a PROXY protocol header comes first.
    mutating func expectProxyHeader() { position = .proxyHeader }

    /// It was read; the first request follows.
    mutating func endProxyHeader() {
        precondition(position == .proxyHeader)
        position = .head
    }

    /// Looks for a head at the start of `bytes`.
    mutating func parseHead(
        _ bytes: Span<UInt8>, by parser: borrowing RequestHeadParser, into head: RequestHead
    ) -> HeadProgress {
        precondition(position == .head)
        var scan = HeadScan()
        if case .head(let known) = part { scan = known }
        let progress = parser.parse(bytes, resuming: &scan, into: head)
        part = .head(scan)
        return progress
    }

    /// The head at the start of the input was recognised without being read.
    @inline(__always)
    mutating func skipHead() { part = .head(HeadScan()) }

    /// The head was read; its body is next, and held until `useBody`. A body without a byte is none: the next request
    /// follows at once.
    @inline(__always)
    mutating func beginBody(_ framing: BodyFraming) {
        precondition(position == .head)
        use = .hold
        bodyBytes = 0
        switch framing {
        case .none, .contentLength(0): return
        case .contentLength(let length): part = .length(length)
        case .chunked: part = .chunked(ChunkedBody())
        }
        position = .body
    }

    /// What becomes of the body, or of the rest of it. Without one this does nothing.
    @inline(__always)
    mutating func useBody(_ use: BodyUse) { self.use = use }

    /// The whole of a body with a length was taken.
    @inline(__always)
    mutating func endBody(_ bytes: Int) {
        precondition(position == .body && bytes == remainingBytes)
        count(bytes)
        expectHead()
    }

    private mutating func expectHead() {
        part = .head(HeadScan())
        position = .head
    }

    private mutating func count(_ bytes: Int) { bodyBytes &+= UInt32(truncatingIfNeeded: bytes) }

    /// Reads body from the start of `bytes`.
    ///
    /// - Parameters:
    ///   - offset: moved behind what was read.
    ///   - data: called with each run of a chunked body's data, and with the bytes of one with a length. Gives false to
    ///     stop there: the rest of the body is discarded.
    mutating func readBody(
        _ bytes: Span<UInt8>, at offset: inout Int, data: (ByteRange) -> Bool
    ) -> BodyProgress {
        precondition(position == .body)
        let start = offset
        defer { count(offset - start) }
        guard case .chunked(var chunks) = part else {
            let length = min(bytes.count - offset, remainingBytes)
            if length > 0, !data(ByteRange(offset: offset, length: length)) { use = .discard }
            offset += length
            guard remainingBytes == length else {
                part = .length(remainingBytes - length)
                return .more
            }
            expectHead()
            return .end
        }
        while true {
            switch chunks.next(bytes, at: &offset) {
            case .data(let range):
                guard !data(range) else { continue }
                use = .discard
                part = .chunked(chunks)
                return .more
            case .needMore:
                part = .chunked(chunks)
                return .more
            case .end:
                expectHead()
                return .end
            case .failed(let error):
                position = .end
                return .failed(error)
            }
        }
    }

    /// No further request is read.
    mutating func end() { position = .end }

    /// Bytes behind the last request are dropped.
    mutating func drop(_ bytes: Int) { count(bytes) }
}
