internal import Bytes

/// What `new URL(target, 'http://localhost').pathname` gives for a request target: the parser of the WHATWG URL
/// Standard (section 4.4), as far as it decides the path or that there is no URL at all.
///
/// The exposure routes by that path, so `..`, `%2e`, backslashes, absolute targets and `//host/path` have to mean here
/// what they mean there. Targets hold visible ASCII only, so the standard's rules for white space are left out.
enum TargetURL {
    /// Appends the path name to `path`; false if `target` makes no URL.
    static func appendPathname(of target: Span<UInt8>, to path: inout [UInt8]) -> Bool {
        if target.count > 0 && target[0].isSlash(special: true) {
            guard target.count > 1 && target[1].isSlash(special: true) else {
                return appendPath(target, from: 0, .special, to: &path)
            }
            // `//host/path`: the scheme is the base's.
            return readAuthority(target, from: 2, .special, to: &path)
        }
        if let colon = endOfScheme(target) {
            let scheme = Scheme(target.extracting(0..<colon))
            return read(target, from: colon + 1, scheme, to: &path)
        }
        return appendPath(target, from: 0, .special, to: &path)
    }

    private enum Scheme: Equatable {
        /// The base's own, `http`: without slashes behind it a target is relative.
        case http
        case special
        case file
        case other

        init(_ name: Span<UInt8>) {
            if name.equalsIgnoringASCIICase("http") {
                self = .http
            } else if name.equalsIgnoringASCIICase("file") {
                self = .file
            } else if name.equalsIgnoringASCIICase("https") || name.equalsIgnoringASCIICase("ws")
                || name.equalsIgnoringASCIICase("wss") || name.equalsIgnoringASCIICase("ftp")
            {
                self = .special
            } else {
                self = .other
            }
        }

        var isSpecial: Bool { self != .other }
    }

    /// Where the colon of `scheme:` is, nil if the target does not begin with a scheme.
    private static func endOfScheme(_ target: Span<UInt8>) -> Int? {
        for i in 0..<target.count {
            let byte = target[i]
            if byte == UInt8(ascii: ":") { return i > 0 ? i : nil }
            if byte.asciiLowercased &- UInt8(ascii: "a") < 26 { continue }
            let isLaterCharacter =
                byte &- 0x30 < 10 || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            guard i > 0 && isLaterCharacter else { return nil }
        }
        return nil
    }

    /// What follows `scheme:`.
    private static func read(_ target: Span<UInt8>, from at: Int, _ scheme: Scheme, to path: inout [UInt8]) -> Bool {
        let first = at < target.count && target[at].isSlash(special: scheme.isSpecial)
        let second = first && at + 1 < target.count && target[at + 1].isSlash(special: scheme.isSpecial)
        switch scheme {
        case .file:
            return second
                ? readFileHost(target, from: at + 2, to: &path) : appendPath(target, from: at, .file, to: &path)
        case .http:
            // Only two forward slashes make it absolute.
            let isAbsolute = second && target[at] == UInt8(ascii: "/") && target[at + 1] == UInt8(ascii: "/")
            return isAbsolute
                ? readAuthority(target, from: at, .special, to: &path) : readRelative(target, from: at, to: &path)
        case .special: return readAuthority(target, from: at, .special, to: &path)
        case .other:
            if second { return readAuthority(target, from: at + 2, .other, to: &path) }
            if first { return appendPath(target, from: at, .other, to: &path) }
            // An opaque path, such as an address behind `mailto:`, begins with no slash: no base path can match.
            for i in at..<endOfPath(target, from: at) { path.append(target[i]) }
            return true
        }
    }

    /// `http:` and no `//`: a path, or a host behind slashes that lean the other way.
    private static func readRelative(_ target: Span<UInt8>, from at: Int, to path: inout [UInt8]) -> Bool {
        let first = at < target.count && target[at].isSlash(special: true)
        if first && at + 1 < target.count && target[at + 1].isSlash(special: true) {
            return readAuthority(target, from: at, .special, to: &path)
        }
        return appendPath(target, from: at, .special, to: &path)
    }

    // MARK: Authority

    /// `user@host:port` and the path behind it.
    private static func readAuthority(
        _ target: Span<UInt8>, from start: Int, _ scheme: Scheme, to path: inout [UInt8]
    ) -> Bool {
        var hostStart = start
        if scheme.isSpecial {
            while hostStart < target.count && target[hostStart].isSlash(special: true) { hostStart += 1 }
        }
        var end = hostStart
        var hasCredentials = false
        let authorityStart = hostStart
        while end < target.count && !target[end].endsAuthority(special: scheme.isSpecial) { end += 1 }
        for i in authorityStart..<end where target[i] == UInt8(ascii: "@") {
            hasCredentials = true
            hostStart = i + 1
        }
        if hasCredentials && hostStart == end { return false }

        var hostEnd = hostStart
        var isInBrackets = false
        while hostEnd < end {
            let byte = target[hostEnd]
            if byte == UInt8(ascii: ":") && !isInBrackets { break }
            if byte == UInt8(ascii: "[") { isInBrackets = true }
            if byte == UInt8(ascii: "]") { isInBrackets = false }
            hostEnd += 1
        }
        if hostEnd == hostStart && (scheme.isSpecial || hostEnd < end) { return false }
        if hostEnd < end && !isPort(target.extracting(hostEnd + 1..<end)) { return false }
        guard URLHost.isValid(target.extracting(hostStart..<hostEnd), isSpecial: scheme.isSpecial) else { return false }
        return appendPath(target, from: end, scheme, to: &path)
    }

    private static func isPort(_ text: Span<UInt8>) -> Bool {
        var port = 0
        for i in 0..<text.count {
            guard text[i] &- 0x30 < 10 else { return false }
            port = port * 10 + Int(text[i] - 0x30)
            guard port <= 65_535 else { return false }
        }
        return true
    }

    private static func readFileHost(_ target: Span<UInt8>, from start: Int, to path: inout [UInt8]) -> Bool {
        var end = start
        while end < target.count && !target[end].endsAuthority(special: true) { end += 1 }
        let host = target.extracting(start..<end)
        // `file://C:/x` names a drive, not a host.
        if isDriveLetter(host) { return appendSegments(target, from: start, .file, to: &path) }
        guard host.isEmpty || URLHost.isValid(host, isSpecial: true) else { return false }
        return appendPath(target, from: end, .file, to: &path)
    }

    private static func isDriveLetter(_ text: Span<UInt8>) -> Bool {
        text.count == 2 && text[0].asciiLowercased &- UInt8(ascii: "a") < 26
            && (text[1] == UInt8(ascii: ":") || text[1] == UInt8(ascii: "|"))
    }

    // MARK: Path

    private static func endOfPath(_ target: Span<UInt8>, from start: Int) -> Int {
        var end = start
        while end < target.count && target[end] != UInt8(ascii: "?") && target[end] != UInt8(ascii: "#") { end += 1 }
        return end
    }

    /// The standard's "path start state": the slash that begins a path is not part of a segment.
    private static func appendPath(
        _ target: Span<UInt8>, from start: Int, _ scheme: Scheme, to path: inout [UInt8]
    ) -> Bool {
        var at = start
        if at < target.count && target[at].isSlash(special: scheme.isSpecial) {
            at += 1
        } else if !scheme.isSpecial && at == endOfPath(target, from: at) {
            return true
        }
        return appendSegments(target, from: at, scheme, to: &path)
    }

    /// The standard's "path state". `path` grows by `/segment` for each.
    private static func appendSegments(
        _ target: Span<UInt8>, from start: Int, _ scheme: Scheme, to path: inout [UInt8]
    ) -> Bool {
        let base = path.count
        let end = endOfPath(target, from: start)
        var at = start
        while true {
            let segmentStart = at
            while at < end && !target[at].isSlash(special: scheme.isSpecial) { at += 1 }
            let segment = target.extracting(segmentStart..<at)
            let dots = dotCount(segment)
            if dots > 0 {
                if dots == 2 { removeLastSegment(of: &path, from: base, isFile: scheme == .file) }
                if at == end { path.append(UInt8(ascii: "/")) }
            } else {
                let isDrive = scheme == .file && path.count == base && isDriveLetter(segment)
                path.append(UInt8(ascii: "/"))
                for i in 0..<segment.count {
                    if isDrive && i == 1 {
                        path.append(UInt8(ascii: ":"))
                    } else {
                        PercentCode.appendPathCharacter(segment[i], to: &path)
                    }
                }
            }
            if at == end { return true }
            at += 1
        }
    }

    /// 1 for `.`, 2 for `..`, encoded or not, 0 for any other segment.
    private static func dotCount(_ segment: Span<UInt8>) -> Int {
        var dots = 0
        var at = 0
        while at < segment.count {
            if segment[at] == UInt8(ascii: ".") {
                at += 1
            } else if PercentCode.byte(in: segment, at: at) == UInt8(ascii: ".") {
                at += 3
            } else {
                return 0
            }
            dots += 1
        }
        return dots <= 2 ? dots : 0
    }

    private static func removeLastSegment(of path: inout [UInt8], from base: Int, isFile: Bool) {
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")), slash >= base else { return }
        // A drive stays, as in `file:///C:/..`.
        let isDrive = isFile && slash == base && isDriveLetter(path.span.extracting(slash + 1..<path.count))
        if isDrive && path[path.count - 1] == UInt8(ascii: ":") { return }
        path.removeSubrange(slash...)
    }
}

extension UInt8 {
    /// A slash, or in URLs of the special schemes a backslash, which means the same.
    fileprivate func isSlash(special: Bool) -> Bool {
        self == UInt8(ascii: "/") || (special && self == UInt8(ascii: "\\"))
    }

    fileprivate func endsAuthority(special: Bool) -> Bool {
        isSlash(special: special) || self == UInt8(ascii: "?") || self == UInt8(ascii: "#")
    }
}
