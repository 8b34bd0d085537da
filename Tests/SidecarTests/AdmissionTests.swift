import BridgeProtocol
import Bytes
import Exposure
import Testing

@testable import Sidecar

@Suite("Waiting for a worker")
struct PendingQueueTests {
    private let table = CallTable()

    /// A call that is in the queue.
    private func pending(
        in queue: inout PendingQueue, bytes: Int = 10, deadline: UInt64 = 100
    ) throws -> Call {
        let call = try #require(table.take())
        call.update {
            $0.open(connectionSlot: 0, receivedNanoseconds: 1)
            $0.queue(untilMilliseconds: deadline, nowNanoseconds: 1)
        }
        queue.enter(call, bytes: bytes, deadlineMilliseconds: deadline)
        return call
    }

    private func refuse(_ call: Call) {
        call.update { $0.respond(status: 503, rejection: .overloaded, nowNanoseconds: 2) }
    }

    @Test("requests are looked at in the order in which they came")
    func order() throws {
        var queue = PendingQueue(countLimit: 1_000, byteLimit: 1 << 20)
        let calls = try (0..<100).map { _ in try pending(in: &queue) }
        var index = 0
        var seen: [Call] = []
        while let entry = queue.next(from: &index) { seen.append(entry.call) }
        #expect(seen == calls)
    }

    @Test("what has left is passed over, and a record's next request is not taken for it")
    func passedOver() throws {
        var pool = BufferPool(bufferBytes: 64, spareLimit: 1)
        var queue = PendingQueue(countLimit: 10, byteLimit: 1 << 20)
        let first = try pending(in: &queue)
        let second = try pending(in: &queue)
        refuse(first)
        table.release(first, &pool)
        let again = try pending(in: &queue)
        #expect(again == first)
        var index = 0
        #expect(queue.next(from: &index)?.call == second)
        #expect(queue.next(from: &index)?.id == again.id)
        #expect(queue.next(from: &index) == nil)
    }

    @Test("the queue is full at its number of requests and at its bytes")
    func limits() throws {
        var queue = PendingQueue(countLimit: 2, byteLimit: 100)
        _ = try pending(in: &queue, bytes: 60)
        let (fits, fitsNot) = (queue.hasRoom(for: 40), queue.hasRoom(for: 41))
        #expect(fits && !fitsNot)
        _ = try pending(in: &queue, bytes: 1)
        let isFull = !queue.hasRoom(for: 0)
        #expect(isFull)
    }

    @Test("requests that have left take no room from others")
    func room() throws {
        var queue = PendingQueue(countLimit: 3, byteLimit: 100)
        let calls = try (0..<3).map { _ in try pending(in: &queue, bytes: 30) }
        let wasFull = !queue.hasRoom(for: 1)
        refuse(calls[1])
        queue.markCancelled()
        let hasRoom = queue.hasRoom(for: 40)
        #expect(wasFull && hasRoom)
        #expect(queue.waiting == (2, 60))
    }

    @Test("a request is refused at its own deadline, in whichever order the deadlines stand")
    func deadlines() throws {
        var queue = PendingQueue(countLimit: 10, byteLimit: 100)
        let late = try pending(in: &queue, deadline: 300)
        let early = try pending(in: &queue, deadline: 100)
        #expect(queue.expired(nowMilliseconds: 99).isEmpty)
        #expect(queue.expired(nowMilliseconds: 100).map(\.call) == [early])
        #expect(queue.expired(nowMilliseconds: 300).map(\.call) == [late, early])
    }

    @Test("coming and going for long leaves nothing behind")
    func steady() throws {
        var queue = PendingQueue(countLimit: 1_000, byteLimit: 1 << 20)
        var waiting: [Call] = []
        for round in 0..<5_000 {
            for _ in 0...(round % 3) { waiting.append(try pending(in: &queue, bytes: round % 7)) }
            for _ in 0...(round % 4) where !waiting.isEmpty { refuse(waiting.remove(at: waiting.count / 2)) }
            queue.trim()
            #expect(queue.waiting.count == waiting.count)
        }
        waiting.forEach(refuse)
        queue.trim()
        let hasRoom = queue.hasRoom(for: 1 << 20)
        #expect(queue.isEmpty && hasRoom)
    }

    @Test("one request has one deadline, however often it enters")
    func oneDeadline() throws {
        let call = try #require(table.take())
        call.update {
            $0.open(connectionSlot: 0, receivedNanoseconds: 1)
            $0.queue(untilMilliseconds: 100, nowNanoseconds: 5)
            $0.resume()
            $0.queue(untilMilliseconds: 900, nowNanoseconds: 50)
        }
        #expect(call.waitUntilMilliseconds == 100 && call.queuedNanoseconds == 5)
    }
}

@Suite("Questions about origins")
struct OriginQuestionsTests {
    private let table = CallTable()

    private func asked(_ questions: inout OriginQuestions, link: UInt32 = 1, deadline: UInt64 = 100) throws -> (
        Call, UInt32
    ) {
        let call = try #require(table.take())
        call.update {
            $0.open(connectionSlot: 0, receivedNanoseconds: 1)
            $0.ask()
        }
        let number = questions.add(
            OriginQuestions.Question(
                call: call, callID: call.id, linkNumber: link, deadlineMilliseconds: deadline))
        return (call, number)
    }

    @Test("an answer meets the request that was asked about, once")
    func once() throws {
        var questions = OriginQuestions()
        let (call, number) = try asked(&questions)
        #expect(questions.take(number, of: 1)?.call == call)
        #expect(questions.take(number, of: 1) == nil)
    }

    @Test("a link that was not asked answers nothing, nor does one with a number of its own")
    func strangers() throws {
        var questions = OriginQuestions()
        let (call, number) = try asked(&questions)
        #expect(questions.take(number, of: 2) == nil)
        #expect(questions.take(number &+ 7, of: 1) == nil)
        #expect(questions.take(number, of: 1)?.call == call)
    }

    @Test("an answer about a request that is over is nobody's")
    func over() throws {
        var questions = OriginQuestions()
        let (call, number) = try asked(&questions)
        call.update { $0.respond(status: 503, rejection: .noWorker, nowNanoseconds: 2) }
        #expect(questions.take(number, of: 1) == nil)
        #expect(questions.count == 0)
    }

    @Test("the questions of a link come back in order, and those of others stay")
    func ofLink() throws {
        var questions = OriginQuestions()
        let mine = try (0..<3).map { _ in try asked(&questions).0 }
        let (other, number) = try asked(&questions, link: 2)
        #expect(questions.take(of: 1).map(\.call) == mine)
        #expect(questions.take(number, of: 2)?.call == other)
    }

    @Test("a question ends at its deadline")
    func deadline() throws {
        var questions = OriginQuestions()
        let (call, _) = try asked(&questions, deadline: 100)
        #expect(questions.takeExpired(nowMilliseconds: 99).isEmpty)
        #expect(questions.takeExpired(nowMilliseconds: 100).map(\.call) == [call])
        #expect(questions.count == 0)
    }
}

@Suite("Cancelled calls of a link")
struct CancelledCallsTests {
    @Test("a worker has let go of a call once it answers a PING sent behind the CANCEL, not one before")
    func fence() {
        var cancelled = CancelledCalls()
        _ = cancelled.add(7, behindPing: 4)
        _ = cancelled.add(8, behindPing: 5)
        #expect(cancelled.next(answered: 4) == nil)
        #expect(cancelled.next(answered: 5) == 7)
        #expect(cancelled.next(answered: 5) == nil)
        #expect(cancelled.next(answered: 9) == 8)
        #expect(cancelled.next(answered: 9) == nil)
        #expect(cancelled.count == 0)
    }

    @Test("numbers may wrap around")
    func wrap() {
        var cancelled = CancelledCalls()
        _ = cancelled.add(7, behindPing: .max)
        #expect(cancelled.next(answered: .max) == nil)
        #expect(cancelled.next(answered: 0) == 7)
    }

    @Test("many cancelled calls are worth a PING of their own")
    func manyAsk() {
        var cancelled = CancelledCalls()
        let asks = (1...1_000).filter { cancelled.add(UInt32($0), behindPing: 0) }
        #expect(asks == [256, 512, 768])
    }
}

@Suite("Memory budgets")
struct MemoryBudgetTests {
    @Test("unfinished bodies take their limit together, and no byte more")
    func bodies() {
        var memory = BodyMemory(limitBytes: 100)
        let granted = [60, 40, 1].map { memory.reserve($0) }
        #expect(granted == [true, true, false])
        memory.release(40)
        let isGranted = memory.reserve(1)
        #expect(isGranted)
        #expect(memory.reservedBytes == 61)
    }

    @Test("nothing is looked at before as much has come as could matter")
    func due() {
        var memory = ResponseMemory(limitBytes: 1_000)
        memory.received(499)
        #expect(!memory.isDue)
        memory.received(1)
        #expect(memory.isDue)
        #expect(memory.check([]).isEmpty)
        #expect(!memory.isDue)
    }

    @Test("above half the limit stalled clients go, the longest stalled first; at the limit the largest holders")
    func closing() {
        func holder(_ slot: Int32, _ bytes: Int, _ stalled: UInt32) -> ResponseMemory.Holder {
            ResponseMemory.Holder(slot: slot, bytes: bytes, stalledTicks: stalled)
        }
        var memory = ResponseMemory(limitBytes: 1_000)
        #expect(memory.check([holder(1, 300, 9), holder(2, 200, 0)]).isEmpty)
        #expect(memory.check([holder(1, 300, 4), holder(2, 300, 9), holder(3, 300, 0)]).map(\.slot) == [2, 1])
        #expect(memory.check([holder(1, 700, 0), holder(2, 800, 0)]).map(\.slot) == [2])
    }
}

@Suite("Workers with different settings")
struct WorkerSettingsTests {
    private let closed = Self.settings(.tokens(TokenSettings(tokens: ["s3cret"])))
    private let open = Self.settings(.open)

    private static func settings(_ auth: AuthSettings) -> ExposureSettings {
        var settings = ExposureSettings.unannounced
        settings.auth = auth
        return settings
    }

    private func join(_ workers: inout WorkerSettings, _ name: String, _ settings: ExposureSettings) -> String? {
        workers.join(worker: name, pid: 1, settings: settings, overridden: { $0 })
    }

    @Test("a worker whose settings differ is refused while another serves, whichever is the laxer")
    func refused() {
        for (first, second) in [(closed, open), (open, closed)] {
            var workers = WorkerSettings()
            #expect(join(&workers, "a", first) == nil)
            #expect(join(&workers, "b", second)?.contains("differ") == true)
            #expect(join(&workers, "c", first) == nil)
        }
    }

    @Test("it is welcome once all links of the other are gone")
    func afterwards() {
        var workers = WorkerSettings()
        _ = join(&workers, "a", closed)
        #expect(join(&workers, "a", closed) == nil)
        workers.linkEnded(worker: "a")
        #expect(join(&workers, "b", open) != nil)
        workers.linkEnded(worker: "a")
        #expect(join(&workers, "b", open) == nil)
    }

    @Test("settings that the front's own options replace may differ")
    func overridden() {
        var workers = WorkerSettings()
        for (name, settings) in [("a", closed), ("b", open)] {
            let reason = workers.join(worker: name, pid: 1, settings: settings, overridden: { _ in closed })
            #expect(reason == nil)
        }
    }
}
