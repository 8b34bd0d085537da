internal import Glibc

/// The time of day.
public enum WallClock {
    /// Seconds since 1970, and the milliseconds of the current second.
    public static var now: (seconds: Int, milliseconds: Int) {
        var time = timespec()
        _ = unsafe clock_gettime(CLOCK_REALTIME, &time)
        return (time.tv_sec, time.tv_nsec / 1_000_000)
    }
}

extension WallClock {
    /// Milliseconds since 1970.
    public static var unixMilliseconds: Int {
        let now = now
        return now.seconds * 1000 + now.milliseconds
    }
}
