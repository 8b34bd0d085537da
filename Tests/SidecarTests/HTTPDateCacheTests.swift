import Testing

@testable import Sidecar

@Suite("HTTPDateCache")
struct HTTPDateCacheTests {
    @Test("the date is made at the first refresh, in 29 bytes")
    func made() {
        var date = HTTPDateCache()
        date.refresh(nowMilliseconds: 0)
        #expect(date.bytes.count == 29)
        #expect(date.bytes.suffix(4) == Array(" GMT".utf8)[...])
    }

    @Test("within the same second it is not made again, after it it is")
    func kept() {
        var date = HTTPDateCache()
        date.refresh(nowMilliseconds: 5_000_000)
        let first = address(date.bytes)
        // The second that was under way when it was made had begun already: less than a whole one is left of it.
        date.refresh(nowMilliseconds: 5_000_000)
        #expect(address(date.bytes) == first)
        date.refresh(nowMilliseconds: 5_001_000)
        #expect(address(date.bytes) != first)
    }

    /// Where an array's elements are: the same as long as it was not made anew.
    private func address(_ bytes: [UInt8]) -> Int { unsafe bytes.withUnsafeBytes { Int(bitPattern: $0.baseAddress) } }
}
