internal import Bytes

/// What one loop has counted. Plain numbers in one array, owned by the loop's thread: recording takes no lock, no
/// atomic and, once a route has been seen, no allocation. A copy is a snapshot (copy-on-write: the loop pays for one
/// copy a scrape), and `merge` adds loops up.
public struct LoopMetrics: Sendable {
    /// A route's place, found once when the route becomes known, not for each request.
    public struct RouteSlot: Equatable, Sendable {
        @usableFromInline let index: Int
    }

    /// A task or event that has its own label, or the rest of its kind (`id` nil).
    struct Route: Sendable {
        let kind: RouteKind
        let id: String?
        /// Where `cells` keep its failures, total time and durations; -1 until the first request.
        var offset = -1
        var firstSeries: Int32 = -1
        var seriesCount = 0
    }

    /// Requests of one route, method and status.
    struct Series: Sendable {
        let method: MethodLabel
        /// 0 where a route had more statuses than are told apart.
        let status: UInt16
        let route: Int32
        let offset: Int
        var next: Int32
    }

    /// How many tasks and events have a label of their own.
    public let targetLabelLimit: Int
    public let failureLabels: [FailureLabel]
    var cells: [UInt64]
    var routes: [Route] = []
    var series: [Series] = []
    /// The newest failures, oldest first once `failureCount` passed the ring's size.
    var recentFailures: [RecentFailure] = []
    var failureCount = 0
    /// The last failure of each label: a flood of others does not hide it.
    var newestFailures: [RecentFailure?]
    /// The last ids that were asked for and that there are not, each once; the newest comes last.
    var unknownTargets: [UnknownTarget] = []
    /// For each cell of `DurationScale`, which of `Bounds.request` it counts under.
    private let bucketOfCell: [UInt8]

    /// - Parameters:
    ///   - targetLabelLimit: `metrics-task-label-limit`; 0 gives no task or event a label.
    ///   - failures: every way to fail; `recordFailure` names them by their place here.
    public init(targetLabelLimit: Int, failures: [FailureLabel]) {
        self.targetLabelLimit = targetLabelLimit
        failureLabels = failures
        cells = [UInt64](repeating: 0, count: Layout.failures + failures.count)
        bucketOfCell = (0..<DurationScale.cellCount).map { cell in
            UInt8(Bounds.request.firstIndex { DurationScale.upperBound(of: cell) <= $0 } ?? Bounds.request.count)
        }
        newestFailures = failures.map { _ in nil }
        for kind in RouteKind.allCases { routes.append(Route(kind: kind, id: nil)) }
        recentFailures.reserveCapacity(RecentFailure.kept)
    }

    // MARK: Routes

    /// The place of a kind of request that has no id.
    public static func route(_ kind: RouteKind) -> RouteSlot { RouteSlot(index: kind.rawValue) }

    /// The place of a task or event; that of its kind once `targetLabelLimit` ids are known. Asked when a worker
    /// announces its table.
    public mutating func route(_ kind: RouteKind, id: String) -> RouteSlot {
        if let known = routes.firstIndex(where: { $0.kind == kind && $0.id == id }) { return RouteSlot(index: known) }
        guard routes.count - RouteKind.allCases.count < targetLabelLimit else { return Self.route(kind) }
        routes.append(Route(kind: kind, id: id))
        return RouteSlot(index: routes.count - 1)
    }

    // MARK: Recording

    public mutating func add(_ counter: Counter, _ amount: Int = 1) {
        cells[Layout.counters + counter.rawValue] &+= UInt64(amount)
    }

    public mutating func add(_ gauge: Gauge, _ change: Int) {
        cells[Layout.gauges + gauge.rawValue] &+= UInt64(bitPattern: Int64(change))
    }

    public mutating func record(_ stage: Stage, nanoseconds: UInt64) {
        var cells = cells.mutableSpan
        cells.recordDuration(at: Layout.stage(stage), nanoseconds)
    }

    /// A call that goes to a worker. Most came in one read and waited for nothing: that costs them one addition a
    /// stage.
    public mutating func recordDispatch(
        receiveNanoseconds: UInt64, queueNanoseconds: UInt64, validateNanoseconds: UInt64
    ) {
        var cells = cells.mutableSpan
        if receiveNanoseconds == 0 {
            cells[Layout.stage(.receive) + 1] &+= 1
        } else {
            cells.recordDuration(at: Layout.stage(.receive), receiveNanoseconds)
        }
        if queueNanoseconds == 0 {
            cells[Layout.stage(.queue) + 1] &+= 1
        } else {
            cells.recordDuration(at: Layout.stage(.queue), queueNanoseconds)
        }
        cells.recordDuration(at: Layout.stage(.validate), validateNanoseconds)
    }

    /// `count` calls that spent the same time in a stage.
    public mutating func record(_ stage: Stage, nanoseconds: UInt64, count: Int) {
        var cells = cells.mutableSpan
        cells.recordDuration(at: Layout.stage(stage), nanoseconds, count: UInt64(count))
    }

    public mutating func recordLag(_ side: LoopSide, nanoseconds: UInt64) {
        var cells = cells.mutableSpan
        cells.recordDuration(at: Layout.lag(side), nanoseconds)
    }

    /// One answered request.
    public mutating func recordRequest(
        _ slot: RouteSlot, method: MethodLabel, status: Int, nanoseconds: UInt64, requestBodyBytes: Int,
        responseBodyBytes: Int
    ) {
        let route = slot.index
        let cell = DurationScale.cell(of: nanoseconds)
        if routes[route].offset < 0 { openRoute(route) }
        let at = routes[route].offset
        let seriesAt = findSeries(route, method, UInt16(clamping: status))
        let bucket = Int(bucketOfCell[cell])
        let sizes = Layout.sizes(routes[route].kind)
        // One look at who else holds the array, not one for each number.
        var cells = cells.mutableSpan
        if status >= 500 { cells[at] &+= 1 }
        cells[at + 1] &+= nanoseconds
        cells[at + 2 + cell] &+= 1
        cells[seriesAt] &+= nanoseconds
        cells[seriesAt + 1 + bucket] &+= 1
        cells.recordSize(at: sizes, requestBodyBytes)
        cells.recordSize(at: sizes + Layout.sizeCells, responseBodyBytes)
    }

    /// One failure, as a number and among the recent ones.
    /// - Parameter failure: its place in the labels given to `init`.
    public mutating func recordFailure(_ failure: Int, status: Int, route: RouteSlot, unixMilliseconds: Int) {
        cells[Layout.failures + failure] &+= 1
        let entry = RecentFailure(
            unixMilliseconds: unixMilliseconds, failure: failure, status: status, route: route.index)
        if recentFailures.count < RecentFailure.kept {
            recentFailures.append(entry)
        } else {
            recentFailures[failureCount % RecentFailure.kept] = entry
        }
        failureCount += 1
        newestFailures[failure] = entry
    }

    // MARK: Growing, at a route's or a status' first request

    private mutating func openRoute(_ route: Int) {
        routes[route].offset = cells.count
        cells.append(contentsOf: repeatElement(0, count: 2 + DurationScale.cellCount))
    }

    private mutating func findSeries(_ route: Int, _ method: MethodLabel, _ status: UInt16) -> Int {
        var at = routes[route].firstSeries
        while at >= 0 {
            let entry = series[Int(at)]
            if entry.status == status && entry.method == method { return entry.offset }
            at = entry.next
        }
        // A task may answer with any status; beyond a sane number of them they are counted together.
        if routes[route].seriesCount >= Self.seriesLimit && status != 0 { return findSeries(route, .other, 0) }
        return openSeries(route, method, status)
    }

    private mutating func openSeries(_ route: Int, _ method: MethodLabel, _ status: UInt16) -> Int {
        let offset = cells.count
        cells.append(contentsOf: repeatElement(0, count: Layout.seriesCells))
        // At the end of the chain: what a route answers first is mostly what it answers most.
        let added = Series(method: method, status: status, route: Int32(route), offset: offset, next: -1)
        series.append(added)
        let place = Int32(series.count - 1)
        routes[route].seriesCount += 1
        guard routes[route].firstSeries >= 0 else {
            routes[route].firstSeries = place
            return offset
        }
        var last = Int(routes[route].firstSeries)
        while series[last].next >= 0 { last = Int(series[last].next) }
        series[last].next = place
        return offset
    }

    /// Combinations of method and status told apart for one route.
    static let seriesLimit = 24

    // MARK: Adding loops up

    /// Adds what another loop counted. Routes meet by kind and id, whatever their places.
    public mutating func merge(_ other: LoopMetrics) {
        precondition(failureLabels == other.failureLabels)
        for at in 0..<Layout.failures + failureLabels.count { cells[at] &+= other.cells[at] }
        let places = other.routes.map { theirs in place(of: theirs.kind, theirs.id) }
        for (theirs, ours) in zip(other.routes, places) where theirs.offset >= 0 {
            if routes[ours].offset < 0 { openRoute(ours) }
            let length = 2 + DurationScale.cellCount
            add(other.cells[theirs.offset..<theirs.offset + length], at: routes[ours].offset)
        }
        for theirs in other.series {
            let at = findSeries(places[Int(theirs.route)], theirs.method, theirs.status)
            add(other.cells[theirs.offset..<theirs.offset + Layout.seriesCells], at: at)
        }
        for case let theirs? in other.newestFailures {
            let ours = newestFailures[theirs.failure]?.unixMilliseconds ?? 0
            guard theirs.unixMilliseconds > ours else { continue }
            newestFailures[theirs.failure] = theirs.moved(to: places[theirs.route])
        }
        let moved = other.recentFailures.map { $0.moved(to: places[$0.route]) }
        recentFailures = Array(
            (recentFailures + moved).sorted { $0.unixMilliseconds < $1.unixMilliseconds }
                .suffix(RecentFailure.kept))
        failureCount = recentFailures.count
        for unknown in other.unknownTargets.sorted(by: { $0.unixMilliseconds < $1.unixMilliseconds }) { add(unknown) }
        unknownTargets.sort { $0.unixMilliseconds < $1.unixMilliseconds }
    }

    private mutating func place(of kind: RouteKind, _ id: String?) -> Int {
        id.map { route(kind, id: $0).index } ?? kind.rawValue
    }

    private mutating func add(_ numbers: ArraySlice<UInt64>, at offset: Int) {
        for (at, number) in zip(offset..., numbers) { cells[at] &+= number }
    }
}

extension MutableSpan where Element == UInt64 {
    @inline(__always)
    fileprivate mutating func recordDuration(at offset: Int, _ nanoseconds: UInt64, count: UInt64 = 1) {
        self[offset] &+= nanoseconds &* count
        self[offset + 1 + DurationScale.cell(of: nanoseconds)] &+= count
    }

    @inline(__always)
    fileprivate mutating func recordSize(at offset: Int, _ bytes: Int) {
        self[offset] &+= UInt64(bytes)
        self[offset + 1 + Bounds.sizeBucket(bytes)] &+= 1
    }
}

/// A failure as the status page lists it.
struct RecentFailure: Sendable, Equatable {
    /// How many a loop keeps.
    static let kept = 50

    let unixMilliseconds: Int
    let failure: Int
    let status: Int
    let route: Int

    func moved(to route: Int) -> RecentFailure {
        RecentFailure(unixMilliseconds: unixMilliseconds, failure: failure, status: status, route: route)
    }
}

// MARK: - Ids that there are not

extension LoopMetrics {
    /// Somebody asked for a task or event that there is not. Such ids are the clients' own: they are shown, the last of
    /// them, and are never a label.
    public mutating func recordUnknown(_ kind: RouteKind, id: Span<UInt8>, unixMilliseconds: Int) {
        // Who asks in vain mostly asks for the same again.
        if let last = unknownTargets.indices.last, unknownTargets[last].isSame(kind, id) {
            unknownTargets[last].count += 1
            unknownTargets[last].unixMilliseconds = unixMilliseconds
            return
        }
        add(UnknownTarget(kind: kind, bytes: id.copied(), unixMilliseconds: unixMilliseconds, count: 1))
    }

    private mutating func add(_ unknown: UnknownTarget) {
        var newest = unknown
        if let known = unknownTargets.firstIndex(where: { $0.kind == unknown.kind && $0.bytes == unknown.bytes }) {
            newest.count += unknownTargets[known].count
            newest.unixMilliseconds = max(newest.unixMilliseconds, unknownTargets[known].unixMilliseconds)
            unknownTargets.remove(at: known)
        } else if unknownTargets.count == UnknownTarget.kept {
            unknownTargets.removeFirst()
        }
        unknownTargets.append(newest)
    }
}

/// A task or event that was asked for and that there is not.
struct UnknownTarget: Sendable, Equatable {
    /// How many a loop keeps.
    static let kept = 20

    let kind: RouteKind
    /// Its id, UTF-8 or not.
    let bytes: [UInt8]
    var unixMilliseconds: Int
    var count: Int

    var id: String { String(decoding: bytes, as: UTF8.self) }

    func isSame(_ kind: RouteKind, _ id: Span<UInt8>) -> Bool { self.kind == kind && bytes.span.equals(id) }
}
