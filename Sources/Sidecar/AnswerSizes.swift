/// How large the answers of each target have been lately.
///
/// A pipeline's requests all go to workers at once, and their answers come whether the client reads or not. So a
/// connection is held to what its answers are likely to take, before there are any.
struct AnswerSizes {
    /// By target; `unknown` for one that has not answered yet.
    private var sizes: ContiguousArray<UInt32> = []
    /// More than any connection may have waiting: nothing is asked behind such a call until one of its target was
    /// answered.
    private static let unknown = UInt32.max
    /// A large answer is believed in for long, since what it costs to forget one is much and what it costs to remember
    /// is little.
    private static let forgettingShift: UInt32 = 5

    /// Bytes that an answer of `target` is likely to take.
    @inline(__always)
    func expected(of target: Int) -> Int {
        Int(target < sizes.count ? sizes[target] : Self.unknown)
    }

    /// An answer of `target` came, or its first `bytes`.
    @inline(__always)
    mutating func saw(_ bytes: Int, of target: Int) {
        while sizes.count <= target { sizes.append(Self.unknown) }
        let known = sizes[target]
        let seen = UInt32(clamping: bytes)
        if seen > known || known == Self.unknown {
            sizes[target] = seen
        } else if known - seen >> Self.forgettingShift > 0 {
            sizes[target] = known - (known - seen) >> Self.forgettingShift
        }
    }
}
