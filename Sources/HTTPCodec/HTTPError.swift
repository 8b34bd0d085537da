/// Everything that can be wrong with a request's framing and head. All of it ends the connection once it is answered:
/// behind a request that was not understood nobody knows where the next one starts.
public enum HTTPError: UInt8, Error, Equatable, Sendable, CaseIterable {
    case malformedRequestLine
    case unknownMethod
    case malformedTarget
    case targetTooLong
    case malformedVersion
    case versionNotSupported
    case malformedField
    case malformedFieldName
    case foldedField
    case malformedFieldValue
    case bareCarriageReturn
    case bareLineFeed
    case headTooLarge
    case tooManyFields
    case missingHost
    case repeatedHost
    case malformedHost
    case malformedContentLength
    case repeatedContentLength
    case contentLengthWithTransferEncoding
    case malformedTransferEncoding
    case unsupportedTransferEncoding
    case transferEncodingInHTTP10
    case expectationFailed
    case malformedChunk
    case chunkTooLarge
    case chunkLineTooLong
    case malformedTrailer
    case framingFieldInTrailer
    case trailersTooLarge
    case bodyTooLarge

    /// What the client is told.
    public struct Answer: Sendable {
        public let status: Int
        /// Stable, for programs.
        public let code: StaticString
        /// For people: what was wrong and, where it helps, what to do. Needs no escaping in JSON.
        public let message: StaticString

        init(_ status: Int, _ code: StaticString, _ message: StaticString) {
            self.status = status
            self.code = code
            self.message = message
        }
    }

    public var status: Int { answer.status }
    public var code: StaticString { answer.code }
    public var message: StaticString { answer.message }

    /// The one table of what each of them means.
    public var answer: Answer {
        switch self {
        case .malformedRequestLine:
            Answer(400, "MALFORMED_REQUEST_LINE", "The request line is not METHOD SP target SP HTTP/1.1 CRLF")
        case .unknownMethod:
            Answer(400, "UNKNOWN_METHOD", "The request method is not known; methods are upper case")
        case .malformedTarget:
            Answer(
                400, "MALFORMED_TARGET",
                "The request target is malformed; percent-encode everything except visible ASCII")
        case .targetTooLong:
            Answer(414, "TARGET_TOO_LONG", "The request target is too long; send the data in the body")
        case .malformedVersion:
            Answer(400, "MALFORMED_VERSION", "The HTTP version is malformed; use HTTP/1.1")
        case .versionNotSupported:
            Answer(505, "VERSION_NOT_SUPPORTED", "Only HTTP/1.1 and HTTP/1.0 are supported")
        case .malformedField:
            Answer(400, "MALFORMED_FIELD", "A header line has no colon after its name")
        case .malformedFieldName:
            Answer(
                400, "MALFORMED_FIELD_NAME", "A header name is empty or has a character that names cannot have")
        case .foldedField:
            Answer(400, "FOLDED_FIELD", "A header line starts with white space; send each header on one line")
        case .malformedFieldValue:
            Answer(400, "MALFORMED_FIELD_VALUE", "A header value has a control character")
        case .bareCarriageReturn:
            Answer(400, "BARE_CR", "A CR is not followed by LF; lines end with CRLF")
        case .bareLineFeed:
            Answer(400, "BARE_LF", "An LF does not follow a CR; lines end with CRLF")
        case .headTooLarge:
            Answer(431, "HEADERS_TOO_LARGE", "The request headers are too large")
        case .tooManyFields:
            Answer(431, "TOO_MANY_HEADERS", "The request has too many headers")
        case .missingHost:
            Answer(400, "MISSING_HOST", "The Host header is missing; HTTP/1.1 requires it")
        case .repeatedHost:
            Answer(400, "REPEATED_HOST", "The Host header is repeated; send one")
        case .malformedHost:
            Answer(400, "MALFORMED_HOST", "The Host header is not a host name or an address, with an optional port")
        case .malformedContentLength:
            Answer(400, "MALFORMED_CONTENT_LENGTH", "Content-Length is not a decimal number, or too large")
        case .repeatedContentLength:
            Answer(400, "REPEATED_CONTENT_LENGTH", "The Content-Length header is repeated; send one")
        case .contentLengthWithTransferEncoding:
            Answer(
                400, "CONFLICTING_FRAMING", "Content-Length and Transfer-Encoding are both present; send one of them")
        case .malformedTransferEncoding:
            Answer(400, "MALFORMED_TRANSFER_ENCODING", "Transfer-Encoding must be exactly chunked, once")
        case .unsupportedTransferEncoding:
            Answer(501, "UNSUPPORTED_TRANSFER_ENCODING", "The transfer coding is not supported; use chunked")
        case .transferEncodingInHTTP10:
            Answer(400, "TRANSFER_ENCODING_IN_HTTP_1_0", "Transfer-Encoding is not part of HTTP/1.0; use HTTP/1.1")
        case .expectationFailed:
            Answer(417, "EXPECTATION_FAILED", "The expectation is not supported; only 100-continue is")
        case .malformedChunk:
            Answer(400, "MALFORMED_CHUNK", "The chunked body is malformed")
        case .chunkTooLarge:
            Answer(413, "CHUNK_TOO_LARGE", "The chunk size is too large")
        case .chunkLineTooLong:
            Answer(413, "CHUNK_LINE_TOO_LONG", "The chunk extensions are too long")
        case .malformedTrailer:
            Answer(400, "MALFORMED_TRAILER", "The trailer section of the chunked body is malformed")
        case .framingFieldInTrailer:
            Answer(400, "FORBIDDEN_TRAILER", "Content-Length, Transfer-Encoding and Connection may not be trailers")
        case .trailersTooLarge:
            Answer(431, "TRAILERS_TOO_LARGE", "The trailers are too large")
        case .bodyTooLarge:
            Answer(413, "BODY_TOO_LARGE", "The request body is too large")
        }
    }
}
