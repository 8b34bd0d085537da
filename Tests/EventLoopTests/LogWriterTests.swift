import Glibc
import Testing

@testable import EventLoop

@Suite("LogWriter")
struct LogWriterTests {
    private func pipe() throws -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe Glibc.pipe(&ends) == 0)
        return (ends[0], ends[1])
    }

    private func append(_ text: String, to writer: LogWriter) {
        var text = text
        text.withUTF8 { unsafe writer.append(UnsafeRawBufferPointer($0)) }
    }

    private func read(_ descriptor: Int32, _ count: Int) -> [UInt8] {
        var all: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while all.count < count {
            let got = unsafe Glibc.read(descriptor, &chunk, min(chunk.count, count - all.count))
            if got <= 0 { break }
            all += chunk[..<got]
        }
        return all
    }

    @Test("nobody waits for a reader: lines beyond the buffer are dropped whole and counted, the others come in order")
    func unread() throws {
        let (reader, end) = try pipe()
        let writer = LogWriter(descriptor: end)
        try writer.start()
        let line = String(repeating: "x", count: 99) + "\n"
        let lines = 4 * LogWriter.capacityBytes / line.utf8.count
        for _ in 0..<lines { append(line, to: writer) }
        let dropped = writer.droppedLines
        // At most the buffer, as much in the thread's hands, and a pipe's 64 KiB are kept.
        #expect(dropped > lines / 3)
        #expect(!writer.hasRoom)
        writer.finish(withinMilliseconds: 20)
        let kept = (lines - dropped) * line.utf8.count
        let got = read(reader, kept)
        #expect(got.count == kept)
        #expect(stride(from: 99, to: got.count, by: 100).allSatisfy { got[$0] == UInt8(ascii: "\n") })
        writer.finish(withinMilliseconds: 5_000)
        #expect(writer.hasRoom)
        append("last\n", to: writer)
        #expect(read(reader, 5) == Array("last\n".utf8))
        #expect(writer.droppedLines == dropped)
    }

    @Test("before its thread is there, a line is written at once")
    func atOnce() throws {
        let (reader, end) = try pipe()
        append("early\n", to: LogWriter(descriptor: end))
        #expect(read(reader, 6) == Array("early\n".utf8))
    }

    @Test("a descriptor that takes nothing costs its lines, and they are counted")
    func broken() throws {
        let writer = LogWriter(descriptor: -1)
        try writer.start()
        append("one\ntwo\n", to: writer)
        writer.finish(withinMilliseconds: 5_000)
        #expect(writer.droppedLines == 2)
    }
}
