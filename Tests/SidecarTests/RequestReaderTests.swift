import Bytes
import HTTPCodec
import Testing

@testable import Sidecar

@Suite("Reading requests")
struct RequestReaderTests {
    /// Reads a body that came whole, and gives its data, how far it went, and what came of it.
    private func read(
        _ reader: inout RequestReader, _ bytes: [UInt8], stopAt: Int = .max
    ) -> (data: String, offset: Int, progress: RequestReader.BodyProgress) {
        var data: [UInt8] = []
        var offset = 0
        let progress = reader.readBody(bytes.span, at: &offset) { range in
            data += bytes[range.range]
            return data.count < stopAt
        }
        return (String(decoding: data, as: UTF8.self), offset, progress)
    }

    @Test(
        "a request without a body is followed by the next head at once",
        arguments: [BodyFraming.none, .contentLength(0)])
    func noBody(framing: BodyFraming) {
        var reader = RequestReader()
        reader.beginBody(framing)
        #expect(reader.position == .head)
        reader.useBody(.discard)
        #expect(reader.position == .head)
    }

    @Test("a body is held until its use is known")
    func held() {
        var reader = RequestReader()
        reader.beginBody(.contentLength(3))
        #expect(reader.position == .body && reader.use == .hold)
        reader.useBody(.collect)
        #expect(reader.use == .collect && reader.remainingBytes == 3)
    }

    @Test("a body with a length ends at its length, whatever the pieces", arguments: 1...7)
    func length(piece: Int) {
        var reader = RequestReader()
        reader.beginBody(.contentLength(7))
        reader.useBody(.forward)
        var data = ""
        var rest = Array("abcdefgNEXT".utf8)
        while reader.position == .body {
            let (some, offset, _) = read(&reader, Array(rest.prefix(piece)))
            data += some
            rest.removeFirst(offset)
        }
        #expect(data == "abcdefg" && rest == Array("NEXT".utf8))
        #expect(reader.bodyBytes == 7)
    }

    @Test("a chunked body gives its data and ends behind its trailers, whatever the pieces", arguments: 1...9)
    func chunked(piece: Int) {
        var reader = RequestReader()
        reader.beginBody(.chunked)
        reader.useBody(.collect)
        let text = "3\r\nabc\r\n4;x=1\r\ndefg\r\n0\r\nA: b\r\n\r\n"
        var data = ""
        var rest = Array((text + "NEXT").utf8)
        while reader.position == .body {
            let (some, offset, _) = read(&reader, Array(rest.prefix(piece)))
            data += some
            rest.removeFirst(offset)
        }
        #expect(data == "abcdefg" && rest == Array("NEXT".utf8))
        #expect(reader.bodyBytes == UInt32(text.utf8.count))
    }

    @Test("a malformed chunked body ends the requests of its connection")
    func malformed() {
        var reader = RequestReader()
        reader.beginBody(.chunked)
        reader.useBody(.discard)
        let (_, _, progress) = read(&reader, Array("zz\r\n".utf8))
        #expect(progress == .failed(.malformedChunk))
        #expect(reader.position == .end)
    }

    @Test("what refuses more data has the rest of the body discarded")
    func refused() {
        var reader = RequestReader()
        reader.beginBody(.chunked)
        reader.useBody(.collect)
        let bytes = Array("3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n".utf8)
        let (data, offset, progress) = read(&reader, bytes, stopAt: 3)
        #expect(data == "abc" && progress == .more && reader.use == .discard)
        #expect(read(&reader, Array(bytes.dropFirst(offset))).progress == .end)
        #expect(reader.position == .head)
    }

    @Test("the whole of a body can be taken at once")
    func whole() {
        var reader = RequestReader()
        reader.beginBody(.contentLength(5))
        reader.endBody(5)
        #expect(reader.position == .head && reader.bodyBytes == 5)
    }

    @Test("behind the last request nothing is read any more, and what comes is counted")
    func end() {
        var reader = RequestReader()
        reader.end()
        reader.drop(10)
        #expect(reader.position == .end && reader.bodyBytes == 10)
    }
}
