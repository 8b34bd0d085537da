internal import Glibc

/// What this process takes of the machine, as the kernel counts it. For a scrape, not for a request: it reads /proc.
public struct ProcessUsage: Sendable {
    public let cpuUserMicroseconds: Int
    public let cpuSystemMicroseconds: Int
    /// Memory that is in RAM now; 0 where /proc cannot be read.
    public let residentBytes: Int
    /// 0 where /proc cannot be read.
    public let openDescriptors: Int
    /// The soft limit; 0 where there is none.
    public let descriptorLimit: Int

    public static var current: ProcessUsage {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return ProcessUsage(
            cpuUserMicroseconds: microseconds(usage.ru_utime), cpuSystemMicroseconds: microseconds(usage.ru_stime),
            residentBytes: readResidentBytes(), openDescriptors: countDescriptors(),
            descriptorLimit: readDescriptorLimit())
    }

    /// User and system together; cheap enough to ask every second.
    public static var cpuMicroseconds: Int {
        var usage = rusage()
        _ = unsafe getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return microseconds(usage.ru_utime) + microseconds(usage.ru_stime)
    }

    private static func microseconds(_ time: timeval) -> Int { time.tv_sec * 1_000_000 + Int(time.tv_usec) }

    /// The second number of /proc/self/statm is the resident set in pages (proc(5)).
    private static func readResidentBytes() -> Int {
        guard case .success(let text) = Files.read("/proc/self/statm") else { return 0 }
        let numbers = String(decoding: text, as: UTF8.self).split(separator: " ")
        guard numbers.count > 1, let pages = Int(numbers[1]) else { return 0 }
        return pages * Int(getpagesize())
    }

    private static func countDescriptors() -> Int {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        defer { unsafe closedir(directory) }
        var entries = 0
        while unsafe readdir(directory) != nil { entries += 1 }
        // Not counted: `.`, `..`, and the descriptor that reads this very directory.
        return max(0, entries - 3)
    }

    private static func readDescriptorLimit() -> Int {
        var limit = rlimit()
        guard unsafe getrlimit(__rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue)), &limit) == 0 else { return 0 }
        return limit.rlim_cur == rlim_t.max ? 0 : Int(clamping: limit.rlim_cur)
    }
}
