import Testing

@testable import Sidecar

@Suite("ResponseSizeEstimate")
struct ResponseSizeEstimateTests {
    @Test("a target that never responseed may response anything")
    func unknown() {
        var sizes = ResponseSizeEstimate()
        #expect(sizes.expected(of: 5) > 1 << 30)
        sizes.record(10, of: 7)
        #expect(sizes.expected(of: 5) > 1 << 30)
        #expect(sizes.expected(of: 7) == 10)
    }

    @Test("the first response counts as it is, a larger one at once")
    func growing() {
        var sizes = ResponseSizeEstimate()
        for bytes in [100, 5_000, 8 << 20] {
            sizes.record(bytes, of: 0)
            #expect(sizes.expected(of: 0) == bytes)
        }
    }

    @Test("a large response is forgotten slowly, and in the end")
    func forgetting() {
        var sizes = ResponseSizeEstimate()
        sizes.record(8 << 20, of: 0)
        for _ in 0..<50 { sizes.record(100, of: 0) }
        #expect(sizes.expected(of: 0) > 1 << 20)
        for _ in 0..<500 { sizes.record(100, of: 0) }
        #expect(sizes.expected(of: 0) < 200)
    }

    @Test("no response is too large to be counted")
    func clamping() {
        var sizes = ResponseSizeEstimate()
        sizes.record(.max, of: 0)
        #expect(sizes.expected(of: 0) == Int(UInt32.max))
    }
}
