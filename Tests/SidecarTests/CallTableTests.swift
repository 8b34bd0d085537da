import Bytes
import Testing

@testable import Sidecar

@Suite("CallTable")
struct CallTableTests {
    private func makeTable() -> CallTable { CallTable(pool: BufferPool(bufferBytes: 256, spareLimit: 4)) }

    private func take(_ table: CallTable) throws -> Call {
        let call = try #require(table.take())
        call.state = .running
        return call
    }

    @Test("no call is ever called 0, which names the link itself, over all generations of a slot")
    func neverZero() throws {
        let table = makeTable()
        var seen: Set<UInt32> = []
        let generations = 1 << (32 - Int(CallTable.slotBits))
        for round in 0..<generations + 10 {
            let call = try take(table)
            guard call.id != 0, call.id >> CallTable.slotBits != 0 else {
                Issue.record("id \(call.id) in round \(round)")
                return
            }
            seen.insert(call.id)
            table.release(call)
        }
        #expect(seen.count == generations - 1)
    }

    @Test("an id finds its call while that runs, and nothing once it is over")
    func lateIDsMiss() throws {
        let table = makeTable()
        let first = try take(table)
        let old = first.id
        #expect(table.find(old) === first)
        table.release(first)
        #expect(table.find(old) == nil)
        let second = try take(table)
        #expect(second === first)
        #expect(second.id != old)
        #expect(table.find(old) == nil)
        #expect(table.find(second.id) === second)
    }

    @Test("ids that were never given name nothing", arguments: [0, 1, 5, 1 << 18, .max] as [UInt32])
    func unknownIDs(id: UInt32) throws {
        let table = makeTable()
        #expect(table.find(id) == nil)
        let call = try take(table)
        if id != call.id { #expect(table.find(id) == nil) }
    }

    @Test("calls at one time have different ids")
    func distinct() throws {
        let table = makeTable()
        let calls = try (0..<1_000).map { _ in try take(table) }
        #expect(Set(calls.map(\.id)).count == 1_000)
        #expect(table.activeCount == 1_000)
        for call in calls { #expect(table.find(call.id) === call) }
    }

    @Test("a released call comes back clean")
    func clean() throws {
        let table = makeTable()
        let call = try take(table)
        call.closesConnection = true
        call.isAbandoned = true
        call.bodyIsOpen = true
        call.sawAnswerStart = true
        call.taskFailed = true
        call.answer.append("old answer")
        table.release(call)
        let again = try take(table)
        #expect(again === call)
        #expect(!again.closesConnection && !again.isAbandoned && !again.bodyIsOpen && !again.sawAnswerStart)
        #expect(!again.taskFailed)
        #expect(again.answer.count == 0)
        #expect(again.answer.capacity == 0)
        #expect(again.connection == nil && again.link == nil && again.next == nil && again.rejection == nil)
    }

    @Test("forEachActive visits the calls that run, each once")
    func visits() throws {
        let table = makeTable()
        let calls = try (0..<10).map { _ in try take(table) }
        for call in calls where call.slot % 2 == 0 { table.release(call) }
        var visited: [UInt32] = []
        table.forEachActive { visited.append($0.slot) }
        #expect(visited == [1, 3, 5, 7, 9])
        #expect(table.activeCount == 5)
    }

    @Test("when every slot is taken there is no call, until one is released")
    func full() throws {
        let table = makeTable()
        var last: Call?
        for _ in 0..<CallTable.slotLimit { last = table.take() }
        #expect(table.take() == nil)
        table.release(try #require(last))
        #expect(table.take() === last)
    }
}
