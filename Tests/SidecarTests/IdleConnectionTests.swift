import EventLoop
import Glibc
import Testing

@testable import Sidecar

@Suite("An idle connection")
struct IdleConnectionTests {
    @Test(
        "an idle client connection takes at most 512 bytes of this process's memory",
        .enabled(if: !isSanitized, "a sanitizer's allocator adds its own"))
    func memory() async {
        // In a process of its own, where nothing else allocates.
        let result = await #expect(processExitsWith: .success, observing: [\.standardOutputContent]) {
            let around = try QuietFront()
            let count = 20_000
            var connections: [ClientConnection] = []
            connections.reserveCapacity(count)
            connections.append(try around.connection())
            let before = residentBytes()
            for _ in 1..<count { connections.append(try around.connection()) }
            // The array's own 8 bytes are a part of it: a front keeps such an array, too.
            let each = (residentBytes() - before) / (count - 1)
            StandardOutput.write("idle connection: \(each) bytes\n")
            #expect(each <= 512)
            withExtendedLifetime(connections) {}
        }
        print(String(decoding: result?.standardOutputContent ?? [], as: UTF8.self))
    }
}

/// Memory of this process that is in RAM.
private func residentBytes() -> Int {
    guard case .success(let bytes) = Files.read("/proc/self/statm") else { return 0 }
    let pages = String(decoding: bytes, as: UTF8.self).split(separator: " ")[1]
    return Int(pages)! * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Whether this runs under AddressSanitizer or ThreadSanitizer.
private var isSanitized: Bool {
    unsafe dlsym(nil, "__asan_init") != nil || dlsym(nil, "__tsan_init") != nil
}
