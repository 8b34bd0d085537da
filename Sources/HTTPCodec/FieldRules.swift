import Bytes

/// What the fields of a complete head say about the message, and which combinations are refused.
extension RequestHead {
    /// Sets `framing`, `keepAlive` and `expectsContinue`; the error if the fields contradict a rule.
    @inline(__always)
    func applyFieldRules(_ bytes: Span<UInt8>) -> HTTPError? {
        if let error = checkHost(bytes) { return error }
        if let error = applyFraming(bytes) { return error }
        keepAlive = minorVersion == 1
        if self[.connection].isPresent || self[.proxyConnection].isPresent || method == .connect {
            applyConnection(bytes)
        }
        if self[.expect].isPresent && minorVersion == 1 { return applyExpect(bytes) }
        return nil
    }

    /// HTTP/1.1 has exactly one Host, HTTP/1.0 at most one (RFC 9112, 3.2).
    @inline(__always)
    private func checkHost(_ bytes: Span<UInt8>) -> HTTPError? {
        let host = self[.host]
        if host.occurrences == 0 { return minorVersion == 0 ? nil : .missingHost }
        if host.occurrences > 1 { return .repeatedHost }
        return isHost(bytes, host.value) ? nil : .malformedHost
    }

    @inline(__always)
    private func applyFraming(_ bytes: Span<UInt8>) -> HTTPError? {
        let length = self[.contentLength]
        if self[.transferEncoding].isPresent { return applyTransferEncoding(bytes) }
        guard length.isPresent else {
            framing = .none
            return nil
        }
        if length.occurrences > 1 { return .repeatedContentLength }
        if bytes.hasTab(behind: length.value) { return .malformedContentLength }
        guard let number = decimal(bytes.extracting(length.value.range)) else { return .malformedContentLength }
        framing = .contentLength(number)
        return nil
    }

    /// RFC 9112, 6.1: only `chunked`, in HTTP/1.1, and without Content-Length.
    private func applyTransferEncoding(_ bytes: Span<UInt8>) -> HTTPError? {
        if self[.contentLength].isPresent { return .contentLengthWithTransferEncoding }
        if minorVersion == 0 { return .transferEncodingInHTTP10 }
        let encoding = self[.transferEncoding]
        if encoding.occurrences > 1 || bytes.hasTab(behind: encoding.value) { return .malformedTransferEncoding }
        let value = bytes.extracting(encoding.value.range)
        if value.equalsIgnoringASCIICase("chunked") {
            framing = .chunked
            return nil
        }
        // Another coding under a final `chunked` is well framed but not understood; all else leaves the end unknown.
        var codings = 0
        var chunkedCodings = 0
        var endsChunked = false
        var malformed = false
        value.forEachListElement { element in
            codings += 1
            endsChunked = element.equalsIgnoringASCIICase("chunked")
            if endsChunked { chunkedCodings += 1 }
            if element.count == 0 || element.endOfToken(from: 0) != element.count { malformed = true }
        }
        let isUnderstandable = codings > 1 && chunkedCodings == 1 && endsChunked && !malformed
        return isUnderstandable ? .unsupportedTransferEncoding : .malformedTransferEncoding
    }

    /// RFC 9112, 9.3. `close` wins; HTTP/1.0 closes unless it asks not to. Proxy-Connection counts as it does for Node.
    @inline(never)
    private func applyConnection(_ bytes: Span<UInt8>) {
        var close = false
        var keep = false
        for known in [KnownField.connection, .proxyConnection] {
            let slot = self[known]
            if slot.occurrences == 1 {
                scanConnection(bytes.extracting(slot.value.range), &close, &keep)
            } else if slot.occurrences > 1 {
                forEachValue(of: known.name, in: bytes) { value in
                    scanConnection(bytes.extracting(value.range), &close, &keep)
                }
            }
        }
        // Behind CONNECT comes a tunnel, not another request.
        keepAlive = !close && (minorVersion == 1 || keep) && method != .connect
    }

    private func scanConnection(_ value: Span<UInt8>, _ close: inout Bool, _ keep: inout Bool) {
        var closes = close
        var keeps = keep
        value.forEachListElement { element in
            if element.equalsIgnoringASCIICase("close") { closes = true }
            if element.equalsIgnoringASCIICase("keep-alive") { keeps = true }
        }
        close = closes
        keep = keeps
    }

    /// `100-continue` anywhere in the field, as Node looks for it; anything else without it is refused (RFC 9110,
    /// 10.1.1).
    @inline(never)
    private func applyExpect(_ bytes: Span<UInt8>) -> HTTPError? {
        var found = false
        forEachValue(of: "expect", in: bytes) { value in
            if bytes.extracting(value.range).hasWord("100-continue") { found = true }
        }
        expectsContinue = found
        return found ? nil : .expectationFailed
    }
}

/// A number of decimal digits, at least one; nil if there is anything else or it does not fit.
@inline(__always)
func decimal(_ digits: Span<UInt8>) -> Int? {
    guard digits.count > 0 else { return nil }
    var number = 0
    for i in 0..<digits.count {
        let digit = digits[i] &- 0x30
        guard digit < 10 else { return nil }
        let (shifted, overflow) = number.multipliedReportingOverflow(by: 10)
        let (sum, carry) = shifted.addingReportingOverflow(Int(digit))
        if overflow || carry { return nil }
        number = sum
    }
    return number
}

extension Span where Element == UInt8 {
    /// Whether a tab is in the white space that was cut off behind `value`: none of RFC 9112's concern, but in a
    /// framing field a fault to Node's parser.
    @inline(__always)
    fileprivate func hasTab(behind value: ByteRange) -> Bool {
        var at = value.range.upperBound
        while self[at] == 0x20 { at += 1 }
        return self[at] == 0x09
    }

    /// The elements of a comma-separated list (RFC 9110, 5.6.1), white space around them left out, empty ones too.
    func forEachListElement(_ body: (Span<UInt8>) -> Void) {
        var start = 0
        while start <= count {
            let end = firstIndex(of: UInt8(ascii: ","), from: start) ?? count
            body(extracting(trimmingWhitespace(start..<end).range))
            start = end + 1
        }
    }

    /// Whether `word` (lower case) is somewhere in here, any case, with no letter, digit or underscore beside it.
    func hasWord(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        var at = 0
        while at + length <= count {
            if extracting(at..<at + length).equalsIgnoringASCIICase(word)
                && (at == 0 || !self[at - 1].isWordCharacter)
                && (at + length == count || !self[at + length].isWordCharacter)
            {
                return true
            }
            at += 1
        }
        return false
    }
}

extension UInt8 {
    fileprivate var isWordCharacter: Bool { isLetter || isDigit || self == UInt8(ascii: "_") }
}
