/// How often something may happen: so many times a period, and so many at once.
///
/// The generic cell rate algorithm (GCRA, ITU-T I.371), which keeps one number for each client: the theoretical arrival
/// time, at which all of its requests so far would have come at the allowed rate. It is a token bucket that needs no
/// refilling.
public struct Rate: Equatable, Sendable {
    /// What one request takes of the time.
    public let intervalNanoseconds: UInt64
    /// Requests that may come at once after a quiet time.
    public let burst: Int

    /// The slowest rate there is: one in a day, so that all sums fit.
    public static let periodLimitNanoseconds: UInt64 = 86_400_000_000_000

    /// - Parameters:
    ///   - count: requests a period, at least 1.
    ///   - burst: at least 1.
    public init(count: Int, periodNanoseconds: UInt64, burst: Int) {
        precondition(count > 0 && burst > 0 && periodNanoseconds > 0)
        intervalNanoseconds = max(1, min(periodNanoseconds, Self.periodLimitNanoseconds) / UInt64(count))
        self.burst = burst
        let (span, isTooLong) = intervalNanoseconds.multipliedReportingOverflow(by: UInt64(burst))
        // A century: the clock and this fit one number.
        spanNanoseconds = min(isTooLong ? .max : span, 36_500 * Self.periodLimitNanoseconds)
    }

    /// How far ahead of the clock a client may be.
    public let spanNanoseconds: UInt64

    /// What becomes of one more request.
    public enum Verdict: Equatable, Sendable {
        /// The arrival time to keep.
        case allowed(arrivalNanoseconds: UInt64)
        /// How long until one would be allowed.
        case refused(waitNanoseconds: UInt64)
    }

    /// - Parameter arrivalNanoseconds: what was kept of this client; 0 for one that is new.
    @inlinable @inline(__always)
    public func admit(arrivalNanoseconds: UInt64, nowNanoseconds now: UInt64) -> Verdict {
        let latest = now &+ spanNanoseconds
        // More than the burst is only there after the rate was changed; it is not held against the client.
        let arrival = min(max(arrivalNanoseconds, now), latest)
        let next = arrival &+ intervalNanoseconds
        return next <= latest ? .allowed(arrivalNanoseconds: next) : .refused(waitNanoseconds: next &- latest)
    }

    /// How many further requests would be allowed right now.
    public func remaining(arrivalNanoseconds: UInt64, nowNanoseconds now: UInt64) -> Int {
        let latest = now &+ spanNanoseconds
        let arrival = min(max(arrivalNanoseconds, now), latest)
        return Int((latest &- arrival) / intervalNanoseconds)
    }
}
