internal import Bytes
internal import EventLoop
internal import HTTPCodec
internal import Settings

/// Which requests are noted, and how: request ids, traces, and who the client is. Off, it is one branch a request.
struct RequestTracing {
    let isOn: Bool
    private let makesRequestIDs: Bool
    private let makesTraces: Bool
    private let proxies: TrustedProxies

    init(_ configuration: Configuration) {
        makesRequestIDs = configuration.requestID
        makesTraces = configuration.trace
        proxies = TrustedProxies(configuration)
        isOn = makesRequestIDs || makesTraces || configuration.accessLog != .off
    }

    func trace(_ head: RequestHead, _ bytes: Span<UInt8>, from peer: SocketAddress) -> RequestTrace {
        RequestTrace(
            requestID: requestID(head, bytes), echoesRequestID: makesRequestIDs, traceparent: traceparent(head, bytes),
            forwardedFor: proxies.isEmpty
                ? nil : ForwardedClient.address(head, bytes, peer: peer, trusted: proxies))
    }

    private func requestID(_ head: RequestHead, _ bytes: Span<UInt8>) -> RequestTrace.Field {
        let given = head[.requestID]
        if given.occurrences == 1, RequestID.isAcceptable(bytes.extracting(given.value.range)) {
            return RequestTrace.Field(value: bytes.extracting(given.value.range).copied(), isMade: false)
        }
        return RequestTrace.Field(value: makesRequestIDs ? RequestID.make() : [], isMade: makesRequestIDs)
    }

    private func traceparent(_ head: RequestHead, _ bytes: Span<UInt8>) -> RequestTrace.Field {
        let parent = head[.traceparent]
        if parent.occurrences == 1, TraceParent.isValid(bytes.extracting(parent.value.range)) {
            return RequestTrace.Field(value: bytes.extracting(parent.value.range).copied(), isMade: false)
        }
        return RequestTrace.Field(value: makesTraces ? TraceParent.make() : [], isMade: makesTraces)
    }
}

/// `x-request-id`: no standard rules it, so what is accepted is what cannot harm a log or a header.
enum RequestID {
    static let longest = 128

    static func isAcceptable(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 1, text.count <= longest else { return false }
        for i in 0..<text.count where !isAcceptable(text[i]) { return false }
        return true
    }

    private static func isAcceptable(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"),
            UInt8(ascii: "+"), UInt8(ascii: "="), UInt8(ascii: "@"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// 128 random bits in hexadecimal.
    static func make() -> [UInt8] {
        var id: [UInt8] = []
        Hexadecimal.append(.random(in: .min ... .max), to: &id)
        Hexadecimal.append(.random(in: .min ... .max), to: &id)
        return id
    }
}

/// The `traceparent` field of W3C Trace Context.
enum TraceParent {
    /// `version-traceid-parentid-flags` in lower case hexadecimal (section 3.2): no version ff, no id of zeros. A later
    /// version may be longer, but begins the same.
    static func isValid(_ text: Span<UInt8>) -> Bool {
        guard text.count >= 55 else { return false }
        let isVersion0 = text[0] == UInt8(ascii: "0") && text[1] == UInt8(ascii: "0")
        let isLonger = !isVersion0 && text.count > 55 && text[55] == UInt8(ascii: "-") && text.count <= 256
        guard text.count == 55 || isLonger else { return false }
        for dash in [2, 35, 52] where text[dash] != UInt8(ascii: "-") { return false }
        var isZero = true
        for i in 0..<55 where i != 2 && i != 35 && i != 52 {
            guard Hexadecimal.isDigit(text[i]) else { return false }
        }
        for i in 3..<35 where text[i] != UInt8(ascii: "0") { isZero = false }
        if isZero { return false }
        isZero = true
        for i in 36..<52 where text[i] != UInt8(ascii: "0") { isZero = false }
        if isZero { return false }
        for i in 55..<text.count where text[i] < 0x21 || text[i] > 0x7e { return false }
        return !(text[0] == UInt8(ascii: "f") && text[1] == UInt8(ascii: "f"))
    }

    /// A new trace, marked as sampled: whether to record it is for the app's own sampler to say, and "not sampled" from
    /// a parent would silence that.
    static func make() -> [UInt8] {
        var text = Array("00-".utf8)
        Hexadecimal.append(.random(in: .min ... .max), to: &text)
        Hexadecimal.append(.random(in: 1 ... .max), to: &text)
        text.append(UInt8(ascii: "-"))
        Hexadecimal.append(.random(in: 1 ... .max), to: &text)
        text += Array("-01".utf8)
        return text
    }
}

enum Hexadecimal {
    static func append(_ number: UInt64, to text: inout [UInt8]) {
        for shift in stride(from: 60, through: 0, by: -4) {
            let digit = UInt8(number >> UInt64(shift) & 15)
            text.append(digit < 10 ? digit + 48 : digit + 87)
        }
    }

    /// Lower case only.
    static func isDigit(_ byte: UInt8) -> Bool { byte &- 48 < 10 || byte &- 97 < 6 }
}
