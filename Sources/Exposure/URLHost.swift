internal import Bytes

/// Whether a host is one, as the host parser of the WHATWG URL Standard (section 3.5) decides. What it would be
/// normalised to is of no interest here: only the path routes.
///
/// Domains with characters beyond ASCII, whether encoded or in Punycode, are judged without Unicode's tables:
/// well-formed is good enough.
enum URLHost {
    /// - Parameter isSpecial: the URL's scheme is one of the standard's special ones, such as http.
    static func isValid(_ host: Span<UInt8>, isSpecial: Bool) -> Bool {
        if host.count > 0 && host[0] == UInt8(ascii: "[") {
            return host.count > 2 && host[host.count - 1] == UInt8(ascii: "]")
                && IPv6Text.isValid(host.extracting(1..<host.count - 1))
        }
        return isSpecial ? isValidDomain(host) : isValidOpaque(host)
    }

    private static func isValidOpaque(_ host: Span<UInt8>) -> Bool {
        for i in 0..<host.count where host[i].isForbiddenInHost { return false }
        return true
    }

    private static func isValidDomain(_ host: Span<UInt8>) -> Bool {
        var domain: [UInt8] = []
        domain.reserveCapacity(host.count)
        PercentCode.decodeLeniently(host, into: &domain)
        guard !domain.isEmpty else { return false }
        for byte in domain where byte < 0x80 {
            if byte.isForbiddenInHost || byte <= 0x20 || byte == 0x7F || byte == UInt8(ascii: "%") { return false }
        }
        guard UTF8Text.isWellFormed(domain.span) else { return false }
        let labels = domain.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ Punycode.isAcceptable($0) }) else { return false }
        return IPv4Text.isDomainOrAddress(labels)
    }
}

extension UInt8 {
    /// A forbidden host code point (URL Standard, section 3.1).
    fileprivate var isForbiddenInHost: Bool {
        switch self {
        case 0x00, 0x09, 0x0A, 0x0D, 0x20, UInt8(ascii: "#"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "<"),
            UInt8(ascii: ">"), UInt8(ascii: "?"), UInt8(ascii: "@"), UInt8(ascii: "["), UInt8(ascii: "\\"),
            UInt8(ascii: "]"), UInt8(ascii: "^"), UInt8(ascii: "|"):
            true
        default: false
        }
    }
}

/// IPv4 addresses in all the spellings that the URL Standard reads (section 3.5, "IPv4 parser").
private enum IPv4Text {
    /// A domain whose last label is a number has to be an address.
    static func isDomainOrAddress(_ allLabels: [ArraySlice<UInt8>]) -> Bool {
        var labels = allLabels[...]
        if labels.last?.isEmpty == true {
            if labels.count == 1 { return true }
            labels.removeLast()
        }
        guard let last = labels.last else { return true }
        let isNumeric = !last.isEmpty && last.allSatisfy { $0 &- 0x30 < 10 }
        guard isNumeric || number(last) != nil else { return true }

        guard labels.count <= 4 else { return false }
        for (position, label) in labels.enumerated() {
            guard let value = number(label) else { return false }
            let isLast = position == labels.count - 1
            if value >= (isLast ? UInt64(1) << UInt64(8 * (5 - labels.count)) : 256) { return false }
        }
        return true
    }

    /// A decimal, octal or hexadecimal number; beyond 2^40 it stops counting, since nothing so large is an address.
    private static func number(_ text: ArraySlice<UInt8>) -> UInt64? {
        guard !text.isEmpty else { return nil }
        var digits = text
        var radix: UInt64 = 10
        if text.count >= 2 && text.first == UInt8(ascii: "0") {
            let isHexadecimal = text[text.startIndex + 1] | 0x20 == UInt8(ascii: "x")
            digits = text.dropFirst(isHexadecimal ? 2 : 1)
            radix = isHexadecimal ? 16 : 8
        }
        var value: UInt64 = 0
        for digit in digits {
            guard let digit = PercentCode.hexValue(digit), UInt64(digit) < radix else { return nil }
            value = min(value * radix + UInt64(digit), 1 << 40)
        }
        return value
    }
}

/// IPv6 addresses (URL Standard, section 3.5, "IPv6 parser").
private enum IPv6Text {
    static func isValid(_ text: Span<UInt8>) -> Bool {
        var at = 0
        var pieces = 0
        var hasCompression = false
        if text.count > 0 && text[0] == UInt8(ascii: ":") {
            guard text.count > 1 && text[1] == UInt8(ascii: ":") else { return false }
            at = 2
            pieces = 1
            hasCompression = true
        }
        while at < text.count {
            if pieces == 8 { return false }
            if text[at] == UInt8(ascii: ":") {
                if hasCompression { return false }
                at += 1
                pieces += 1
                hasCompression = true
                continue
            }
            let start = at
            while at < text.count && at - start < 4 && PercentCode.hexValue(text[at]) != nil { at += 1 }
            if at < text.count && text[at] == UInt8(ascii: ".") {
                guard at > start, pieces <= 6, isDottedQuad(text.extracting(start..<text.count)) else { return false }
                pieces += 2
                at = text.count
                break
            }
            if at < text.count {
                guard text[at] == UInt8(ascii: ":") else { return false }
                at += 1
                if at == text.count { return false }
            }
            pieces += 1
        }
        return hasCompression ? pieces <= 8 : pieces == 8
    }

    private static func isDottedQuad(_ text: Span<UInt8>) -> Bool {
        var numbers = 0
        var at = 0
        while at < text.count {
            if numbers > 0 {
                guard numbers < 4 && text[at] == UInt8(ascii: ".") else { return false }
                at += 1
            }
            var value = -1
            while at < text.count && text[at] &- 0x30 < 10 {
                if value == 0 { return false }
                value = max(value, 0) * 10 + Int(text[at] - 0x30)
                if value > 255 { return false }
                at += 1
            }
            if value < 0 { return false }
            numbers += 1
        }
        return numbers == 4
    }
}

/// Labels that begin with `xn--` (RFC 3492).
private enum Punycode {
    /// Whether `label` is none of them, or decodes to something that could be a label.
    static func isAcceptable(_ label: ArraySlice<UInt8>) -> Bool {
        let prefix = Array("xn--".utf8)
        guard label.count >= 4, zip(label, prefix).allSatisfy({ $0.asciiLowercased == $1 }) else { return true }
        return isDecodable(Array(label.dropFirst(4)))
    }

    /// The decoder of RFC 3492, section 6.2, which keeps only what decides. IDNA takes no label that turns out ASCII,
    /// nor C1 controls.
    private static func isDecodable(_ text: [UInt8]) -> Bool {
        let delimiter = text.lastIndex(of: UInt8(ascii: "-"))
        var outputLength = delimiter ?? 0
        var at = delimiter.map { $0 + 1 } ?? 0
        guard at < text.count else { return false }
        var n = 128
        var i = 0
        var bias = 72
        while at < text.count {
            let oldIndex = i
            var weight = 1
            var k = 36
            while true {
                guard at < text.count, let digit = digit(text[at]) else { return false }
                at += 1
                i += digit * weight
                guard i < 1 << 31 else { return false }
                let threshold = k <= bias ? 1 : (k >= bias + 26 ? 26 : k - bias)
                if digit < threshold { break }
                weight *= 36 - threshold
                guard weight < 1 << 31 else { return false }
                k += 36
            }
            outputLength += 1
            bias = adapt(delta: i - oldIndex, length: outputLength, isFirst: oldIndex == 0)
            n += i / outputLength
            i %= outputLength
            guard n <= 0x10FFFF, !(0xD800...0xDFFF).contains(n), n >= 0xA0 else { return false }
            i += 1
        }
        return true
    }

    private static func digit(_ byte: UInt8) -> Int? {
        let letter = byte.asciiLowercased &- UInt8(ascii: "a")
        if letter < 26 { return Int(letter) }
        let number = byte &- 0x30
        return number < 10 ? Int(number) + 26 : nil
    }

    private static func adapt(delta: Int, length: Int, isFirst: Bool) -> Int {
        var delta = isFirst ? delta / 700 : delta / 2
        delta += delta / length
        var k = 0
        while delta > 455 {
            delta /= 35
            k += 36
        }
        return k + 36 * delta / (delta + 38)
    }
}
