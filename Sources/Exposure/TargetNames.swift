internal import Bytes
internal import BridgeProtocol

/// The ids of one kind of target, and the other names by which they may be asked for.
struct TargetNames: Sendable {
    private struct Entry {
        /// Which target is found by it, -1 for none.
        var target: Int32
        /// Which target has it for its id, -1 for none.
        var owner: Int32
        /// A request target may spell it by these very bytes, without any encoding.
        var isVerbatim: Bool
    }

    private var texts = ByteStringTable()
    private var entries: [Entry] = []
    /// By target, the numbers of the names that it was given last.
    private var given: [Int32: [Int]] = [:]

    /// The number of an id or name, new or known.
    mutating func insert(_ text: Span<UInt8>) -> Int {
        let number = texts.insert(text)
        if number == entries.count {
            entries.append(Entry(target: -1, owner: -1, isVerbatim: Self.isVerbatim(text)))
        }
        return number
    }

    /// The target that has this id, which finds it from now on, whatever other one had it for a name.
    mutating func take(_ number: Int) -> Int32? {
        guard entries[number].owner >= 0 else { return nil }
        entries[number].target = entries[number].owner
        return entries[number].owner
    }

    mutating func own(_ number: Int, by target: Int32) {
        entries[number].owner = target
        entries[number].target = target
    }

    /// - Parameter isThere: whether a target is anything but absent: then its id cannot be another one's name.
    mutating func setNames(_ names: [String], of target: Int32, _ isThere: (Int32) -> Bool) {
        for number in given.removeValue(forKey: target) ?? [] where entries[number].target == target {
            entries[number].target = entries[number].owner
        }
        guard !names.isEmpty else { return }
        let numbers = names.map { insert(Array($0.utf8).span) }
        given[target] = numbers.filter { entries[$0].owner != target }
        for number in numbers where entries[number].owner < 0 || !isThere(entries[number].owner) {
            entries[number].target = target
        }
    }

    @inline(__always)
    func find(_ text: Span<UInt8>) -> Int? {
        guard let number = texts.find(text) else { return nil }
        let target = entries[number].target
        return target < 0 ? nil : Int(target)
    }

    @inline(__always)
    func findVerbatim(_ text: Span<UInt8>) -> Int? {
        guard let number = texts.find(text), entries[number].isVerbatim else { return nil }
        let target = entries[number].target
        return target < 0 ? nil : Int(target)
    }

    func text(_ number: Int) -> String { String(decoding: texts[number].copied(), as: UTF8.self) }

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

/// What errors name in place of the id that was asked for: later releases of the runner know their definitions by more
/// than one name, and say the same one whichever was used.
struct ShownIDs: Sendable {
    private var asked = ByteStringTable()
    private var shown: [[UInt8]] = []

    init() {}

    init(_ ids: [Hello.ShownID]) {
        for id in ids {
            let number = asked.insert(Array(id.asked.utf8).span)
            if number == shown.count {
                shown.append(Array(id.shown.utf8))
            } else {
                shown[number] = Array(id.shown.utf8)
            }
        }
    }

    func find(_ id: Span<UInt8>) -> [UInt8]? { asked.find(id).map { shown[$0] } }
}
