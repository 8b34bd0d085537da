import Foundation
import Testing

@testable import HTTPCodec

/// How many mutated requests are held against Node, and from which seed: more with RUNNER_SIDECAR_FUZZ_CASES.
private enum Fuzzing {
    static let environment = ProcessInfo.processInfo.environment
    static let cases = environment["RUNNER_SIDECAR_FUZZ_CASES"].flatMap(Int.init) ?? 4_000
    static let seed =
        environment["RUNNER_SIDECAR_FUZZ_SEED"].flatMap(UInt64.init) ?? UInt64.random(in: 0..<1_000_000_000)
}

@Suite("Held against Node's own parser", .serialized)
struct NodeDifferentialTests {
    struct Verdict: Decodable {
        struct Request: Decodable {
            var method: String
            var target: String
            var fields: Int
            var body: String
        }
        var requests: [Request]
        var end: String
        var why: String?
    }

    @Test("what Node refuses is refused here, and what is accepted here Node reads the same")
    func neverLaxer() throws {
        print("HTTP against Node: seed \(Fuzzing.seed), \(Fuzzing.cases) cases")
        var generator = SeededGenerator(state: Fuzzing.seed)
        var cases = RequestMutator.samples
        while cases.count < Fuzzing.cases { cases.append(RequestMutator.mutated(using: &generator)) }
        let verdicts = try judgeWithNode(cases)
        try #require(verdicts.count == cases.count)

        var tally: [String: Int] = [:]
        for (bytes, node) in zip(cases, verdicts) {
            let own = ConnectionReading(bytes)
            let nodeRequests = try node.requests.map {
                ConnectionReading.Request(
                    method: $0.method, target: $0.target, fields: $0.fields, body: try #require(bytesOfHex($0.body)))
            }
            let shown = "\(String(reflecting: String(decoding: bytes, as: UTF8.self))): Node \(node), here \(own)"
            // Every request taken here, Node took as well, and the same. (Behind a request with Upgrade that nobody
            // listens for, Node drops what else it has read; here, as RFC 9110, 7.8 has it, that is the next request.)
            let comparable = mentionsUpgrade(bytes) ? min(own.requests.count, nodeRequests.count) : own.requests.count
            #expect(Array(own.requests.prefix(comparable)) == Array(nodeRequests.prefix(comparable)), "\(shown)")
            if node.end == "refused" {
                tally["refused by both", default: 0] += 1
                #expect(own.isRefused || own.end == .incomplete && !canBeContinued(bytes, own), "\(shown)")
            } else if own.isRefused {
                tally["stricter here", default: 0] += 1
            } else {
                tally[own.end == .incomplete ? "unfinished for both" : "accepted by both", default: 0] += 1
                #expect(own.requests == nodeRequests || mentionsUpgrade(bytes), "\(shown)")
            }
        }
        print(
            "HTTP against Node: \(tally.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }.joined(separator: ", "))"
        )
        // The mutations must reach all of these, or they test nothing.
        for outcome in ["refused by both", "accepted by both", "unfinished for both"] {
            #expect(tally[outcome, default: 0] > Fuzzing.cases / 50, "\(outcome)")
        }
    }

    @Test("mutated requests and random bytes read the same in small pieces, with every offset inside the input")
    func randomBytes() {
        print("HTTP fuzz: seed \(Fuzzing.seed), \(Fuzzing.cases) cases")
        var generator = SeededGenerator(state: Fuzzing.seed ^ 1)
        for round in 0..<Fuzzing.cases {
            let bytes =
                round % 4 == 0
                ? (0..<Int.random(in: 0...200, using: &generator)).map { _ in
                    UInt8.random(in: 0...255, using: &generator)
                }
                : RequestMutator.mutated(using: &generator)
            let whole = ConnectionReading(bytes)
            let pieceBytes = Int.random(in: 1...40, using: &generator)
            #expect(ConnectionReading(bytes, pieceBytes: pieceBytes) == whole, "\(bytes) in pieces of \(pieceBytes)")
            var cuts: [Int] = []
            while let next = Optional((cuts.last ?? 0) + pieceBytes), next < bytes.count { cuts.append(next) }
            #expect(dechunk(bytes, cuts: cuts) == dechunk(bytes))
        }
    }

    /// Node refuses some lines before they are complete. Then no continuation may make a request of them.
    private func canBeContinued(_ bytes: [UInt8], _ reading: ConnectionReading) -> Bool {
        let host = "Host: a\r\n"
        let continuations = [
            "\r\n\r\n", "\n\r\n", "0\r\n\r\n", "\r\n0\r\n\r\n", "\r\n\(host)\r\n", " / HTTP/1.1\r\n\(host)\r\n",
            " HTTP/1.1\r\n\(host)\r\n", ": 1\r\n\r\n", ": 1\r\n\(host)\r\n",
        ]
        return continuations.contains {
            ConnectionReading(bytes + Array($0.utf8)).requests.count > reading.requests.count
        }
    }

    private func mentionsUpgrade(_ bytes: [UInt8]) -> Bool {
        String(decoding: bytes, as: UTF8.self).lowercased().contains("upgrade:")
    }

    private func judgeWithNode(_ cases: [[UInt8]]) throws -> [Verdict] {
        let directory = FileManager.default.temporaryDirectory.appending(path: "http-differential-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let input = directory.appending(path: "cases")
        let output = directory.appending(path: "results")
        var framed = Data()
        for bytes in cases {
            framed.append(contentsOf: (0..<4).map { UInt8(truncatingIfNeeded: bytes.count >> (8 * $0)) })
            framed.append(contentsOf: bytes)
        }
        try framed.write(to: input)

        let node = Process()
        node.executableURL = URL(filePath: "/usr/bin/env")
        let oracle = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../Oracles/http-oracle.js")
        node.arguments = ["node", oracle.path, input.path, output.path]
        try node.run()
        node.waitUntilExit()
        try #require(node.terminationStatus == 0, "the oracle needs Node on the PATH")
        let decoder = JSONDecoder()
        return try String(contentsOf: output, encoding: .utf8).split(separator: "\n").map {
            try decoder.decode(Verdict.self, from: Data($0.utf8))
        }
    }

    private func bytesOfHex(_ hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8).map(\.hexValue)
        guard digits.count % 2 == 0, !digits.contains(nil) else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { digits[$0]! << 4 | digits[$0 + 1]! }
    }
}
