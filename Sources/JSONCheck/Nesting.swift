/// The arrays and objects that are open, one bit each, so that nesting takes neither the thread's stack nor, at
/// ordinary depth, any memory.
struct Nesting {
    /// How many are open.
    private(set) var depth = 0
    /// The kinds of the up to 64 innermost ones, the innermost in the lowest bit: 1 for an object.
    private var levels: UInt64 = 0

    /// Whether the innermost open container is an object. False at the top level.
    var isInObject: Bool { @inline(__always) get { levels & 1 != 0 } }

    @inline(__always) mutating func open(object isObject: Bool, outer: inout [UInt64]) {
        if depth & 63 == 0 && depth > 0 { Nesting.spill(levels, to: &outer) }
        levels = levels &<< 1 | (isObject ? 1 : 0)
        depth &+= 1
    }

    @inline(__always) mutating func close(outer: inout [UInt64]) {
        depth &-= 1
        levels &>>= 1
        if depth & 63 == 0 && depth > 0 { levels = Nesting.unspill(from: &outer) }
    }

    @inline(never) private static func spill(_ levels: UInt64, to outer: inout [UInt64]) {
        outer.append(levels)
    }

    @inline(never) private static func unspill(from outer: inout [UInt64]) -> UInt64 {
        outer.removeLast()
    }
}
