import Testing

@testable import Sidecar

@Suite("AnswerSizes")
struct AnswerSizesTests {
    @Test("a target that never answered may answer anything")
    func unknown() {
        var sizes = AnswerSizes()
        #expect(sizes.expected(of: 5) > 1 << 30)
        sizes.saw(10, of: 7)
        #expect(sizes.expected(of: 5) > 1 << 30)
        #expect(sizes.expected(of: 7) == 10)
    }

    @Test("the first answer counts as it is, a larger one at once")
    func growing() {
        var sizes = AnswerSizes()
        for bytes in [100, 5_000, 8 << 20] {
            sizes.saw(bytes, of: 0)
            #expect(sizes.expected(of: 0) == bytes)
        }
    }

    @Test("a large answer is forgotten slowly, and in the end")
    func forgetting() {
        var sizes = AnswerSizes()
        sizes.saw(8 << 20, of: 0)
        for _ in 0..<50 { sizes.saw(100, of: 0) }
        #expect(sizes.expected(of: 0) > 1 << 20)
        for _ in 0..<500 { sizes.saw(100, of: 0) }
        #expect(sizes.expected(of: 0) < 200)
    }

    @Test("no answer is too large to be counted")
    func clamping() {
        var sizes = AnswerSizes()
        sizes.saw(.max, of: 0)
        #expect(sizes.expected(of: 0) == Int(UInt32.max))
    }
}
