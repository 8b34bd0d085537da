public import Bytes

/// What a refused client is told: `Retry-After` (RFC 9110 section 10.2.3), and `RateLimit-Policy` and `RateLimit`
/// (draft-ietf-httpapi-ratelimit-headers-10).
public enum RateLimitFields {
    /// Appends the field lines for a client that is over its rate. The quota is what may come at once, and its window
    /// the time in which all of that comes back.
    public static func append(_ rate: Rate, waitNanoseconds: UInt64, to buffer: inout ByteBuffer) {
        let seconds = wholeSeconds(waitNanoseconds)
        buffer.append("Retry-After: ")
        buffer.append(decimal: seconds)
        buffer.append("\r\nRateLimit-Policy: \"client\";q=")
        buffer.append(decimal: rate.burst)
        buffer.append(";w=")
        buffer.append(decimal: wholeSeconds(rate.spanNanoseconds))
        buffer.append("\r\nRateLimit: \"client\";r=0;t=")
        buffer.append(decimal: seconds)
        buffer.append("\r\n")
    }

    /// The same for requests in flight, of a client or of a task: nobody knows when one of them ends.
    public static func append(inFlightLimit: Int, of policy: Policy, to buffer: inout ByteBuffer) {
        buffer.append("Retry-After: 1\r\nRateLimit-Policy: \"")
        buffer.append(policy.name)
        buffer.append("\";q=")
        buffer.append(decimal: inFlightLimit)
        buffer.append(";qu=\"concurrent-requests\"\r\nRateLimit: \"")
        buffer.append(policy.name)
        buffer.append("\";r=0\r\n")
    }

    public enum Policy: Sendable {
        case clientInFlight
        case taskInFlight

        fileprivate var name: StaticString {
            switch self {
            case .clientInFlight: "client-in-flight"
            case .taskInFlight: "task-in-flight"
            }
        }
    }

    /// Rounded up: who comes back after so many seconds is not too early.
    private static func wholeSeconds(_ nanoseconds: UInt64) -> Int {
        max(1, Int(clamping: nanoseconds.addingReportingOverflow(999_999_999).partialValue / 1_000_000_000))
    }
}
