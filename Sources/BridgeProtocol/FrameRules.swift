extension FrameHeader {
    /// What the header alone has wrong, nil when nothing. The rules are those of `docs/bridge-protocol.md`.
    @inlinable func brokenRule(_ limits: FrameLimits) -> BridgeError? {
        if Int(payloadBytes) > limits.frameBytes {
            return .payloadTooLarge(type, payloadBytes: payloadBytes, limitBytes: limits.frameBytes)
        }
        // RESULT is what a link carries most: its rules come first and are spelled out.
        if type == .result { return brokenResultRule(limits) }
        return brokenRareRule()
    }

    @usableFromInline func brokenResultRule(_ limits: FrameLimits) -> BridgeError? {
        if flags & ~ResultFlags.all.rawValue != 0 { return .unknownFlags(type, flags) }
        if flags & 3 == 3 { return .contradictoryFlags(type, flags) }
        // 8 and 16 each say more of 4.
        if flags & 24 != 0 && (flags & 4 == 0 || flags & 24 == 24) { return .contradictoryFlags(type, flags) }
        if detail < 200 || detail > 599 { return .badDetail(type, detail) }
        if field != 0 { return .badField(type, field) }
        let isEmpty = flags & ResultFlags.empty.rawValue != 0
        if isEmpty != (payloadBytes == 0) { return .badLength(type, payloadBytes: payloadBytes) }
        if Int(payloadBytes) > limits.resultBytes {
            return .payloadTooLarge(type, payloadBytes: payloadBytes, limitBytes: limits.resultBytes)
        }
        return nil
    }

    @usableFromInline func brokenRareRule() -> BridgeError? {
        if flags & ~type.knownFlags != 0 { return .unknownFlags(type, flags) }
        if hasContradictoryFlags { return .contradictoryFlags(type, flags) }
        switch type {
        case .calls: if detail == 0 { return .badDetail(type, detail) }
        case .cancel: if CancelReason(rawValue: detail) == nil { return .badDetail(type, detail) }
        default: if detail != 0 { return .badDetail(type, detail) }
        }
        if type.belongsToLink && call != 0 { return .badCall(type, call) }
        if !type.usesField && field != 0 { return .badField(type, field) }
        return hasFittingPayload ? nil : .badLength(type, payloadBytes: payloadBytes)
    }

    private var hasContradictoryFlags: Bool {
        switch type {
        case .responseEnd: return flags == 3
        case .originAnswer:
            let answer = OriginAnswerFlags(rawValue: flags)
            return answer.contains(.threw) && answer.contains(.allowed)
        case .calls:
            let calls = CallsFlags(rawValue: flags)
            return calls.contains(.joined) && !calls.isSuperset(of: [.ascii, .plain])
        default: return false
        }
    }

    private var hasFittingPayload: Bool {
        switch type {
        case .hello, .welcome, .refused, .settings: return payloadBytes > 0
        case .result, .responseData, .requestData: return true
        case .responseEnd, .cancel, .requestEnd, .ping, .credit, .draining: return payloadBytes == 0
        case .pong:
            let counts = WorkerLoad.byteCounts
            return Int(payloadBytes) == counts.short || Int(payloadBytes) == counts.whole
        case .originAnswer: return OriginAnswerFlags(rawValue: flags).contains(.allowed) == (payloadBytes > 0)
        case .originQuestion: return !OriginQuestionFlags(rawValue: flags).contains(.noOrigin) || payloadBytes == 0
        case .request: return Int(payloadBytes) > PeerBlock.byteCount
        case .calls: return Int(payloadBytes) >= CallEntry.byteCount * Int(detail) + Int(field)
        }
    }
}

extension FrameType {
    fileprivate var knownFlags: UInt8 {
        switch self {
        case .result: ResultFlags.all.rawValue
        case .originAnswer, .calls: 7
        case .responseEnd: 3
        case .request, .originQuestion, .draining: 1
        default: 0
        }
    }

    /// Whether `call` has no meaning.
    fileprivate var belongsToLink: Bool {
        switch self {
        case .hello, .pong, .welcome, .refused, .calls, .ping, .settings, .draining: true
        default: false
        }
    }

    fileprivate var usesField: Bool {
        switch self {
        case .hello, .welcome, .refused, .pong, .ping, .calls, .credit: true
        default: false
        }
    }
}
