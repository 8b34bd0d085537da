internal import JSONCheck

/// Which calls a comparison wants to see: the one line that it writes when it has connected to `--mirror-socket`.
///
///     {"mirror":1,"share":0.01,"targets":["task app.tasks.add","task app.queries.*"],"marked":true,"all":false}
struct MirrorOrder: Sendable, Equatable {
    /// Of a million calls, so many are to be copied.
    let shareMillionths: UInt32
    private let takesAll: Bool
    private let takesMarked: Bool
    private let names: Set<String>
    private let prefixes: [String]

    static let version = 1
    static let limitBytes = 512 << 10
    static let targetLimit = 10_000

    /// Why a line is no order, for a person.
    struct Problem: Error, Equatable {
        let reason: String
    }

    init(parsing line: Span<UInt8>) throws(Problem) {
        let tree: JSONTree
        do { tree = try JSONTree(parsing: line) } catch { throw Problem(reason: "The order is not JSON: \(error)") }
        guard let version = tree["mirror"]?.intValue else { throw Problem(reason: "The order has no mirror version") }
        guard version == Self.version else {
            throw Problem(
                reason:
                    "This front mirrors in version \(Self.version), the comparison in \(version): install the same version of both"
            )
        }
        guard let share = tree["share"]?.doubleValue, share > 0, share <= 1 else {
            throw Problem(reason: "share must be above 0 and at most 1")
        }
        guard let all = tree["all"]?.boolValue else { throw Problem(reason: "all must be true or false") }
        guard let marked = tree["marked"]?.boolValue else { throw Problem(reason: "marked must be true or false") }
        guard let targets = tree["targets"]?.arrayValue, targets.count <= Self.targetLimit else {
            throw Problem(reason: "targets must be a list of at most \(Self.targetLimit)")
        }
        var names: Set<String> = []
        var prefixes: [String] = []
        for target in targets {
            guard let name = target.stringValue, name.hasPrefix("task ") || name.hasPrefix("event ") else {
                throw Problem(reason: "each of targets must be 'task ID' or 'event ID'")
            }
            if name.hasSuffix("*") { prefixes.append(String(name.dropLast())) } else { names.insert(name) }
        }
        guard all || marked || !targets.isEmpty else { throw Problem(reason: "The order names no task or event") }
        shareMillionths = UInt32(max(1, (share * 1_000_000).rounded()))
        takesAll = all
        takesMarked = marked
        self.names = names
        self.prefixes = prefixes
    }

    /// Whether the calls of `name`, such as `task app.tasks.add`, are wanted.
    ///
    /// - Parameter isMarked: the app says that it is safe to run again.
    func takes(_ name: String, isMarked: Bool) -> Bool {
        takesAll || (takesMarked && isMarked) || names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}
