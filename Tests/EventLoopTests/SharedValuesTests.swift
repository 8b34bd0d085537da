import Testing

@testable import EventLoop

@Suite("shared values")
struct SharedValuesTests {
    @Test("nothing that several threads add is lost")
    func counts() async {
        let shared = SharedValues(count: 2) { (sum: 0, changes: 0) }
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<20_000 {
                        shared.withValue(at: 1) {
                            $0.sum += number
                            $0.changes += 1
                        }
                    }
                }
            }
        }
        #expect(shared.withValue(at: 1) { $0.changes } == 160_000)
        #expect(shared.withValue(at: 0) { $0.changes } == 0)
        #expect(shared.withValue(at: 1) { $0.sum } == 28 * 20_000)
    }
}
