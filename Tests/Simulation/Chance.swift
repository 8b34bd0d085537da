/// Randomness from a seed (SplitMix64): the same numbers on every machine, and cheap enough to have one for each actor,
/// so that leaving out one of them changes nothing for the others.
struct Chance {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    /// One of its own for a part of the run.
    init(_ seed: UInt64, _ parts: Int...) {
        var mixed = Chance(seed)
        for part in parts { mixed = Chance(mixed.next() ^ UInt64(bitPattern: Int64(part)) &* 0x9e37_79b9_7f4a_7c15) }
        self = mixed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// From 0 to `count - 1`.
    mutating func below(_ count: Int) -> Int { count <= 1 ? 0 : Int(next() % UInt64(count)) }

    mutating func within(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + below(range.upperBound - range.lowerBound + 1)
    }

    mutating func happens(_ perMille: Int) -> Bool { below(1000) < perMille }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// Small numbers often, large ones seldom: the length of a delay, the size of a piece.
    mutating func skewed(_ range: ClosedRange<Int>) -> Int {
        let span = range.upperBound - range.lowerBound + 1
        let bits = max(1, Int.bitWidth - span.leadingZeroBitCount)
        let cut = min(span, 1 << within(0...bits))
        return range.lowerBound + below(cut)
    }
}
