internal import Bytes
public import BridgeProtocol

/// All tasks and events that any worker ever announced, each with a number of its own that never changes. Workers
/// number their targets each for itself; the front knows them by these.
public struct TargetCatalogue: Sendable {
    /// What a call to a target meets.
    public enum Availability: UInt8, Sendable {
        /// No worker announces it (any more).
        case absent
        /// On an allow-list, but the app has no such task or event.
        case unregistered
        case callable
    }

    private struct Entry {
        var kind: Hello.TargetKind
        /// Of its id, among the names of its kind.
        var number: Int32
        var availability: Availability
        var lane: Hello.Lane
    }

    private var entries: [Entry] = []
    private var tasks = TargetNames()
    private var events = TargetNames()
    private var shownIDs = ShownIDs()
    /// The number of the discovery target, nil before any worker announced one.
    public private(set) var discovery: Int?

    public init() {}

    /// How many targets there are; their numbers are below that.
    public var count: Int { entries.count }

    public func kind(of target: Int) -> Hello.TargetKind { entries[target].kind }
    public func availability(of target: Int) -> Availability { entries[target].availability }
    public func lane(of target: Int) -> Hello.Lane { entries[target].lane }

    /// Says what a call to `target` meets from now on, over all workers together.
    public mutating func setAvailability(_ availability: Availability, of target: Int) {
        entries[target].availability = availability
    }

    /// Says how requests for `target` get to the app from now on.
    public mutating func setLane(_ lane: Hello.Lane, of target: Int) {
        entries[target].lane = lane
    }

    /// Says by which names besides its id a request may ask for `target` from now on. The id of a target that is there
    /// is never another one's name.
    public mutating func setNames(_ names: [String], of target: Int) {
        let entries = entries
        func isThere(_ owner: Int32) -> Bool { entries[Int(owner)].availability != .absent }
        switch entries[target].kind {
        case .task: tasks.setNames(names, of: Int32(target), isThere)
        case .event: events.setNames(names, of: Int32(target), isThere)
        case .discovery: break
        }
    }

    /// Says what errors name in place of the id that was asked for.
    public mutating func setShownIDs(_ ids: [Hello.ShownID]) {
        shownIDs = ShownIDs(ids)
    }

    /// What an error names where `id` was asked for; nil for that itself.
    func shown(_ id: Span<UInt8>) -> [UInt8]? { shownIDs.find(id) }

    /// The number of the target `id`, which is added, as absent, if it is new.
    public mutating func intern(_ kind: Hello.TargetKind, id: Span<UInt8>) -> Int {
        switch kind {
        case .discovery:
            if let discovery { return discovery }
            discovery = add(kind, number: 0)
            return entries.count - 1
        case .task:
            let number = tasks.insert(id)
            if let owner = tasks.take(number) { return Int(owner) }
            let target = add(kind, number: number)
            tasks.own(number, by: Int32(target))
            return target
        case .event:
            let number = events.insert(id)
            if let owner = events.take(number) { return Int(owner) }
            let target = add(kind, number: number)
            events.own(number, by: Int32(target))
            return target
        }
    }

    private mutating func add(_ kind: Hello.TargetKind, number: Int) -> Int {
        entries.append(Entry(kind: kind, number: Int32(number), availability: .absent, lane: .call))
        return entries.count - 1
    }

    /// The number of the task or event `id`, or that has this name; nil if nobody ever announced it.
    @inline(__always)
    public func find(_ kind: Hello.TargetKind, id: Span<UInt8>) -> Int? {
        switch kind {
        case .task: tasks.find(id)
        case .event: events.find(id)
        case .discovery: discovery
        }
    }

    /// The same for an id as it stands in a request target: nil also if it has to be decoded first.
    @inline(__always)
    func find(_ kind: Hello.TargetKind, raw: Span<UInt8>) -> Int? {
        switch kind {
        case .task: tasks.findVerbatim(raw)
        case .event: events.findVerbatim(raw)
        case .discovery: nil
        }
    }

    /// The id of `target`, for logs and metrics.
    public func id(of target: Int) -> String {
        let entry = entries[target]
        switch entry.kind {
        case .task: return tasks.text(Int(entry.number))
        case .event: return events.text(Int(entry.number))
        case .discovery: return "discovery"
        }
    }
}
