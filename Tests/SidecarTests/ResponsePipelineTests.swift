import Bytes
import Testing

@testable import Sidecar

@Suite("The response pipeline")
struct ResponsePipelineTests {
    private let table = CallTable()

    private func call() throws -> Call {
        let call = try #require(table.take())
        call.update { $0.open(connectionSlot: 0, receivedNanoseconds: 1) }
        return call
    }

    @Test("calls leave in the order in which they came")
    func order() throws {
        var pipeline = ResponsePipeline()
        let calls = try (0..<5).map { _ in try call() }
        for (at, call) in calls.enumerated() {
            pipeline.append(call)
            #expect(pipeline.last == call && pipeline.count == UInt16(at + 1))
        }
        for call in calls {
            #expect(pipeline.first == call)
            #expect(pipeline.removeFirst() == call)
        }
        #expect(pipeline.isEmpty && pipeline.last == nil && pipeline.count == 0)
        #expect(pipeline.removeFirst() == nil)
    }

    @Test("a pipeline that emptied takes calls again")
    func reuse() throws {
        var pipeline = ResponsePipeline()
        for _ in 0..<3 {
            let one = try call()
            pipeline.append(one)
            #expect(pipeline.removeFirst() == one)
        }
        #expect(pipeline.isEmpty)
    }

    @Test("reservations follow their calls: counted once, counted anew, and gone with the call")
    func reservations() throws {
        var pipeline = ResponsePipeline()
        let (first, second) = (try call(), try call())
        pipeline.append(first)
        pipeline.append(second)
        pipeline.reserve(100, for: first)
        pipeline.reserve(1_000, for: second)
        #expect(pipeline.reservedBytes == 1_100)
        pipeline.reserve(30, for: second)
        #expect(pipeline.reservedBytes == 130)
        _ = pipeline.removeFirst()
        #expect(pipeline.reservedBytes == 30)
        _ = pipeline.removeFirst()
        #expect(pipeline.reservedBytes == 0)
    }

    @Test("buffered bytes are those of all calls that wait for their turn")
    func buffered() throws {
        var pool = BufferPool(bufferBytes: 64, spareLimit: 4)
        var pipeline = ResponsePipeline()
        for bytes in [3, 5] {
            let call = try call()
            pipeline.append(call)
            table.buffer(call, &pool).bytes.append(zeros: bytes)
        }
        #expect(pipeline.bufferedBytes == 8)
    }
}
