internal import Bytes

/// Says whether a text is JSON exactly as V8 does, that is whether `JSON.parse(buffer.toString('utf8'))` would take it, and
/// learns what a `JSONSummary` holds in the same pass. It builds nothing and, at ordinary depth, allocates nothing.
///
/// The grammar is RFC 8259's. V8 adds no extension and only these readings: numbers of any size, duplicate keys and
/// surrogate escapes without a partner are taken; a byte order mark is not; ill-formed UTF-8 is U+FFFD, which a string may hold and
/// nothing else may.
public struct JSONChecker: Sendable {
    /// How many arrays and objects may be open at once unless told otherwise. V8 knows no limit, but what walks the parsed
    /// value afterwards does: nodeExposure 4.8.6 takes a depth of 5,001 and refuses 10,001 as invalid JSON.
    public static let defaultDepthLimit = 10_000

    /// How many arrays and objects may be open at once.
    public let depthLimit: Int

    /// The kinds of the containers beyond the innermost 64 levels, outermost first: kept for its memory.
    private var outerLevels: [UInt64] = []

    /// - Parameter depthLimit: how many arrays and objects may be open at once; 0 allows only scalars.
    public init(depthLimit: Int = JSONChecker.defaultDepthLimit) {
        self.depthLimit = depthLimit
    }

    /// Checks `text`, which must be shorter than 4 GiB.
    ///
    /// - Parameter member: which member of the top-level object to look for.
    /// - Parameter summary: is overwritten; means something only if the answer is `valid`.
    public mutating func check(_ text: Span<UInt8>, member: MemberName, into summary: inout JSONSummary) -> JSONVerdict {
        var walk = JSONWalk(text, member: member, depthLimit: depthLimit)
        let verdict = walk.run(outerLevels: &outerLevels)
        summary = walk.summary
        return verdict
    }
}
