import Bytes

/// Which of the four forms of RFC 9112, 3.2 a target has, and whether its method may have it; nil if all is well.
///
/// `target` has visible ASCII only and is as long as its limit allows. What is in a path is the router's to judge:
/// like Node's parser, this lets any visible character through there.
@inline(__always)
func checkTargetForm(_ target: Span<UInt8>, method: HTTPMethod) -> HTTPError? {
    if method == .connect { return isAuthorityWithPort(target) ? nil : .malformedTarget }
    guard target.count > 0 else { return .malformedRequestLine }
    if target[0] == UInt8(ascii: "/") { return nil }
    return checkRareTargetForm(target)
}

@inline(never)
private func checkRareTargetForm(_ target: Span<UInt8>) -> HTTPError? {
    // Asterisk-form belongs to OPTIONS; nodeExposure answers it for other methods as a path that it does not have.
    if target[0] == UInt8(ascii: "*") { return target.count == 1 ? nil : .malformedTarget }
    return isAbsolute(target) ? nil : .malformedTarget
}

/// `scheme://authority`, then a path or a query, if any. The scheme is letters only, as for Node's parser.
private func isAbsolute(_ target: Span<UInt8>) -> Bool {
    var at = 0
    while at < target.count && target[at].isLetter { at += 1 }
    guard at > 0, at + 3 <= target.count, target.extracting(at..<at + 3).equals("://") else { return false }
    at += 3
    let authority = at
    var signs = 0
    while at < target.count {
        let byte = target[at]
        if byte == UInt8(ascii: "/") || byte == UInt8(ascii: "?") { break }
        if byte == UInt8(ascii: "@") { signs += 1 }
        guard byte.isAuthorityCharacter && signs <= 1 else { return false }
        at += 1
    }
    // "http:///path" has a path to route by; "http://" and "http://?" have nothing.
    return at > authority || (at < target.count && target[at] == UInt8(ascii: "/"))
}

/// `host:port`, the only form that CONNECT may have (RFC 9110, 9.3.6).
private func isAuthorityWithPort(_ target: Span<UInt8>) -> Bool {
    var at = target.count
    while at > 0 && target[at - 1].isDigit { at -= 1 }
    guard at < target.count, at > 1, target[at - 1] == UInt8(ascii: ":") else { return false }
    return isHost(target)
}

/// Whether `bytes[range]` is `uri-host [ ":" port ]` (RFC 9110, 7.2). The host may be empty.
@inline(__always)
func isHost(_ bytes: Span<UInt8>, _ range: ByteRange) -> Bool {
    let start = Int(range.offset)
    let end = start + Int(range.length)
    // Most are a name or an IPv4 address, of letters, digits, dots and dashes, and short.
    if end - start <= 16, start <= bytes.count - 16 {
        let v = bytes.simd16(at: start)
        let letter =
            ((v | SIMD16<UInt8>(repeating: 0x20)) &- SIMD16<UInt8>(repeating: 0x61)) .< SIMD16<UInt8>(repeating: 26)
        let digit = (v &- SIMD16<UInt8>(repeating: 0x30)) .< SIMD16<UInt8>(repeating: 10)
        let mark = (v &- SIMD16<UInt8>(repeating: 0x2D)) .< SIMD16<UInt8>(repeating: 2)
        var at = start + ((.!(letter .| digit .| mark)).firstTrueLane ?? 16)
        if at < end && bytes[at] == UInt8(ascii: ":") {
            at += 1
            while at < end && bytes[at].isDigit { at += 1 }
        }
        if at >= end { return true }
    }
    return isHost(bytes.extracting(start..<end))
}

/// Whether `value` is `uri-host [ ":" port ]` (RFC 9110, 7.2; RFC 3986, 3.2.2). The host may be empty.
func isHost(_ value: Span<UInt8>) -> Bool {
    var at = 0
    if value.count > 0 && value[0] == UInt8(ascii: "[") {
        guard let close = value.firstIndex(of: UInt8(ascii: "]")), isIPLiteral(value.extracting(1..<close)) else {
            return false
        }
        at = close + 1
    } else {
        while at < value.count && value[at] != UInt8(ascii: ":") {
            if value[at] == UInt8(ascii: "%") {
                guard at + 2 < value.count, value[at + 1].hexValue != nil, value[at + 2].hexValue != nil else {
                    return false
                }
                at += 3
            } else {
                guard value[at].isRegisteredNameCharacter else { return false }
                at += 1
            }
        }
    }
    guard at < value.count else { return true }
    guard value[at] == UInt8(ascii: ":") else { return false }
    for i in at + 1..<value.count where !value[i].isDigit { return false }
    return true
}

/// What may be between the brackets: the characters of an IPv6 address, or an IPvFuture.
private func isIPLiteral(_ literal: Span<UInt8>) -> Bool {
    guard literal.count > 1 else { return false }
    if literal[0] | 0x20 == UInt8(ascii: "v") {
        let period = literal.firstIndex(of: UInt8(ascii: "."))
        guard let dot = period, dot > 1, dot + 1 < literal.count else { return false }
        for i in 1..<dot where literal[i].hexValue == nil { return false }
        for i in dot + 1..<literal.count
        where !literal[i].isRegisteredNameCharacter && literal[i] != UInt8(ascii: ":") {
            return false
        }
        return true
    }
    var colons = 0
    for i in 0..<literal.count {
        if literal[i] == UInt8(ascii: ":") { colons += 1 }
        guard literal[i].hexValue != nil || literal[i] == UInt8(ascii: ":") || literal[i] == UInt8(ascii: ".") else {
            return false
        }
    }
    return colons >= 2 && colons <= 8
}

extension UInt8 {
    /// unreserved / sub-delims (RFC 3986, 2): a registered name's characters but `%`.
    @inline(__always)
    fileprivate var isRegisteredNameCharacter: Bool {
        // One bit for each ASCII character: ! $ & ' ( ) * + , - . 0-9 ; =, then A-Z _ a-z ~
        let bits: UInt64 = self < 64 ? 0x2BFF_7FD2_0000_0000 : 0x47FF_FFFE_87FF_FFFE
        return self < 128 && bits >> UInt64(self & 63) & 1 == 1
    }

    /// What Node's parser takes in an absolute target's authority.
    fileprivate var isAuthorityCharacter: Bool {
        if isRegisteredNameCharacter { return true }
        switch self {
        case UInt8(ascii: "%"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "["), UInt8(ascii: "]"): return true
        default: return false
        }
    }
}
