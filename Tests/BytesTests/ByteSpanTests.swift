import Bytes
import Testing

@Suite("Span helpers")
struct ByteSpanTests {
    private let sixteen = Array(UInt8(1)...16)

    @Test("numbers are read up to the very last byte")
    func lastBytes() {
        let span = sixteen.span
        #expect(span.littleEndianUInt32(at: 0) == 0x0403_0201)
        #expect(span.littleEndianUInt32(at: 12) == 0x100F_0E0D)
        #expect(span.littleEndianUInt64(at: 0) == 0x0807_0605_0403_0201)
        #expect(span.littleEndianUInt64(at: 8) == 0x100F_0E0D_0C0B_0A09)
        #expect(span.littleEndianUInt64(at: 1) == 0x0908_0706_0504_0302)
    }

    @Test("sixteen lanes are the sixteen bytes in order, at any alignment", arguments: [0, 1, 7, 15, 16])
    func lanes(offset: Int) {
        let bytes = (0..<32).map { UInt8($0) }
        let lanes = bytes.span.simd16(at: offset)
        #expect((0..<16).map { lanes[$0] } == Array(bytes[offset..<offset + 16]))
    }

    @Test("the first true lane is found wherever it is, and nil when none is", arguments: 0..<16)
    func firstLane(lane: Int) {
        var bytes = SIMD16<UInt8>(repeating: 0)
        #expect((bytes .== 9).firstTrueLane == nil)
        bytes[lane] = 9
        #expect((bytes .== 9).firstTrueLane == lane)
        bytes[15] = 9
        #expect((bytes .== 9).firstTrueLane == lane)
    }

    // The macros of a test cannot take a span apart: these ask for it.
    private func equals(_ text: String, _ other: StaticString) -> Bool { Array(text.utf8).span.equals(other) }
    private func equals(_ text: String, bytesOf other: String) -> Bool {
        Array(text.utf8).span.equals(Array(other.utf8).span)
    }
    private func isSameWithoutCase(_ text: String, _ other: StaticString) -> Bool {
        Array(text.utf8).span.equalsIgnoringASCIICase(other)
    }
    private func firstComma(_ text: String, from start: Int = 0) -> Int? {
        Array(text.utf8).span.firstIndex(of: UInt8(ascii: ","), from: start)
    }

    @Test("equals tells apart other bytes, prefixes and longer texts")
    func equality() {
        #expect(equals("token", "token"))
        #expect(!equals("token", "tokeN"))
        #expect(!equals("token", "toke"))
        #expect(!equals("token", "tokens"))
        #expect(!equals("token", ""))
        #expect(equals("", ""))
        #expect(equals("token", bytesOf: "token"))
        #expect(!equals("token", bytesOf: "toke"))
        #expect(!equals("token", bytesOf: "toXen"))
    }

    @Test("comparison without case folds ASCII letters and nothing else")
    func ignoringCase() {
        #expect(isSameWithoutCase("Content-TYPE", "content-type"))
        #expect(!isSameWithoutCase("content_type", "content-type"))
        #expect(!isSameWithoutCase("content-typ", "content-type"))
        let isSame = Array("KEEP".utf8).span.equalsIgnoringASCIICase(Array("keep".utf8).span)
        #expect(isSame)
        for byte in UInt8.min...UInt8.max {
            let isUpper = (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            #expect(byte.asciiLowercased == (isUpper ? byte + 32 : byte))
        }
    }

    @Test("firstIndex finds the first one at or after the start, nil behind the last")
    func firstIndex() {
        #expect(firstComma("a,b,c") == 1)
        #expect(firstComma("a,b,c", from: 1) == 1)
        #expect(firstComma("a,b,c", from: 2) == 3)
        #expect(firstComma("a,b,c", from: 4) == nil)
        #expect(firstComma("a,b,c", from: 5) == nil)
        #expect(firstComma("a,b,c", from: 50) == nil)
        #expect(firstComma("") == nil)
    }

    @Test("a constant word is what reading the same text as a number gives")
    func words() {
        #expect(UInt64(asciiWord: "HTTP/1.1") == Array("HTTP/1.1".utf8).span.littleEndianUInt64(at: 0))
        #expect(UInt64(asciiWord: "ab") == 0x6261)
        #expect(UInt64(asciiWord: "") == 0)
        #expect(UInt64(asciiWord: "0123456789", from: 8) == 0x3938)
        #expect(UInt64(asciiWord: "0123", from: 4) == 0)
    }

    @Test("a range of bytes is its offset and length, up to 4 GiB")
    func ranges() {
        #expect(ByteRange(offset: 3, length: 4).range == 3..<7)
        #expect(ByteRange.empty.isEmpty)
        let end = Int(UInt32.max)
        #expect(ByteRange(offset: end, length: end).range == end..<2 * end)
    }
}
