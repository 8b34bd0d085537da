import Testing

@testable import Sidecar

@Suite("HTTPDateCache")
struct HTTPDateCacheTests {
    @Test("the date is made at the first refresh, in 29 bytes")
    func made() {
        var date = HTTPDateCache()
        let made1 = date.refresh(nowMilliseconds: 0)
        #expect(made1)
        #expect(date.bytes.count == 29)
        #expect(date.bytes.suffix(4) == Array(" GMT".utf8)[...])
    }

    @Test("within the same second it is not made again, after it it is")
    func kept() {
        var date = HTTPDateCache()
        let made2 = date.refresh(nowMilliseconds: 5_000_000)
        #expect(made2)
        let made3 = date.refresh(nowMilliseconds: 5_000_000)
        #expect(!made3)
        let made4 = date.refresh(nowMilliseconds: 5_001_000)
        #expect(made4)
    }
}
