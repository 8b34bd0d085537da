import Metrics
import Testing

@Suite("the scale of durations")
struct DurationScaleTests {
    @Test("a duration lies in its cell: above the bound before, up to its own")
    func cells() {
        var generator = SeededGenerator(seed: 0xce11)
        for _ in 0..<200_000 {
            let duration =
                UInt64.random(in: 0...999_999_999_999, using: &generator)
                >> UInt64.random(in: 0..<40, using: &generator)
            let cell = DurationScale.cell(of: duration)
            #expect(duration <= DurationScale.upperBound(of: cell), "seed 0xce11, \(duration)")
            if cell > 0 { #expect(duration > DurationScale.upperBound(of: cell - 1), "seed 0xce11, \(duration)") }
        }
    }

    @Test("bounds rise, and every number of two digits is one")
    func bounds() {
        for cell in 1..<DurationScale.cellCount {
            #expect(DurationScale.upperBound(of: cell) > DurationScale.upperBound(of: cell - 1))
        }
        for digits in 10..<100 as Range<UInt64> {
            for unit in [1, 1_000, 100_000, 1_000_000, 1_000_000_000] as [UInt64] {
                #expect(DurationScale.upperBound(of: DurationScale.cell(of: digits * unit)) == digits * unit)
            }
        }
    }

    @Test("what is too long for the scale counts in its last cell")
    func overlong() {
        #expect(DurationScale.cell(of: .max) == DurationScale.cellCount - 1)
        #expect(DurationScale.upperBound(of: DurationScale.cellCount - 1) == 1_000_000_000_000)
    }

    @Test("a percentile is never too small, and at most a tenth too large")
    func percentiles() {
        var generator = SeededGenerator(seed: 0x9e7c)
        var cells = [UInt64](repeating: 0, count: DurationScale.cellCount)
        var durations: [UInt64] = []
        for _ in 0..<10_000 {
            let duration =
                UInt64.random(in: 1_000...100_000_000, using: &generator) >> UInt64.random(in: 0..<8, using: &generator)
            durations.append(duration)
            cells[DurationScale.cell(of: duration)] += 1
        }
        durations.sort()
        for fraction in [0.0001, 0.5, 0.9, 0.99, 0.999, 1] {
            let exact = durations[max(0, Int((Double(durations.count) * fraction).rounded(.up)) - 1)]
            let told = DurationScale.percentile(fraction, of: cells[...])
            #expect(told >= exact && Double(told) <= Double(exact) * 1.1, "seed 0x9e7c: \(fraction) \(exact) \(told)")
        }
        #expect(DurationScale.percentile(0.99, of: [UInt64](repeating: 0, count: DurationScale.cellCount)[...]) == 0)
    }
}
