internal import Bytes
public import BridgeProtocol
internal import HTTPCodec

/// What a shim answered to ORIGIN_QUESTION.
public struct OriginAnswer: Equatable, Sendable {
    public var flags: OriginAnswerFlags
    /// The value of Access-Control-Allow-Origin, latin1; empty unless `flags` has `allowed`.
    public var value: [UInt8]

    public init(flags: OriginAnswerFlags, value: [UInt8] = []) {
        self.flags = flags
        self.value = value
    }
}

/// The CORS headers of every answer, by the app's configuration: `src/node/exposure/cors.ts` of 4.8.6, header for
/// header.
struct CORSPolicy: ~Copyable, Sendable {
    private enum Rule: Sendable {
        /// The same for every request.
        case constant
        /// Credentials and no origin configured: the request's origin, or `null`.
        case echo
        case list(ByteStringTable)
        case ask
    }

    /// What comes out for one request.
    enum Outcome {
        case block(CORSBlock)
        case ask
        /// The app's function threw.
        case threw
    }

    private let rule: Rule
    /// Whether an allowed origin is answered with itself.
    private let isEchoing: Bool
    private let lines: CORSLines
    private(set) var blocks: CORSBlocks
    /// The value of Access-Control-Allow-Origin where it is always the same, and the block with it.
    private let fixedValue: [UInt8]
    private let constant: CORSBlock
    /// The same for a request whose origin is not allowed, or that has none.
    private let valueWithoutOrigin: [UInt8]
    private let withoutOrigin: CORSBlock
    /// Blocks by what they were made of.
    private var actual = KeyedBlocks()
    private var preflight = KeyedBlocks()
    private var answers = CachedAnswers()
    private let origin = RequestField("origin")
    private let requestedHeaders = RequestField("access-control-request-headers")

    /// - Parameter blocks: of the policy that this one replaces: answers under way still need them.
    init(
        _ settings: CORSSettings?, credentialsWithoutOrigin: WireRules.CredentialsWithoutOrigin,
        keeping blocks: consuming CORSBlocks = CORSBlocks()
    ) {
        let settings = settings ?? CORSSettings()
        self.blocks = blocks
        lines = CORSLines(settings)
        var constantValue: [UInt8] = []
        var withoutOriginValue: [UInt8] = []
        switch settings.origin {
        case .default where settings.credentials:
            switch credentialsWithoutOrigin {
            case .echo:
                rule = .echo
                withoutOriginValue = Array("null".utf8)
            case .none: rule = .list(ByteStringTable())
            }
        case .default:
            rule = .constant
            constantValue = [UInt8(ascii: "*")]
        case .fixed(let value):
            rule = .constant
            constantValue = Latin1.bytes(of: value) ?? []
        case .never: rule = .constant
        case .list(let values):
            var table = ByteStringTable()
            for value in values.compactMap(Latin1.bytes) where !value.isEmpty { _ = table.insert(value.span) }
            rule = .list(table)
        case .ask: rule = .ask
        }
        switch rule {
        case .echo, .list: isEchoing = true
        case .constant, .ask: isEchoing = false
        }
        constant = self.blocks.add(lines.actual(constantValue, dependsOnOrigin: false))
        withoutOrigin = self.blocks.add(lines.actual(withoutOriginValue, dependsOnOrigin: true))
        fixedValue = constantValue
        valueWithoutOrigin = withoutOriginValue
    }

    // MARK: Actual requests

    /// The headers of every answer that is no preflight's, nil where they depend on the request.
    var constantBlock: CORSBlock? {
        if case .constant = rule { constant } else { nil }
    }

    /// Whether the request that got this block gets it again, each time it comes.
    func isForGood(_ block: CORSBlock) -> Bool {
        if case .ask = rule { false } else { block.number >= 0 }
    }

    /// The headers of an answer that is no preflight's.
    mutating func actual(
        _ head: RequestHead, _ bytes: Span<UInt8>, answer: OriginAnswer?
    ) -> Outcome {
        if case .constant = rule { return .block(constant) }
        switch origin.value(in: head, bytes) {
        case .absent: return actual(origin: nil, answer)
        case .inPlace(let range): return actual(origin: bytes.extracting(range.range), answer)
        case .joined(let value): return actual(origin: value.span, answer)
        }
    }

    private mutating func actual(origin: Span<UInt8>?, _ answer: OriginAnswer?) -> Outcome {
        // Where an origin is echoed, a block made for it says that it is allowed.
        if isEchoing, let origin, let block = actual.find(origin) { return .block(block) }
        switch resolve(origin, answer) {
        case .refused: return .block(withoutOrigin)
        case .echo: return .block(actualBlock(origin!))
        case .value(let value): return .block(actualBlock(value.span))
        case .ask: return .ask
        case .threw: return .threw
        }
    }

    private mutating func actualBlock(_ value: Span<UInt8>) -> CORSBlock {
        if let block = actual.find(value) { return block }
        let lines = lines.actual(value.copied(), dependsOnOrigin: true)
        guard blocks.hasRoom(for: lines.count) else { return blocks.lend(lines) }
        let block = blocks.add(lines)
        actual.keep(block, for: value)
        return block
    }

    // MARK: Preflight requests

    /// The headers of the answer to an OPTIONS request.
    mutating func preflight(
        _ head: RequestHead, _ bytes: Span<UInt8>, answer: OriginAnswer?
    ) -> Outcome {
        var value: [UInt8]
        var dependsOnOrigin = true
        if case .constant = rule {
            value = fixedValue
            dependsOnOrigin = false
        } else {
            let origin: [UInt8]? =
                switch self.origin.value(in: head, bytes) {
                case .absent: nil
                case .inPlace(let range): bytes.extracting(range.range).copied()
                case .joined(let joined): joined
                }
            switch resolve(origin?.span, answer) {
            case .refused: value = valueWithoutOrigin
            case .echo: value = origin!
            case .value(let answered): value = answered
            case .ask: return .ask
            case .threw: return .threw
            }
        }
        let requested: [UInt8]
        switch requestedHeaders.value(in: head, bytes) {
        case .absent: requested = []
        case .inPlace(let range): requested = bytes.extracting(range.range).copied()
        case .joined(let joined): requested = joined
        }
        return .block(preflightBlock(value, dependsOnOrigin: dependsOnOrigin, requested: requested))
    }

    private mutating func preflightBlock(_ value: [UInt8], dependsOnOrigin: Bool, requested: [UInt8]) -> CORSBlock {
        // No header value holds a line feed, so no two pairs make the same key.
        let key = value + [UInt8(ascii: "\n")] + requested
        if let block = preflight.find(key.span) { return block }
        let lines = lines.preflight(value, dependsOnOrigin: dependsOnOrigin, requested: requested)
        guard blocks.hasRoom(for: lines.count) else { return blocks.lend(lines) }
        let block = blocks.add(lines)
        preflight.keep(block, for: key.span)
        return block
    }

    // MARK: Origins

    private enum Resolved {
        case refused
        /// The request's own.
        case echo
        case value([UInt8])
        case ask
        case threw
    }

    /// - Parameter origin: nil if the request has no such field, which matters only to a function of the app.
    private mutating func resolve(_ origin: Span<UInt8>?, _ answer: OriginAnswer?) -> Resolved {
        switch rule {
        case .constant: return .refused
        case .echo:
            guard let origin, !origin.isEmpty else { return .refused }
            return .echo
        case .list(let table):
            guard let origin, table.find(origin) != nil else { return .refused }
            return .echo
        case .ask:
            if let answer {
                if answer.flags.contains(.cacheable) { answers.keep(answer, for: origin) }
                return Self.resolved(answer)
            }
            guard let known = answers.find(origin) else { return .ask }
            return Self.resolved(known)
        }
    }

    private static func resolved(_ answer: OriginAnswer) -> Resolved {
        if answer.flags.contains(.threw) { return .threw }
        guard answer.flags.contains(.allowed), !answer.value.isEmpty else { return .refused }
        // Node refuses to send such a value by throwing.
        return CORSLines.isFieldValue(answer.value) ? .value(answer.value) : .threw
    }

    /// Appends the frame that asks the shim about this request's origin.
    func writeQuestion(
        _ question: UInt32, _ head: RequestHead, _ bytes: Span<UInt8>, into buffer: inout ByteBuffer
    ) {
        switch origin.value(in: head, bytes) {
        case .absent: FrameWriter.originQuestion(question: question, origin: nil, into: &buffer)
        case .inPlace(let range):
            FrameWriter.originQuestion(question: question, origin: bytes.extracting(range.range), into: &buffer)
        case .joined(let value):
            FrameWriter.originQuestion(question: question, origin: value.span, into: &buffer)
        }
    }

    // MARK: Blocks

    @inline(__always)
    func appendOKPrefix(_ block: CORSBlock, _ id: RunnerRequestID, to buffer: inout ByteBuffer) {
        blocks.appendOKPrefix(block, id, to: &buffer)
    }
    func appendLines(_ block: CORSBlock, to buffer: inout ByteBuffer) { blocks.appendLines(block, to: &buffer) }
    mutating func release(_ block: CORSBlock) { blocks.release(block) }
    var lentBlocks: Int { blocks.lentCount }
}

/// Blocks by the bytes that they were made from.
private struct KeyedBlocks: Sendable {
    private var keys = ByteStringTable()
    private var blocks: [CORSBlock] = []

    func find(_ key: Span<UInt8>) -> CORSBlock? {
        keys.find(key).map { blocks[$0] }
    }

    mutating func keep(_ block: CORSBlock, for key: Span<UInt8>) {
        let number = keys.insert(key)
        if number == blocks.count { blocks.append(block) }
    }
}

/// Answers of the app about origins that it will not change.
private struct CachedAnswers: Sendable {
    /// Origins come from clients, so only so many, and none that is absurdly long.
    private static let limit = 1_024
    private static let originBytes = 512

    private var origins = ByteStringTable()
    private var answers: [OriginAnswer] = []
    private var answerWithoutOrigin: OriginAnswer?

    func find(_ origin: Span<UInt8>?) -> OriginAnswer? {
        guard let origin else { return answerWithoutOrigin }
        return origins.find(origin).map { answers[$0] }
    }

    mutating func keep(_ answer: OriginAnswer, for origin: Span<UInt8>?) {
        guard let origin else {
            answerWithoutOrigin = answer
            return
        }
        guard origins.count < Self.limit, origin.count <= Self.originBytes else { return }
        let number = origins.insert(origin)
        if number == answers.count { answers.append(answer) }
    }
}
