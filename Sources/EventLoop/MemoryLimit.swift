/// How much memory this process's control group may take (cgroups(7)): in a container, what the container was given.
public enum MemoryLimit {
    /// nil where there is no limit, or none is told.
    public static var currentBytes: Int? {
        bytes { path in
            guard case .success(let bytes) = Files.read(path) else { return nil }
            return String(decoding: bytes, as: UTF8.self)
        }
    }

    /// - Parameter read: a file's text.
    static func bytes(read: (String) -> String?) -> Int? {
        guard let groups = read("/proc/self/cgroup") else { return nil }
        var limit: Int?
        for line in groups.split(separator: "\n") {
            // hierarchy:controllers:path, where version 2 has hierarchy 0 and no controllers
            let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count == 3 else { continue }
            let isUnified = parts[0] == "0" && parts[1].isEmpty
            guard isUnified || parts[1].split(separator: ",").contains("memory") else { continue }
            let root = isUnified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
            let name = isUnified ? "memory.max" : "memory.limit_in_bytes"
            // The group itself and each above it: the least of their limits holds.
            var folders = parts[2].split(separator: "/").map(String.init)
            while true {
                let path = ([root] + folders + [name]).joined(separator: "/")
                if let own = read(path).flatMap(number) { limit = min(limit ?? own, own) }
                if folders.popLast() == nil { break }
            }
        }
        return limit
    }

    /// Version 1 says "no limit" with a number near 2^63, version 2 with `max`.
    private static func number(_ text: String) -> Int? {
        guard let number = Int(text.split(separator: "\n").first ?? ""), number < 1 << 60 else { return nil }
        return number
    }
}
