/// SplitMix64: small, and the same numbers from the same seed on every machine.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }
}

/// Random documents that are JSON, or nearly: what a mutation breaks lies next to what must go on working.
struct DocumentSource {
    private var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// A generated document; in three of four something in it was changed.
    mutating func next() -> [UInt8] {
        var document: [UInt8] = []
        appendWhitespace(to: &document)
        if random.below(4) > 0 {
            appendObject(to: &document, depth: 0)
        } else {
            appendValue(to: &document, depth: 0)
        }
        appendWhitespace(to: &document)
        if random.below(4) > 0 {
            for _ in 0...random.below(3) { mutate(&document) }
        }
        return document
    }

    /// Bytes with no grammar at all, though rich in those that JSON gives a meaning.
    mutating func nextNoise() -> [UInt8] {
        (0..<random.below(80)).map { _ in
            random.below(2) == 0 ? random.pick(Self.meaningful) : UInt8(truncatingIfNeeded: random.next())
        }
    }

    // MARK: Generating

    private static let keys = [
        "input", "payload", "input", "payload", "\\u0069nput", "inpu\\u0074", "p\\u0061yload", "inputs", "inpu",
        "Input",
        "$date", "\\u0024oid", "a$", "$", "__proto__", "__prot\\u006f__", "\\u005F_proto__", "__proto___", "_", "",
        "a", "b", "key", "\\\"", "\\\\", "a longer key that does not fit sixteen bytes", "\u{E9}", "\u{1F600}",
        "\\ud83d",
    ]
    /// How many of the keys, from the first, spell `input` or `payload`.
    private static let memberSpellings = 7
    private static let numbers = [
        "0", "-0", "1", "-1", "5", "42", "1234567890", "12345678901234567890123", "0.5", "-0.0", "1.5e3", "1E+2",
        "2e-9",
        "1e999", "-1e999", "3.141592653589793", "0e0", "0.00000000000000000000001", "99999999", "123456.789012345",
    ]
    private static let stringPieces: [[UInt8]] = [
        Array("a".utf8), Array("hello".utf8), Array(" ".utf8), Array("\\n".utf8), Array("\\\"".utf8), Array("\\/".utf8),
        Array("\\u0041".utf8), Array("\\uD800".utf8), Array("\\udc00".utf8), Array("\\uFfFf".utf8), Array("\\\\".utf8),
        Array("\u{E9}".utf8), Array("\u{2028}".utf8), Array("\u{1F600}".utf8), [0x7F], [0xE2], [0xE2, 0x82], [0xFF],
        [0x80],
        [0xC0, 0xAF], [0xF0, 0x9F], [0xED, 0xA0, 0x80], Array("sixteen bytes ok".utf8),
        Array("a run of text that is longer than thirty-two bytes".utf8),
    ]
    private static let meaningful = Array("{}[]:,\"\\ \t\r\n0123456789+-.eEtrufalsn$_/b".utf8)
    private static let inserts: [[UInt8]] = [
        [0x00], [0x1F], [0x0B], [0x0C], [0x7F], [0x80], [0xC3], [0xE2], [0xF0, 0x9F, 0x98], [0xFF], [0xEF, 0xBB, 0xBF],
        [0xC2, 0xA0], [0xE2, 0x80, 0xA8], Array("\\".utf8), Array("\"".utf8), Array(",".utf8), Array(":".utf8),
        Array("{".utf8), Array("}".utf8), Array("[".utf8), Array("]".utf8), Array("0".utf8), Array("-".utf8),
        Array(".".utf8), Array("e".utf8), Array("+".utf8), Array("\\u".utf8), Array("\\u00".utf8), Array("\\x".utf8),
        Array("true".utf8), Array("nul".utf8), Array("NaN".utf8), Array("Infinity".utf8), Array("//".utf8),
        Array("'".utf8),
        Array("\n".utf8), Array("                     ".utf8), Array("\"input\":1,".utf8),
        Array("\"payload\":{},".utf8),
    ]

    private mutating func appendWhitespace(to document: inout [UInt8]) {
        guard random.below(5) == 0 else { return }
        let longest = random.below(8) == 0 ? 40 : 3
        for _ in 0...random.below(longest) { document.append(random.pick([0x20, 0x20, 0x20, 0x09, 0x0A, 0x0D])) }
    }

    private mutating func appendValue(to document: inout [UInt8], depth: Int) {
        appendWhitespace(to: &document)
        switch random.below(depth > 5 ? 6 : 9) {
        case 0: document += Array("true".utf8)
        case 1: document += Array("false".utf8)
        case 2: document += Array("null".utf8)
        case 3, 4: document += Array(random.pick(Self.numbers).utf8)
        case 5: appendString(to: &document)
        case 6: appendArray(to: &document, depth: depth)
        default: appendObject(to: &document, depth: depth)
        }
        appendWhitespace(to: &document)
    }

    private mutating func appendString(to document: inout [UInt8]) {
        document.append(0x22)
        for _ in 0..<random.below(5) { document += random.pick(Self.stringPieces) }
        document.append(0x22)
    }

    private mutating func appendArray(to document: inout [UInt8], depth: Int) {
        document.append(0x5B)
        for element in 0..<random.below(4) {
            if element > 0 { document.append(0x2C) }
            appendValue(to: &document, depth: depth + 1)
        }
        document.append(0x5D)
    }

    private mutating func appendObject(to document: inout [UInt8], depth: Int) {
        document.append(0x7B)
        for member in 0..<random.below(4) {
            if member > 0 { document.append(0x2C) }
            appendWhitespace(to: &document)
            // The top-level object holds the members looked for in every other place, in any spelling.
            let isTelling = depth == 0 && random.below(2) == 0
            let key = isTelling ? Self.keys[random.below(Self.memberSpellings)] : random.pick(Self.keys)
            document += Array("\"\(key)\"".utf8)
            appendWhitespace(to: &document)
            document.append(0x3A)
            appendValue(to: &document, depth: depth + 1)
        }
        document.append(0x7D)
    }

    // MARK: Mutating

    private mutating func mutate(_ document: inout [UInt8]) {
        guard !document.isEmpty else { return }
        let at = random.below(document.count)
        switch random.below(8) {
        case 0: document[at] = UInt8(truncatingIfNeeded: random.next())
        case 1: document[at] = random.pick(Self.meaningful)
        case 2: document.remove(at: at)
        case 3: document.removeSubrange(at...)
        case 4: document[at] ^= 1 << UInt8(random.below(8))
        case 5:
            let piece = Array(document[at..<min(document.count, at + 1 + random.below(12))])
            document.insert(contentsOf: piece, at: random.below(document.count))
        default: document.insert(contentsOf: random.pick(Self.inserts), at: at)
        }
    }
}
