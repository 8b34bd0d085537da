internal import Bytes
internal import EventLoop
internal import HTTPCodec

/// The Date header's value, made once a second.
struct HTTPDateCache {
    /// The 29 bytes of an IMF-fixdate.
    private(set) var bytes: [UInt8] = []
    private var madeMilliseconds: UInt64?

    /// Makes it anew when the loop's clock has moved on by a second.
    /// - Returns: whether it changed.
    mutating func refresh(
        nowMilliseconds: UInt64, wallClock: @autoclosure () -> (seconds: Int, milliseconds: Int) = WallClock.now
    ) -> Bool {
        if let madeMilliseconds, nowMilliseconds &- madeMilliseconds < 1000 { return false }
        let clock = wallClock()
        // The next one is due when the wall clock's second changes, not a second after this moment.
        madeMilliseconds = nowMilliseconds - UInt64(min(Int(nowMilliseconds), clock.milliseconds))
        var buffer = ByteBuffer(minimumCapacity: 64)
        HTTPDate.write(unixSeconds: clock.seconds, into: &buffer)
        bytes = buffer.bytes.copied()
        return true
    }
}
