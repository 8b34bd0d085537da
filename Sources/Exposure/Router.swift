internal import Bytes

/// Where a request target leads.
enum Route: Equatable {
    /// Not under the base path.
    case outside
    /// No URL at all: nodeExposure answers 500.
    case unparsable
    /// Under the base path, but nothing is there.
    case notFound
    case task, event
    case discovery
}

/// Finds the route of a request target as nodeExposure's router does (`src/node/exposure/router.ts`, 4.8.6).
struct Router: Sendable {
    let basePath: [UInt8]
    /// What targets begin with that need no normalisation. Empty if the base path itself would be normalised to
    /// something else, in which case no raw target matches it.
    let taskPrefix: [UInt8]
    let eventPrefix: [UInt8]

    /// - Parameter basePath: as HELLO has it, resolved.
    init(basePath: String) {
        self.basePath = Array(basePath.utf8)
        var normalised: [UInt8] = []
        let probe = self.basePath + Array("/task/".utf8)
        let isVerbatim = TargetURL.appendPathname(of: probe.span, to: &normalised) && normalised == probe
        taskPrefix = isVerbatim ? probe : []
        eventPrefix = isVerbatim ? self.basePath + Array("/event/".utf8) : []
    }

    /// Follows any target, however it is written.
    ///
    /// - Parameters:
    ///   - path: scratch space.
    ///   - id: gets the decoded id of a task or event.
    func route(_ target: Span<UInt8>, path: inout [UInt8], id: inout [UInt8]) -> Route {
        path.removeAll(keepingCapacity: true)
        id.removeAll(keepingCapacity: true)
        guard TargetURL.appendPathname(of: target, to: &path) else { return .unparsable }
        guard path.starts(with: basePath) else { return .outside }
        guard path.count == basePath.count || path[basePath.count] == UInt8(ascii: "/") else { return .outside }
        return Self.follow(path.span.extracting(basePath.count..<path.count), id: &id)
    }

    /// - Parameter rest: what follows the base path.
    private static func follow(_ rest: Span<UInt8>, id: inout [UInt8]) -> Route {
        var at = 0
        guard let kind = nextSegment(rest, &at) else { return .notFound }
        let name = rest.extracting(kind)
        if name.equals("discovery") { return .discovery }
        let isTask = name.equals("task")
        guard isTask || name.equals("event") else { return .notFound }

        // Empty segments vanish: `app//tasks/slash` is `app/tasks/slash`.
        var joined: [UInt8] = []
        var segments = 0
        while let segment = nextSegment(rest, &at) {
            if segments > 0 { joined.append(UInt8(ascii: "/")) }
            for i in segment { joined.append(rest[i]) }
            segments += 1
        }
        guard segments > 0, PercentCode.decodeURIComponent(joined.span, into: &id) else { return .notFound }
        return isTask ? .task : .event
    }

    /// The next segment that is not empty.
    private static func nextSegment(_ text: Span<UInt8>, _ at: inout Int) -> Range<Int>? {
        while at < text.count && text[at] == UInt8(ascii: "/") { at += 1 }
        let start = at
        while at < text.count && text[at] != UInt8(ascii: "/") { at += 1 }
        return start < at ? start..<at : nil
    }
}
