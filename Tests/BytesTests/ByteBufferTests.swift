import Bytes
import Testing

@Suite("ByteBuffer")
struct ByteBufferTests {
    @Test("an empty buffer takes no memory and holds nothing")
    func startsEmpty() {
        let buffer = ByteBuffer()
        #expect(buffer.capacity == 0)
        #expect(buffer.count == 0)
        #expect(buffer.bytes.count == 0)
    }

    @Test("appending nothing to an empty buffer leaves it empty and without memory")
    func appendNothing() {
        var buffer = ByteBuffer()
        buffer.append("")
        buffer.append([UInt8]())
        buffer.append(ByteBuffer().bytes)
        buffer.append(zeros: 0)
        buffer.append(utf8: "")
        #expect(buffer.count == 0)
        #expect(buffer.capacity == 0)
    }

    @Test("what was appended is there in order, whichever way it came")
    func keepsOrder() {
        var buffer = ByteBuffer()
        buffer.append(UInt8(ascii: "a"))
        buffer.append("bc")
        buffer.append(Array("de".utf8))
        buffer.append(utf8: "é")
        buffer.append(zeros: 2)
        buffer.append(decimal: 42)
        buffer.appendLittleEndian(0x0403_0201)
        #expect(
            buffer.bytes.copied() == Array("abcdeé".utf8) + [0, 0] + Array("42".utf8) + [1, 2, 3, 4])
    }

    @Test("growth keeps the content, at every size from one byte to a few pages")
    func growth() {
        var buffer = ByteBuffer()
        var expected: [UInt8] = []
        for i in 0..<10_000 {
            let byte = UInt8(truncatingIfNeeded: i &* 31)
            buffer.append(byte)
            expected.append(byte)
        }
        #expect(buffer.bytes.copied() == expected)
        #expect(buffer.capacity < 2 * 10_000 + 64)
    }

    @Test("reserving makes room for all that was asked for at once", arguments: [1, 63, 64, 65, 4096, 1_000_003])
    func reserves(bytes: Int) {
        var buffer = ByteBuffer()
        buffer.append("x")
        buffer.reserve(bytes)
        let capacity = buffer.capacity
        #expect(capacity >= bytes + 1)
        buffer.append(zeros: bytes)
        #expect(buffer.capacity == capacity)
        #expect(buffer.bytes[0] == UInt8(ascii: "x"))
    }

    @Test("a queue of bytes that never empties keeps its order and stays small")
    func wrapsAround() {
        var buffer = ByteBuffer()
        var next: UInt8 = 0
        var oldest: UInt8 = 0
        for _ in 0..<10 {
            buffer.append(next)
            next &+= 1
        }
        for _ in 0..<100_000 {
            buffer.append(next)
            next &+= 1
            let first = buffer.bytes[0]
            guard first == oldest else {
                Issue.record("expected \(oldest), found \(first)")
                return
            }
            buffer.consume(1)
            oldest &+= 1
        }
        #expect(buffer.count == 10)
        #expect(buffer.capacity <= 128)
    }

    @Test("consuming everything makes the whole room free again")
    func consumeAll() {
        var buffer = ByteBuffer(minimumCapacity: 64)
        let capacity = buffer.capacity
        for _ in 0..<10 {
            buffer.append(zeros: capacity)
            buffer.consume(capacity)
        }
        #expect(buffer.count == 0)
        #expect(buffer.capacity == capacity)
    }

    @Test("dropLast takes back what was written last, and only that")
    func dropLast() {
        var buffer = ByteBuffer()
        buffer.append("abcdef")
        buffer.consume(2)
        buffer.dropLast(3)
        #expect(buffer.bytes.copied() == Array("c".utf8))
        buffer.dropLast(1)
        #expect(buffer.count == 0)
        buffer.append("xyz")
        #expect(buffer.bytes.copied() == Array("xyz".utf8))
    }

    @Test("set and setLittleEndian count from the first unconsumed byte")
    func overwrites() {
        var buffer = ByteBuffer()
        buffer.append("__abcdef")
        buffer.consume(2)
        buffer.set(UInt8(ascii: "Z"), at: 0)
        buffer.setLittleEndian(0x4443_4241, at: 2)
        #expect(buffer.bytes.copied() == Array("ZbABCD".utf8))
    }

    @Test("a little-endian number may stand at any offset", arguments: 0..<9)
    func unaligned(offset: Int) {
        var buffer = ByteBuffer()
        buffer.append(zeros: offset)
        buffer.appendLittleEndian(0x8070_6050)
        #expect(buffer.bytes.littleEndianUInt32(at: offset) == 0x8070_6050)
        buffer.setLittleEndian(1, at: offset)
        #expect(buffer.bytes.littleEndianUInt32(at: offset) == 1)
    }

    @Test("decimal writes exactly the digits of a number, up to the largest")
    func decimals() {
        var numbers = [0, 1, 9, 42, Int.max, Int.max - 1, 1_000_000_000_000_000_000, 999_999_999_999_999_999]
        var power = 1
        while power < Int.max / 10 {
            power *= 10
            numbers += [power - 1, power, power + 1]
        }
        for number in numbers {
            var buffer = ByteBuffer()
            buffer.append(decimal: number)
            #expect(String(decoding: buffer.bytes.copied(), as: UTF8.self) == String(number))
        }
    }

    @Test("removeAll and releaseMemory empty a buffer; only the second gives its memory back")
    func giveBack() {
        var buffer = ByteBuffer()
        buffer.append("abc")
        buffer.removeAll()
        #expect(buffer.count == 0)
        #expect(buffer.capacity > 0)
        buffer.releaseMemory()
        #expect(buffer.capacity == 0)
        buffer.append("again")
        #expect(buffer.bytes.copied() == Array("again".utf8))
    }

    @Test("a prefix is recognised at every length, and one other bit anywhere in it is not", arguments: 0..<40)
    func prefixes(count: Int) {
        let text = (0..<48).map { UInt8($0) }
        var buffer = ByteBuffer()
        buffer.append(text.span.extracting(first: count))
        let isMet = buffer.isPrefixInConstantTime(of: text.span)
        #expect(isMet)
        for at in 0..<count {
            var other = text
            other[at] ^= 0x80
            let isMetByOther = buffer.isPrefixInConstantTime(of: other.span)
            #expect(!isMetByOther)
        }
        let isMetByLess = count > 0 && buffer.isPrefixInConstantTime(of: text.span.extracting(first: count - 1))
        #expect(!isMetByLess)
    }

    @Test("any mix of appending and consuming gives what an array gives", arguments: [1, 2, 3, 4])
    func behavesLikeAnArray(seed: UInt64) {
        var random = SplitMix(seed: seed)
        var buffer = ByteBuffer()
        var model: [UInt8] = []
        for step in 0..<3000 {
            switch random.next() % 6 {
            case 0, 1:
                let piece = (0..<Int(random.next() % 300)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
                buffer.append(piece)
                model += piece
            case 2, 3:
                let n = Int(random.next() % UInt64(model.count + 1))
                buffer.consume(n)
                model.removeFirst(n)
            case 4:
                let n = Int(random.next() % UInt64(min(model.count, 20) + 1))
                buffer.dropLast(n)
                model.removeLast(n)
            default:
                buffer.reserve(Int(random.next() % 500))
            }
            guard buffer.bytes.copied() == model else {
                Issue.record("seed \(seed), step \(step): the content differs")
                return
            }
        }
    }
}

/// Seeded random numbers (Steele, Lea, Flood: SplitMix64).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64
    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
