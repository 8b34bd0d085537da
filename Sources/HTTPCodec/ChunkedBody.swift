public import Bytes

/// What `ChunkedBody` found next.
public enum ChunkEvent: Equatable, Sendable {
    /// Data of the body, never empty; the range is an offset into the bytes given.
    case data(ByteRange)
    /// All bytes given are used up, and the body goes on.
    case needMore
    /// The body ended, trailers and all, at the offset given back.
    case end
    case failed(HTTPError)
}

/// Takes a body in chunked transfer coding (RFC 9112, 7.1) apart. A small value: a connection holds one.
///
/// Every byte given is read once and never asked for again, so the caller may pass bytes on as they come. Chunk
/// extensions are checked and ignored, trailers are checked and dropped. How much data a body may have is the caller's
/// to say.
public struct ChunkedBody: Sendable {
    private enum State: UInt8 {
        case sizeStart, size, sizeLF
        case extensionName, extensionNameRest, extensionValue, extensionToken
        case quoted, quotedPair, quotedEnd
        case data, dataCR, dataLF
        case trailerStart, trailerName, trailerValue, trailerLF, finalLF
        case ended
    }

    // Every connection holds one of these: the order of the properties leaves no gaps.

    /// The size being read, then what is left of the chunk.
    private var remaining = 0
    /// Bytes of this chunk's line, later of the trailer section.
    private var lineBytes: UInt16 = 0
    private let chunkLineBytes: UInt16
    private let trailerBytes: UInt16
    private var state = State.sizeStart
    /// How many bytes of the trailer's name were read, while it may still be a forbidden one.
    private var nameLength: UInt8 = 0
    /// Which forbidden names it may still become: one bit each.
    private var nameCandidates: UInt8 = 0

    public init(limits: HTTPLimits = HTTPLimits()) {
        chunkLineBytes = UInt16(clamping: min(limits.chunkLineBytes, Int(UInt16.max) - 1))
        trailerBytes = UInt16(clamping: min(limits.trailerBytes, Int(UInt16.max) - 1))
    }

    /// Reads on from `offset` in `bytes`, which is moved behind what was read, and says what was found.
    ///
    /// Call again after `.data`; after `.needMore` with the bytes that come next (`offset` counts in the span given, so
    /// it starts at 0 if that holds only the new ones).
    public mutating func next(_ bytes: Span<UInt8>, at offset: inout Int) -> ChunkEvent {
        while offset < bytes.count {
            if state == .data {
                let length = min(remaining, bytes.count - offset)
                let range = ByteRange(offset: offset, length: length)
                offset += length
                remaining -= length
                if remaining == 0 { state = .dataCR }
                return .data(range)
            }
            if let error = read(bytes[offset]) { return .failed(error) }
            offset += 1
            if state == .ended { return .end }
        }
        return .needMore
    }

    /// Takes one byte that is not data.
    private mutating func read(_ byte: UInt8) -> HTTPError? {
        switch state {
        case .sizeStart, .size, .sizeLF, .extensionName, .extensionNameRest, .extensionValue, .extensionToken, .quoted,
            .quotedPair, .quotedEnd:
            lineBytes += 1
            if lineBytes > chunkLineBytes { return .chunkLineTooLong }
            return state.rawValue <= State.sizeLF.rawValue ? readSize(byte) : readExtension(byte)
        case .dataCR:
            guard byte == UInt8(ascii: "\r") else { return .malformedChunk }
            state = .dataLF
        case .dataLF:
            guard byte == UInt8(ascii: "\n") else { return .bareCarriageReturn }
            state = .sizeStart
            lineBytes = 0
        case .trailerStart, .trailerName, .trailerValue, .trailerLF, .finalLF:
            lineBytes += 1
            if lineBytes > trailerBytes { return .trailersTooLarge }
            return readTrailer(byte)
        case .data, .ended:
            preconditionFailure("a chunked body that ended is not read on")
        }
        return nil
    }

    private mutating func readSize(_ byte: UInt8) -> HTTPError? {
        if state == .sizeLF {
            guard byte == UInt8(ascii: "\n") else { return .bareCarriageReturn }
            lineBytes = 0
            state = remaining > 0 ? .data : .trailerStart
            return nil
        }
        if let digit = byte.hexValue {
            // Four bits more must leave a number that still fits when offsets are added to it.
            guard remaining >> 56 == 0 else { return .chunkTooLarge }
            remaining = remaining << 4 | Int(digit)
            state = .size
            return nil
        }
        guard state == .size else { return .malformedChunk }
        return endOfSizeOrExtension(byte)
    }

    /// `;name`, `;name=token` or `;name="text"`; as strict as Node about the white space that RFC 9112 only tolerates.
    private mutating func readExtension(_ byte: UInt8) -> HTTPError? {
        switch state {
        case .extensionName:
            guard byte.isTokenCharacter else { return .malformedChunk }
            state = .extensionNameRest
        case .extensionNameRest:
            if byte.isTokenCharacter { return nil }
            guard byte == UInt8(ascii: "=") else { return endOfSizeOrExtension(byte) }
            state = .extensionValue
        case .extensionValue:
            if byte == UInt8(ascii: "\"") {
                state = .quoted
            } else {
                guard byte.isTokenCharacter else { return .malformedChunk }
                state = .extensionToken
            }
        case .extensionToken:
            return byte.isTokenCharacter ? nil : endOfSizeOrExtension(byte)
        case .quoted:
            guard byte.isFieldCharacter else { return .malformedChunk }
            if byte == UInt8(ascii: "\"") { state = .quotedEnd }
            if byte == UInt8(ascii: "\\") { state = .quotedPair }
        case .quotedPair:
            guard byte.isFieldCharacter else { return .malformedChunk }
            state = .quoted
        default:
            return endOfSizeOrExtension(byte)
        }
        return nil
    }

    private mutating func endOfSizeOrExtension(_ byte: UInt8) -> HTTPError? {
        switch byte {
        case UInt8(ascii: ";"): state = .extensionName
        case UInt8(ascii: "\r"): state = .sizeLF
        case UInt8(ascii: "\n"): return .bareLineFeed
        default: return .malformedChunk
        }
        return nil
    }

    private mutating func readTrailer(_ byte: UInt8) -> HTTPError? {
        switch state {
        case .trailerStart:
            if byte == UInt8(ascii: "\r") {
                state = .finalLF
                return nil
            }
            guard byte.isTokenCharacter else { return byte == UInt8(ascii: "\n") ? .bareLineFeed : .malformedTrailer }
            nameLength = 0
            nameCandidates = UInt8((1 << ForbiddenTrailers.names.count) - 1)
            state = .trailerName
            matchName(byte)
        case .trailerName:
            if byte == UInt8(ascii: ":") {
                if isForbiddenName { return .framingFieldInTrailer }
                state = .trailerValue
            } else {
                guard byte.isTokenCharacter else { return .malformedTrailer }
                matchName(byte)
            }
        case .trailerValue:
            if byte == UInt8(ascii: "\r") {
                state = .trailerLF
            } else if !byte.isFieldCharacter {
                return byte == UInt8(ascii: "\n") ? .bareLineFeed : .malformedTrailer
            }
        default:
            guard byte == UInt8(ascii: "\n") else { return .bareCarriageReturn }
            state = state == .finalLF ? .ended : .trailerStart
        }
        return nil
    }

    /// Drops the forbidden names that do not go on with `byte`.
    private mutating func matchName(_ byte: UInt8) {
        guard nameCandidates != 0 else { return }
        for (i, name) in ForbiddenTrailers.names.enumerated() {
            let index = Int(nameLength)
            if index >= name.count || name[index] != byte.asciiLowercased { nameCandidates &= ~(1 << UInt8(i)) }
        }
        nameLength += 1
    }

    private var isForbiddenName: Bool {
        for (i, name) in ForbiddenTrailers.names.enumerated()
        where nameCandidates >> UInt8(i) & 1 == 1 && Int(nameLength) == name.count {
            return true
        }
        return false
    }
}

/// Fields that would change where the message or the connection ends (RFC 9110, 6.5.1). Node's parser heeds
/// `Connection` even here, so a trailer that says close would make two readers disagree about what follows.
private enum ForbiddenTrailers {
    static let names = ["content-length", "transfer-encoding", "connection"].map { Array($0.utf8) }
}
