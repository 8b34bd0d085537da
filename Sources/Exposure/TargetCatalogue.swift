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
        var number: Int32
        var availability: Availability
        /// A request target names it by these very bytes, without any encoding.
        var isVerbatim: Bool
    }

    private var entries: [Entry] = []
    private var tasks = Names()
    private var events = Names()
    /// The number of the discovery target, nil before any worker announced one.
    public private(set) var discovery: Int?

    /// Ids of one kind, and the number of each.
    private struct Names {
        var ids = ByteStringTable()
        var targets: [Int32] = []
    }

    public init() {}

    /// How many targets there are; their numbers are below that.
    public var count: Int { entries.count }

    public func kind(of target: Int) -> Hello.TargetKind { entries[target].kind }
    public func availability(of target: Int) -> Availability { entries[target].availability }

    /// Says what a call to `target` meets from now on, over all workers together.
    public mutating func setAvailability(_ availability: Availability, of target: Int) {
        entries[target].availability = availability
    }

    /// The number of the target `id`, which is added, as absent, if it is new.
    public mutating func intern(_ kind: Hello.TargetKind, id: Span<UInt8>) -> Int {
        switch kind {
        case .discovery:
            if let discovery { return discovery }
            discovery = add(kind, isVerbatim: false, number: 0)
            return entries.count - 1
        case .task:
            let number = tasks.ids.insert(id)
            if number < tasks.targets.count { return Int(tasks.targets[number]) }
            let target = add(kind, isVerbatim: Self.isVerbatim(id), number: number)
            tasks.targets.append(Int32(target))
            return target
        case .event:
            let number = events.ids.insert(id)
            if number < events.targets.count { return Int(events.targets[number]) }
            let target = add(kind, isVerbatim: Self.isVerbatim(id), number: number)
            events.targets.append(Int32(target))
            return target
        }
    }

    private mutating func add(_ kind: Hello.TargetKind, isVerbatim: Bool, number: Int) -> Int {
        entries.append(Entry(kind: kind, number: Int32(number), availability: .absent, isVerbatim: isVerbatim))
        return entries.count - 1
    }

    /// The number of the task or event `id`, nil if nobody ever announced it.
    @inline(__always)
    public func find(_ kind: Hello.TargetKind, id: Span<UInt8>) -> Int? {
        switch kind {
        case .task: tasks.ids.find(id).map { Int(tasks.targets[$0]) }
        case .event: events.ids.find(id).map { Int(events.targets[$0]) }
        case .discovery: discovery
        }
    }

    /// The same for an id as it stands in a request target: nil also if it has to be decoded first.
    @inline(__always)
    func find(_ kind: Hello.TargetKind, raw: Span<UInt8>) -> Int? {
        guard let target = find(kind, id: raw), entries[target].isVerbatim else { return nil }
        return target
    }

    /// The id of `target`, for logs and metrics.
    public func id(of target: Int) -> String {
        let entry = entries[target]
        switch entry.kind {
        case .task: return String(decoding: tasks.ids[Int(entry.number)].copied(), as: UTF8.self)
        case .event: return String(decoding: events.ids[Int(entry.number)].copied(), as: UTF8.self)
        case .discovery: return "discovery"
        }
    }

    /// Whether a path segment with these bytes is decoded to just them, and kept as a segment of its own.
    private static func isVerbatim(_ id: Span<UInt8>) -> Bool {
        guard !id.isEmpty, !id.equals("."), !id.equals("..") else { return false }
        for i in 0..<id.count {
            switch id[i] {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"), UInt8(ascii: "$"):
                continue
            default: return false
            }
        }
        return true
    }
}
