import Testing

@testable import EventLoop

@Suite("MemoryLimit")
struct MemoryLimitTests {
    private func limit(_ files: [String: String]) -> Int? { MemoryLimit.bytes { files[$0] } }

    @Test("of a group and those above it the least holds")
    func leastOfAll() {
        let files = [
            "/proc/self/cgroup": "0::/pod/app\n", "/sys/fs/cgroup/pod/app/memory.max": "max\n",
            "/sys/fs/cgroup/pod/memory.max": "268435456\n", "/sys/fs/cgroup/memory.max": "8589934592\n",
        ]
        #expect(limit(files) == 256 << 20)
    }

    @Test("in a container the group's own root is what there is")
    func container() {
        #expect(limit(["/proc/self/cgroup": "0::/\n", "/sys/fs/cgroup/memory.max": "67108864\n"]) == 64 << 20)
    }

    @Test("version 1 has a hierarchy of its own, and a number for no limit")
    func versionOne() {
        let group = "12:cpu,cpuacct:/a\n4:memory:/docker/b\n"
        let path = "/sys/fs/cgroup/memory/docker/b/memory.limit_in_bytes"
        #expect(limit(["/proc/self/cgroup": group, path: "536870912\n"]) == 512 << 20)
        #expect(limit(["/proc/self/cgroup": group, path: "9223372036854771712\n"]) == nil)
    }

    @Test("where nothing is told, there is no limit", arguments: [[:], ["/proc/self/cgroup": "nonsense\n0::/x\n"]])
    func nothing(files: [String: String]) { #expect(limit(files) == nil) }
}
