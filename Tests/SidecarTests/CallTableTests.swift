import Bytes
import Exposure
import Testing

@testable import Sidecar

@Suite("CallTable")
struct CallTableTests {
    /// A table and the pool beside it.
    private struct Fixture: ~Copyable {
        let table = CallTable()
        var pool = BufferPool(bufferBytes: 256, spareLimit: 4)

        /// A call that was read.
        func take() throws -> Call {
            let call = try #require(table.take())
            call.update { $0.open(connectionSlot: 0, receivedNanoseconds: 1) }
            return call
        }

        /// A call that a worker has.
        func run(link: UInt32 = 1) throws -> Call {
            let call = try take()
            call.update { $0.dispatch(to: link, nowNanoseconds: 2, deadlineMilliseconds: 0) }
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

    @Test("an id finds its call while a worker has it, for that worker's link alone")
    func finds() throws {
        var calls = Fixture()
        let call = try calls.take()
        #expect(calls.table.find(call.id, of: 1) == nil, "no worker has it yet")
        call.update { $0.dispatch(to: 1, nowNanoseconds: 2, deadlineMilliseconds: 0) }
        #expect(calls.table.find(call.id, of: 1) == call)
        #expect(calls.table.find(call.id, of: 2) == nil)
        let old = call.id
        calls.table.letGo(call)
        #expect(calls.table.find(old, of: 1) == nil, "the worker has let go of it")
        call.update { $0.respond(status: 200, rejection: nil, nowNanoseconds: 3) }
        calls.release(call)
        let second = try calls.run()
        #expect(second == call && second.id != old)
        #expect(calls.table.find(old, of: 1) == nil)
    }

    @Test("a cancelled call keeps its id until its worker has let go, whatever runs meanwhile")
    func cancelledIDsStay() throws {
        var calls = Fixture()
        let cancelled = try calls.run()
        cancelled.update { $0.cancel() }
        calls.release(cancelled)
        #expect(calls.table.activeCount == 0 && calls.table.heldCount == 1)
        let id = cancelled.id
        for _ in 0..<20_000 {
            let other = try calls.take()
            #expect(other != cancelled)
            calls.release(other)
        }
        #expect(calls.table.find(id, of: 1) == cancelled)
        calls.table.letGo(cancelled)
        #expect(calls.table.heldCount == 0)
        #expect(calls.table.find(id, of: 1) == nil)
        #expect(try calls.take() == cancelled)
    }

    @Test("a call whose worker has let go first is free once its response is written")
    func workerFirst() throws {
        var calls = Fixture()
        let call = try calls.run()
        call.update { $0.cancel() }
        calls.table.letGo(call)
        #expect(calls.table.activeCount == 1 && calls.table.heldCount == 0)
        calls.release(call)
        #expect(try calls.take() == call)
    }

    @Test("ids that were never given name nothing", arguments: [0, 1, 5, 1 << 18, .max] as [UInt32])
    func unknownIDs(id: UInt32) throws {
        let calls = Fixture()
        #expect(calls.table.find(id, of: 1) == nil)
        let call = try calls.run()
        if id != call.id { #expect(calls.table.find(id, of: 1) == nil) }
    }

    @Test("calls at one time have different ids")
    func distinct() throws {
        let calls = Fixture()
        var taken: [Call] = []
        for _ in 0..<1_000 { taken.append(try calls.run()) }
        #expect(Set(taken.map(\.id)).count == 1_000)
        #expect(calls.table.activeCount == 1_000)
        for call in taken { #expect(calls.table.find(call.id, of: 1) == call) }
    }

    @Test("a released call comes back clean")
    func clean() throws {
        var calls = Fixture()
        let call = try calls.run()
        call.update {
            $0.closeConnection()
            $0.openBody(sendCredit: 10)
            $0.startResponse(nowNanoseconds: 3, isDelimited: true)
            $0.fail(.threw)
            $0.stall()
            $0.cut()
            $0.note(.timeout)
            $0.reserve(7)
            $0.noteContinue()
        }
        calls.table.buffer(call, &calls.pool).bytes.append("old response")
        calls.table.letGo(call)
        calls.release(call)
        let again = try #require(calls.table.take())
        #expect(again == call)
        again.update { $0.open(connectionSlot: 3, receivedNanoseconds: 9) }
        #expect(!again.closesConnection && !again.bodyIsOpen && !again.isDelimited)
        #expect(again.taskFailure == .none && again.asked == nil && again.lostWorkerPID == 0)
        #expect(!again.clientStalled && !again.responseWasCut && !again.sentContinue)
        #expect(again.buffered == nil && again.stored == nil && again.next == nil && again.rejection == nil)
        #expect(again.linkNumber == 0 && again.sendCredit == 0 && again.reservedBytes == 0 && again.status == 0)
        #expect(again.dispatchedNanoseconds == 0 && again.respondedNanoseconds == 0 && again.queuedNanoseconds == 0)
        let isEmpty = calls.table.buffer(again, &calls.pool).bytes.isEmpty
        #expect(isEmpty)
    }

    @Test("forEach visits the calls that a client waits for or a worker has, each once")
    func visits() throws {
        var calls = Fixture()
        var taken: [Call] = []
        for _ in 0..<10 { taken.append(try calls.run()) }
        for at in [0, 2, 4, 6, 8] {
            taken[at].update { $0.cancel() }
            if at > 4 { calls.table.letGo(taken[at]) }
            calls.release(taken[at])
        }
        var visited: [UInt32] = []
        calls.table.forEach { visited.append($0.id) }
        #expect(visited == [0, 1, 2, 3, 4, 5, 7, 9].map { taken[$0].id })
        #expect(calls.table.activeCount == 5 && calls.table.heldCount == 3)
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
