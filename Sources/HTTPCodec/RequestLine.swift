import Bytes

extension RequestHeadParser {
    /// The request line (RFC 9112, 3): method, target, version, with spaces between them.
    ///
    /// More than one space is let through, as RFC 9112 allows and Node does; any other white space is not.
    @inline(__always)
    func parseRequestLine(_ bytes: Span<UInt8>, _ scan: inout HeadScan, _ head: RequestHead) -> HeadProgress {
        let start = Int(scan.line)
        head.start = start

        // "POST /" needs no search.
        let methodEnd: Int
        if start + 16 <= bytes.count, bytes.littleEndianUInt32(at: start) == 0x5453_4F50, bytes[start + 4] == 0x20 {
            head.method = .post
            methodEnd = start + 4
        } else {
            methodEnd = bytes.endOfToken(from: start)
            let longest = methodEnd - start
            if longest > HTTPMethod.longestName { return .failed(.unknownMethod) }
            guard methodEnd < bytes.count else { return .incomplete }
            guard bytes[methodEnd] == 0x20 && longest > 0 else { return .failed(.malformedRequestLine) }
            let name = bytes.extracting(start..<methodEnd)
            guard let method = HTTPMethod(name) else {
                // HTTP/2's connection preface is no request.
                return .failed(name.equals("PRI") ? .versionNotSupported : .unknownMethod)
            }
            head.method = method
        }
        head.methodRange = ByteRange(offset: start, length: methodEnd - start)

        guard let targetStart = endOfSpaces(bytes, from: methodEnd) else { return .failed(.malformedRequestLine) }
        let targetEnd = bytes.endOfVisibleASCII(from: max(targetStart, Int(scan.checked)))
        let targetLength = targetEnd - targetStart
        if targetLength >= limits.targetBytes { return .failed(.targetTooLong) }
        if targetLength >= limits.headBytes { return .failed(.headTooLarge) }
        guard targetEnd < bytes.count else {
            scan.checked = UInt32(targetEnd)
            return .incomplete
        }
        guard bytes[targetEnd] == 0x20 else {
            return .failed(.ofTarget(endingWith: bytes[targetEnd]))
        }
        head.target = ByteRange(offset: targetStart, length: targetLength)
        if let error = checkTargetForm(bytes.extracting(targetStart..<targetEnd), method: head.method) {
            return .failed(error)
        }

        guard let versionStart = endOfSpaces(bytes, from: targetEnd) else { return .failed(.malformedRequestLine) }
        let version = parseVersion(bytes, at: versionStart, head)
        guard version == .complete else {
            if version == .incomplete { scan.checked = UInt32(targetEnd) }
            return version
        }
        let end = versionStart + 8
        guard end < bytes.count else {
            scan.checked = UInt32(targetEnd)
            return .incomplete
        }
        guard bytes[end] == UInt8(ascii: "\r") else {
            return .failed(bytes[end] == UInt8(ascii: "\n") ? .bareLineFeed : .malformedVersion)
        }
        guard end + 1 < bytes.count else {
            scan.checked = UInt32(targetEnd)
            return .incomplete
        }
        guard bytes[end + 1] == UInt8(ascii: "\n") else { return .failed(.bareCarriageReturn) }

        head.fieldsStart = end + 2
        scan.line = UInt32(end + 2)
        scan.checked = 0
        scan.counted = UInt32(targetLength)
        scan.hasRequestLine = true
        return .complete
    }

    /// Where the run of spaces from `start` ends, nil if it is longer than allowed.
    @inline(__always)
    private func endOfSpaces(_ bytes: Span<UInt8>, from start: Int) -> Int? {
        var at = start
        while at < bytes.count && bytes[at] == 0x20 { at += 1 }
        return at - start <= limits.separatorSpaces ? at : nil
    }

    /// `HTTP/1.1` or `HTTP/1.0` at `start`.
    @inline(__always)
    private func parseVersion(_ bytes: Span<UInt8>, at start: Int, _ head: RequestHead) -> HeadProgress {
        if start <= bytes.count - 8 {
            switch bytes.littleEndianUInt64(at: start) {
            case 0x312E_312F_5054_5448:
                head.minorVersion = 1
                return .complete
            case 0x302E_312F_5054_5448:
                head.minorVersion = 0
                return .complete
            default:
                break
            }
        }
        return refuseVersion(bytes, at: start)
    }

    /// What to say of a version that is neither `HTTP/1.1` nor `HTTP/1.0`, or not there in full.
    @inline(never)
    private func refuseVersion(_ bytes: Span<UInt8>, at start: Int) -> HeadProgress {
        let pattern: InlineArray<5, UInt8> = [0x48, 0x54, 0x54, 0x50, 0x2F]  // HTTP/
        for i in 0..<8 {
            guard start + i < bytes.count else { return .incomplete }
            let byte = bytes[start + i]
            let fits = i < 5 ? byte == pattern[i] : i == 6 ? byte == UInt8(ascii: ".") : byte.isDigit
            if !fits { return .failed(byte == UInt8(ascii: "\n") ? .bareLineFeed : .malformedVersion) }
        }
        return .failed(.versionNotSupported)
    }
}

extension HTTPError {
    /// What is wrong with a request line whose target is not followed by a space.
    static func ofTarget(endingWith byte: UInt8) -> HTTPError {
        switch byte {
        case UInt8(ascii: "\n"): .bareLineFeed
        case UInt8(ascii: "\r"), UInt8(ascii: "\t"): .malformedRequestLine
        default: .malformedTarget
        }
    }
}
