internal import Bytes
internal import EventLoop

/// A loop's clocks: the monotonic one, read once for each read from a socket, and ticks, by which everything without a
/// timer of its own is bounded.
final class TurnClock {
    private let loop: Loop
    /// The monotonic clock at the last read of this turn, or at the last dispatch behind it.
    private(set) var nanoseconds: UInt64 = 0
    /// The same at the first read of this turn; 0 before it.
    private(set) var turnBeganNanoseconds: UInt64 = 0
    private(set) var ticks: UInt32 = 1
    private(set) var date = HTTPDateCache()

    init(loop: Loop) {
        self.loop = loop
        _ = date.refresh(nowMilliseconds: loop.nowMilliseconds, wallClock: loop.wallClock)
    }

    /// Reads the clock. Gives true when the date of responses has changed.
    @inline(__always)
    func read() -> Bool {
        nanoseconds = loop.nanoseconds
        if turnBeganNanoseconds == 0 { turnBeganNanoseconds = nanoseconds }
        return date.refresh(nowMilliseconds: loop.nowMilliseconds, wallClock: loop.wallClock)
    }

    /// A call was dispatched: what follows in the same read begins here.
    @inline(__always)
    func dispatched(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

    func tick() { ticks &+= 1 }

    func endTurn() { turnBeganNanoseconds = 0 }

    /// How many ticks `milliseconds` take, at least.
    static func ticks(_ milliseconds: Int) -> UInt32 {
        UInt32(clamping: (milliseconds + Limits.tickMilliseconds - 1) / Limits.tickMilliseconds)
    }
}
