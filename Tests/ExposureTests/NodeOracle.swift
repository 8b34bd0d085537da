import Foundation

/// Asks Node what its own URL parser and decoder make of many texts at once.
enum NodeOracle {
    static let node: String? = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .map { $0 + "/node" }.first { FileManager.default.isExecutableFile(atPath: $0) }

    struct Answer: Decodable {
        /// `new URL(text, 'http://localhost').pathname`, nil where it throws.
        var pathname: String?
        /// `decodeURIComponent(text)` as UTF-8 in hexadecimal, nil where it throws.
        var decoded: String?
    }

    static func ask(_ texts: [String]) throws -> [Answer] {
        let program = """
            const attempt = (f) => { try { return f(); } catch { return null; } };
            const texts = JSON.parse(require('fs').readFileSync(process.argv[1], 'utf8'));
            process.stdout.write(JSON.stringify(texts.map((text) => ({
              pathname: attempt(() => new URL(text, 'http://localhost').pathname),
              decoded: attempt(() => Buffer.from(decodeURIComponent(text)).toString('hex')),
            }))));
            """
        let file = FileManager.default.temporaryDirectory.appending(path: "exposure-oracle-\(UUID().uuidString).json")
        try JSONEncoder().encode(texts).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let process = Process()
        process.executableURL = URL(filePath: node!)
        process.arguments = ["-e", program, file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try JSONDecoder().decode([Answer].self, from: data)
    }
}

/// SplitMix64: small, and the same everywhere for the same seed.
struct SeededGenerator: RandomNumberGenerator {
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
