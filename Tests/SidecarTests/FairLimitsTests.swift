import Settings
import Testing

@testable import RateLimits
@testable import Sidecar

private let second: UInt64 = 1_000_000_000

private func policy(_ change: (inout Configuration) -> Void) -> FairLimitPolicy {
    var configuration = Configuration()
    change(&configuration)
    return FairLimitPolicy(configuration)
}

@Suite("fair limits")
struct FairLimitsTests {
    @Test("nothing is limited unless it is asked for")
    func off() {
        let nothing = policy { _ in }
        #expect(!nothing.limitsClients && !nothing.limitsTasks)
        #expect(nothing.limit(ofTask: "app.add") == nil)
    }

    @Test("without a burst of its own, a rate lets a second's worth come at once")
    func defaultBurst() {
        #expect(policy { $0.rateLimit = RequestRate("100/s") }.rate?.burst == 100)
        #expect(policy { $0.rateLimit = RequestRate("600/m") }.rate?.burst == 10)
        #expect(policy { $0.rateLimit = RequestRate("5/h") }.rate?.burst == 1)
    }

    @Test("a task has the limit of its own, else that of every task")
    func taskLimits() {
        let both = policy { $0.taskLimits = [TaskLimit("100")!, TaskLimit("app.report=4")!] }
        #expect(both.limit(ofTask: "app.report") == 4)
        #expect(both.limit(ofTask: "app.add") == 100)
        let one = policy { $0.taskLimits = [TaskLimit("app.report=4")!] }
        #expect(one.limit(ofTask: "app.add") == nil)
        #expect(one.limitsTasks && !one.limitsClients)
    }

    @Test("clients and tasks are counted apart, and what is released may come again")
    func counts() {
        let limits = FairLimits()
        let client = limits.keys.ipv6(high: 7)
        func ask() -> ClientTable.Verdict {
            limits.admit(client, rate: nil, inFlightLimit: 1, nowNanoseconds: second).verdict
        }
        #expect(ask() == .admitted)
        #expect(ask() == .inFlightExceeded)
        #expect(limits.admit(task: client, inFlightLimit: 1, nowNanoseconds: second))
        #expect(!limits.admit(task: client, inFlightLimit: 1, nowNanoseconds: second))
        limits.release(client, at: 12_345)
        #expect(ask() == .admitted)
        limits.release(task: client)
        #expect(limits.admit(task: client, inFlightLimit: 1, nowNanoseconds: second))
    }

    @Test("loops that count at the same time lose nothing and admit no one too many")
    func severalLoops() async {
        let limits = FairLimits()
        let admitted = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    (0..<1000).count {
                        let client = limits.keys.ipv4(UInt32($0 % 10))
                        let (verdict, _) = limits.admit(client, rate: nil, inFlightLimit: 50, nowNanoseconds: second)
                        return verdict == .admitted
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(admitted == 500)
    }
}
