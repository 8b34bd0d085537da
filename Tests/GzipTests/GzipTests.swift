import Bytes
import Glibc
import Gzip
import Testing

/// SplitMix64: the same numbers for the same seed.
struct SeededGenerator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return z ^ z >> 31
    }
}

/// What `bytes` expand to, and how that ended.
func expanded(_ bytes: [UInt8], limitBytes: Int = 64 << 20) throws -> (GzipExpander.Outcome, [UInt8]) {
    let expander = try #require(GzipExpander())
    var out = ByteBuffer()
    let outcome = expander.expand(bytes.span, limitBytes: limitBytes, into: &out)
    return (outcome, out.bytes.copied())
}

/// One member, by libdeflate.
func compressed(_ bytes: [UInt8]) throws -> [UInt8] {
    let compressor = try #require(GzipCompressor(level: 6))
    var out = ByteBuffer()
    try #require(compressor.compress(bytes.span, into: &out))
    return out.bytes.copied()
}

/// What this process has in memory, in bytes.
private func residentBytes() throws -> Int {
    let status = try String(decoding: readFile("/proc/self/statm"), as: UTF8.self)
    return (Int(status.split(separator: " ")[1]) ?? 0) * 4096
}

@Suite("gzip")
struct GzipTests {
    private static let records = Array(String(repeating: #"{"id":1,"name":"Ada"},"#, count: 500).utf8)

    @Test("a body that was compressed whole comes out as it went in")
    func whole() throws {
        let small = try compressed(Self.records)
        #expect(small.count < Self.records.count / 20)
        #expect(try expanded(small) == (.complete, Self.records))
    }

    @Test("a body that would not get smaller is left alone", arguments: [0, 1, 20, 30])
    func notSmaller(count: Int) throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        var out = ByteBuffer()
        out.append("before")
        #expect(try #require(GzipCompressor(level: 1)).compress(bytes.span, into: &out) == false)
        #expect(out.bytes.copied() == Array("before".utf8))
    }

    @Test("of a stream, everything that was flushed can be read at once")
    func flushed() throws {
        let stream = try #require(GzipStream(level: 6))
        for _ in 0..<2 {
            var out = ByteBuffer()
            var sent: [UInt8] = []
            for number in 0..<50 {
                let event = Array("data: \(number)\n\n".utf8)
                sent += event
                stream.append(event.span, .flush, into: &out)
                // Cut there, so its end is missing; all data is there.
                let (outcome, bytes) = try expanded(out.bytes.copied())
                #expect(outcome == .malformed)
                #expect(bytes == sent)
            }
            let nothing: [UInt8] = []
            stream.append(nothing.span, .finish, into: &out)
            #expect(try expanded(out.bytes.copied()) == (.complete, sent))
            stream.reset()
        }
    }

    @Test("a large body in pieces of any size comes out as it went in")
    func pieces() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let body = (0..<300_000).map { _ in UInt8.random(in: 0...15, using: &random) }
        let stream = try #require(GzipStream(level: 6))
        var out = ByteBuffer()
        var at = 0
        while at < body.count {
            let end = min(body.count, at + Int.random(in: 1...70_000, using: &random))
            let piece = Array(body[at..<end])
            stream.append(piece.span, end == body.count ? .finish : .flush, into: &out)
            at = end
        }
        #expect(try expanded(out.bytes.copied()) == (.complete, body), "seed \(seed)")
    }

    @Test("several members are one body")
    func members() throws {
        #expect(
            try expanded(compressed(Self.records) + compressed(Self.records)) == (
                .complete, Self.records + Self.records
            ))
    }

    @Test("exactly the bound comes out, and one byte more does not")
    func bound() throws {
        let small = try compressed(Self.records)
        #expect(try expanded(small, limitBytes: Self.records.count) == (.complete, Self.records))
        #expect(try expanded(small, limitBytes: Self.records.count - 1).0 == .tooLarge)
        #expect(try expanded(small, limitBytes: 0).0 == .tooLarge)
    }

    @Test("10 GB in 10 MB are stopped at the bound, in memory no larger than that")
    func bomb() throws {
        let member = try compressed([UInt8](repeating: 0, count: 1 << 20))
        var bomb: [UInt8] = []
        for _ in 0..<10 << 10 { bomb += member }
        let before = try residentBytes()
        let expander = try #require(GzipExpander())
        var out = ByteBuffer()
        for _ in 0..<20 {
            out.removeAll()
            #expect(expander.expand(bomb.span, limitBytes: 8 << 20, into: &out) == .tooLarge)
            #expect(out.count == 8 << 20 + 1)
        }
        let grown = try residentBytes() - before
        print("10 GB in \(bomb.count) bytes: \(grown) bytes of memory more")
        // The buffer doubles, and other tests run beside this one.
        #expect(grown < 48 << 20)
    }

    @Test("what is no gzip, is cut or was changed is refused, whatever it is")
    func malformed() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        var random = SeededGenerator(state: seed)
        let small = try compressed(Self.records)
        #expect(try expanded([]).0 == .malformed)
        #expect(try expanded(Self.records).0 == .malformed)
        #expect(try expanded(small + [0]).0 == .malformed)
        for count in 0..<small.count { #expect(try expanded(Array(small[..<count])).0 == .malformed) }
        for _ in 0..<5000 {
            var bytes = small
            bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            let (outcome, out) = try expanded(bytes, limitBytes: 1 << 20)
            // A changed byte of the header (its time, its system) changes nothing; else the checksum says so.
            #expect(outcome == .malformed || out == Self.records, "seed \(seed), \(bytes)")
        }
    }
}

private func readFile(_ path: String) throws -> [UInt8] {
    let file = unsafe fopen(path, "r")
    guard let file = unsafe file else { throw Unreadable() }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
}

private struct Unreadable: Error {}
