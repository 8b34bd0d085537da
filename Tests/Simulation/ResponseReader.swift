import Bytes

/// One response, as a client sees it come in.
struct SeenResponse {
    enum Framing: Equatable { case none, length(Int), chunked, untilClose }

    var status = 0
    var head: [UInt8] = []
    var framing = Framing.none
    var closes = false
    var requestID: String?
    var allowedOrigin: String?
    var allowedOriginCount = 0
    var streamMark: String?
    /// The body, chunked framing taken off.
    var body: [UInt8] = []
    var isDone = false
    /// The framing itself was broken.
    var isMalformed = false

    var isInterim: Bool { status < 200 }

    /// The `code` of an error's envelope.
    var code: String? {
        guard body.count < 2000 else { return nil }
        let text = String(decoding: body, as: UTF8.self)
        guard text.hasPrefix("{\"ok\":false"), let at = text.range(of: "\"code\":\"") else { return nil }
        return String(text[at.upperBound...].prefix { $0 != "\"" })
    }
}

extension String {
    /// Where `text` first stands. (The library's own is Foundation's.)
    func range(of text: String) -> Range<String.Index>? {
        let all = Array(utf8)
        let wanted = Array(text.utf8)
        guard wanted.count <= all.count else { return nil }
        for start in 0...all.count - wanted.count where all[start..<start + wanted.count].elementsEqual(wanted) {
            let lower = utf8.index(utf8.startIndex, offsetBy: start)
            return lower..<utf8.index(lower, offsetBy: wanted.count)
        }
        return nil
    }
}

/// Reads responses out of bytes in any pieces (RFC 9112 section 6.3).
struct ResponseReader {
    private(set) var response = SeenResponse()
    private(set) var hasHead = false
    private var missing = 0
    private enum ChunkState { case size, data, dataEnd, trailer }
    private var chunk = ChunkState.size

    /// Takes what belongs to the response under way from the start of `bytes`; gives how much that is.
    /// `response.isDone` tells that it is complete, and `next` begins another one.
    mutating func take(_ bytes: Span<UInt8>, isHead: Bool) -> Int {
        var at = 0
        if !hasHead {
            guard let end = Self.endOfHead(bytes) else { return 0 }
            readHead(bytes.extracting(first: end), isHead: isHead)
            at = end
        }
        guard !response.isDone else { return at }
        switch response.framing {
        case .none: response.isDone = true
        case .length:
            let count = min(missing, bytes.count - at)
            append(bytes.extracting(at..<at + count))
            at += count
            missing -= count
            if missing == 0 { response.isDone = true }
        case .untilClose:
            append(bytes.extracting(at..<bytes.count))
            at = bytes.count
        case .chunked: at = takeChunks(bytes, at)
        }
        return at
    }

    mutating func next() {
        response = SeenResponse()
        hasHead = false
        chunk = .size
    }

    /// The connection ended: whether what was read is a whole response then.
    var isWholeAtEnd: Bool { hasHead && (response.isDone || response.framing == .untilClose) }

    private mutating func append(_ bytes: Span<UInt8>) {
        response.body.reserveCapacity(response.body.count + bytes.count)
        for i in 0..<bytes.count { response.body.append(bytes[i]) }
    }

    private static func endOfHead(_ bytes: Span<UInt8>) -> Int? {
        var at = 0
        while at + 3 < bytes.count {
            if bytes[at + 3] > 13 {
                at += 4
            } else if bytes.littleEndianUInt32(at: at) == 0x0a0d_0a0d {
                return at + 4
            } else {
                at += 1
            }
        }
        return nil
    }

    private mutating func readHead(_ head: Span<UInt8>, isHead: Bool) {
        hasHead = true
        response.head = head.copied()
        guard head.count > 12, head.extracting(first: 9).equals("HTTP/1.1 ") else {
            response.isMalformed = true
            response.isDone = true
            return
        }
        for i in 9..<12 { response.status = response.status * 10 + Int(head[i] &- 48) }
        var length: Int?
        var isChunked = false
        var at = head.firstIndex(of: 10)! + 1
        while let end = head.firstIndex(of: 13, from: at), end > at {
            if let colon = head.firstIndex(of: 58, from: at), colon < end {
                let name = head.extracting(at..<colon)
                let value = head.extracting(min(colon + 2, end)..<end)
                if name.equalsIgnoringASCIICase("content-length") {
                    let number = Int(String(decoding: value.copied(), as: UTF8.self))
                    if number == nil || length != nil { response.isMalformed = true }
                    length = number
                } else if name.equalsIgnoringASCIICase("transfer-encoding") {
                    isChunked = true
                } else if name.equalsIgnoringASCIICase("connection") {
                    response.closes = value.equalsIgnoringASCIICase("close")
                } else if name.equalsIgnoringASCIICase("x-request-id") {
                    response.requestID = String(decoding: value.copied(), as: UTF8.self)
                } else if name.equalsIgnoringASCIICase("access-control-allow-origin") {
                    response.allowedOrigin = String(decoding: value.copied(), as: UTF8.self)
                    response.allowedOriginCount += 1
                } else if name.equalsIgnoringASCIICase("x-stream") {
                    response.streamMark = String(decoding: value.copied(), as: UTF8.self)
                }
            }
            at = end + 2
        }
        if isHead || response.status < 200 || response.status == 204 || response.status == 304 {
            response.framing = .none
            response.isDone = true
        } else if isChunked {
            response.framing = .chunked
        } else if let length {
            response.framing = .length(length)
            missing = length
        } else {
            response.framing = .untilClose
        }
    }

    private mutating func takeChunks(_ bytes: Span<UInt8>, _ start: Int) -> Int {
        var at = start
        while at < bytes.count {
            switch chunk {
            case .size:
                guard let end = bytes.firstIndex(of: 10, from: at) else { return at }
                var size = 0
                var digits = 0
                for i in at..<end {
                    guard let digit = Self.hex(bytes[i]) else { break }
                    size = size * 16 + digit
                    digits += 1
                }
                if digits == 0 || digits > 8 {
                    response.isMalformed = true
                    response.isDone = true
                    return bytes.count
                }
                missing = size
                chunk = size == 0 ? .trailer : .data
                at = end + 1
            case .data:
                let count = min(missing, bytes.count - at)
                append(bytes.extracting(at..<at + count))
                at += count
                missing -= count
                if missing == 0 { chunk = .dataEnd }
            case .dataEnd:
                guard at + 2 <= bytes.count else { return at }
                if bytes[at] != 13 { response.isMalformed = true }
                at += 2
                chunk = .size
            case .trailer:
                guard at + 2 <= bytes.count else { return at }
                at += 2
                response.isDone = true
                return at
            }
        }
        return at
    }

    private static func hex(_ byte: UInt8) -> Int? {
        switch byte {
        case 48...57: Int(byte - 48)
        case 97...102: Int(byte - 87)
        case 65...70: Int(byte - 55)
        default: nil
        }
    }
}
