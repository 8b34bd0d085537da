import Bytes
import Testing

@Suite("BufferPool")
struct BufferPoolTests {
    @Test("a buffer without memory is given some, one that has some keeps it")
    func provides() {
        var pool = BufferPool(bufferBytes: 4096, spareLimit: 4)
        var buffer = ByteBuffer()
        pool.provide(&buffer)
        #expect(buffer.capacity >= 4096)
        buffer.append("kept")
        let capacity = buffer.capacity
        pool.provide(&buffer)
        #expect(buffer.bytes.copied() == Array("kept".utf8))
        #expect(buffer.capacity == capacity)
    }

    @Test("reclaimed memory comes back with the next buffer, empty")
    func reuses() {
        var pool = BufferPool(bufferBytes: 4096, spareLimit: 4)
        var first = ByteBuffer()
        pool.provide(&first)
        // A size of its own, by which the memory is known again.
        first.append(zeros: 5000)
        let capacity = first.capacity
        pool.reclaim(&first)
        #expect(first.capacity == 0)
        #expect(first.count == 0)
        var second = ByteBuffer()
        pool.provide(&second)
        #expect(second.capacity == capacity)
        #expect(second.count == 0)
    }

    @Test("memory far larger than usual is given back to the system, not kept")
    func dropsLarge() {
        var pool = BufferPool(bufferBytes: 1024, spareLimit: 4)
        var large = ByteBuffer(minimumCapacity: 1024 * 4 + 64)
        pool.reclaim(&large)
        var next = ByteBuffer()
        pool.provide(&next)
        #expect(next.capacity == 1024)
    }

    @Test("no more spare buffers are kept than agreed")
    func boundedSpares() {
        var pool = BufferPool(bufferBytes: 1024, spareLimit: 2)
        // Of three sizes, only the first two given back are kept: the last to come is the first to go.
        for bytes in [1100, 2200, 3300] {
            var buffer = ByteBuffer(minimumCapacity: bytes)
            pool.reclaim(&buffer)
        }
        var capacities: [Int] = []
        for _ in 0..<3 {
            var buffer = ByteBuffer()
            pool.provide(&buffer)
            capacities.append(buffer.capacity)
        }
        #expect(capacities == [2240, 1152, 1024])
    }

    @Test("reclaiming a buffer that has no memory changes nothing")
    func reclaimNothing() {
        var pool = BufferPool(bufferBytes: 1024, spareLimit: 2)
        var nothing = ByteBuffer()
        pool.reclaim(&nothing)
        #expect(nothing.capacity == 0)
        pool.provide(&nothing)
        #expect(nothing.capacity == 1024)
    }
}
