import Testing

@testable import EventLoop

@Suite("shared value")
struct SharedValueTests {
    @Test("nothing that several threads add is lost")
    func counts() async {
        let shared = SharedValue((sum: 0, changes: 0))
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<8 {
                group.addTask {
                    for _ in 0..<20_000 {
                        shared.withValue {
                            $0.sum += number
                            $0.changes += 1
                        }
                    }
                }
            }
        }
        #expect(shared.withValue { $0.changes } == 160_000)
        #expect(shared.withValue { $0.sum } == 28 * 20_000)
    }
}
