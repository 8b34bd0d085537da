/// How large the responses of each target have been lately.
///
/// A pipeline's requests all go to workers at once, and their responses come whether the client reads or not. So a
/// connection is held to what its responses are likely to take, before there are any.
struct ResponseSizeEstimate {
    /// By target; `unknown` for one that has not responded yet.
    private var sizes: ContiguousArray<UInt32> = []
    /// More than any connection may have waiting: no further request is read behind such a call until a response of
    /// its target was seen.
    private static let unknown = UInt32.max
    /// Decay slowly: underestimating costs memory, overestimating only delays a request.
    private static let decayShift: UInt32 = 5

    /// Bytes that a response of `target` is likely to take.
    @inline(__always)
    func expected(of target: Int) -> Int {
        Int(target < sizes.count ? sizes[target] : Self.unknown)
    }

    /// A response of `target` came, or its first `bytes`.
    @inline(__always)
    mutating func record(_ bytes: Int, of target: Int) {
        while sizes.count <= target { sizes.append(Self.unknown) }
        let known = sizes[target]
        let seen = UInt32(clamping: bytes)
        if seen > known || known == Self.unknown {
            sizes[target] = seen
        } else if known - seen >> Self.decayShift > 0 {
            sizes[target] = known - (known - seen) >> Self.decayShift
        }
    }
}
