import Bytes
import Testing

@testable import Sidecar

@Suite("CallTable")
struct CallTableTests {
    /// A table and the pool beside it.
    private struct Fixture: ~Copyable {
        var table = CallTable()
        var pool = BufferPool(bufferBytes: 256, spareLimit: 4)

        mutating func take() throws -> Call {
            let taken = table.take()
            let call = try #require(taken)
            call.state = .running
            return call
        }

        mutating func release(_ call: Call) { table.release(call, &pool) }
    }

    @Test("no call is ever called 0, which names the link itself, over all generations of a slot")
    func neverZero() throws {
        var calls = Fixture()
        var seen: Set<UInt32> = []
        let generations = 1 << (32 - Int(CallTable.slotBits))
        for round in 0..<generations + 10 {
            let call = try calls.take()
            guard call.id != 0, call.id >> CallTable.slotBits != 0 else {
                Issue.record("id \(call.id) in round \(round)")
                return
            }
            seen.insert(call.id)
            calls.release(call)
        }
        #expect(seen.count == generations - 1)
    }

    @Test("an id finds its call while that runs, and nothing once it is over")
    func lateIDsMiss() throws {
        var calls = Fixture()
        let first = try calls.take()
        let old = first.id
        #expect(calls.table.find(old) == first)
        calls.release(first)
        #expect(calls.table.find(old) == nil)
        let second = try calls.take()
        #expect(second == first)
        #expect(second.id != old)
        #expect(calls.table.find(old) == nil)
        #expect(calls.table.find(second.id) == second)
    }

    @Test("ids that were never given name nothing", arguments: [0, 1, 5, 1 << 18, .max] as [UInt32])
    func unknownIDs(id: UInt32) throws {
        var calls = Fixture()
        #expect(calls.table.find(id) == nil)
        let call = try calls.take()
        if id != call.id { #expect(calls.table.find(id) == nil) }
    }

    @Test("calls at one time have different ids")
    func distinct() throws {
        var calls = Fixture()
        var taken: [Call] = []
        for _ in 0..<1_000 { taken.append(try calls.take()) }
        #expect(Set(taken.map(\.id)).count == 1_000)
        #expect(calls.table.activeCount == 1_000)
        for call in taken { #expect(calls.table.find(call.id) == call) }
    }

    @Test("a released call comes back clean")
    func clean() throws {
        var calls = Fixture()
        let call = try calls.take()
        call.closesConnection = true
        call.isAbandoned = true
        call.bodyIsOpen = true
        call.sawAnswerStart = true
        call.taskFailed = true
        calls.table.hold(call, &calls.pool).bytes.append("old answer")
        calls.release(call)
        let again = try calls.take()
        #expect(again == call)
        #expect(!again.closesConnection && !again.isAbandoned && !again.bodyIsOpen && !again.sawAnswerStart)
        #expect(!again.taskFailed)
        #expect(again.held == nil)
        let isEmpty = calls.table.hold(again, &calls.pool).bytes.isEmpty
        #expect(isEmpty)
        #expect(again.connectionSlot == -1 && again.linkNumber == 0 && again.next == nil && again.rejection == nil)
    }

    @Test("forEachActive visits the calls that run, each once")
    func visits() throws {
        var calls = Fixture()
        var taken: [Call] = []
        for _ in 0..<10 { taken.append(try calls.take()) }
        for at in [0, 2, 4, 6, 8] { calls.release(taken[at]) }
        var visited: [UInt32] = []
        calls.table.forEachActive { visited.append($0.id) }
        #expect(visited == [1, 3, 5, 7, 9].map { taken[$0].id })
        #expect(calls.table.activeCount == 5)
    }

    @Test("when every slot is taken there is no call, until one is released")
    func full() throws {
        var calls = Fixture()
        var last: Call?
        for _ in 0..<CallTable.slotLimit { last = try calls.take() }
        #expect(calls.table.take() == nil)
        calls.release(try #require(last))
        #expect(calls.table.take() == last)
    }
}
