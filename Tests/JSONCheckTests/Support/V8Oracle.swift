import Bytes
import Foundation
import JSONCheck

/// A Node process that says what V8 makes of documents, and whether our answer about each is right.
/// `Tests/Oracles/json-oracle.js` describes the format of its pipe.
final class V8Oracle {
    struct Disagreement: Decodable {
        let index: Int
        /// Base64.
        let document: String
        let reason: String
    }

    struct Judgement: Decodable {
        /// How many documents V8 accepts.
        let accepted: Int
        /// How many of those have the member asked for.
        let members: Int
        /// The first ten.
        let disagreements: [Disagreement]
    }

    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()

    /// Where `node` is, or nil when this machine has none.
    static var nodePath: String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        return folders.map { "\($0)/node" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    init() throws {
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Oracles/json-oracle.js")
        guard let node = V8Oracle.nodePath else { throw CocoaError(.fileNoSuchFile) }
        process.executableURL = URL(fileURLWithPath: node)
        process.arguments = [script.path]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    /// What a script of its own writes to its standard output.
    static func output(of script: String) throws -> [UInt8] {
        guard let node = nodePath else { throw CocoaError(.fileNoSuchFile) }
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: node)
        process.arguments = ["-e", script]
        process.standardOutput = output
        try process.run()
        let bytes = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return [UInt8](bytes)
    }

    /// Sends a batch and waits for the judgement on it.
    func judge(_ claims: ClaimBatch) throws -> Judgement {
        try input.fileHandleForWriting.write(contentsOf: Data(littleEndianBytes(UInt32(claims.bytes.count))))
        try input.fileHandleForWriting.write(contentsOf: Data(claims.bytes))
        let head = try read(4)
        let length = Int(head.span.littleEndianUInt32(at: 0))
        return try JSONDecoder().decode(Judgement.self, from: Data(try read(length)))
    }

    private func read(_ count: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < count {
            guard let more = try output.fileHandleForReading.read(upToCount: count - bytes.count), !more.isEmpty else {
                throw CocoaError(.fileReadCorruptFile)
            }
            bytes += more
        }
        return bytes
    }
}

/// What our checker says about documents, as the oracle wants to read it.
struct ClaimBatch {
    private(set) var bytes: [UInt8] = []
    private(set) var count = 0
    private var checker = JSONChecker()

    /// Checks `document` and claims the answer.
    mutating func append(_ document: [UInt8], member: MemberName) {
        var summary = JSONSummary()
        let verdict = checker.check(document.span, member: member, into: &summary)
        append(document, member: member, verdict: verdict, summary: summary)
    }

    mutating func append(_ document: [UInt8], member: MemberName, verdict: JSONVerdict, summary: JSONSummary) {
        let accepted = verdict == .valid
        let range = summary.member ?? .empty
        let flags =
            (accepted ? 1 : 0) + (summary.isASCII ? 2 : 0) + (summary.isObject ? 4 : 0)
            + (!summary.isPlain ? 8 : 0) + (summary.needsWhole ? 16 : 0)
            + (summary.member == nil ? 0 : 32)
        bytes += littleEndianBytes(UInt32(document.count))
        bytes += [UInt8(flags), member == .input ? 0 : 1, 0, 0]
        for number in [range.offset, range.length, summary.value.offset, summary.value.length] {
            bytes += littleEndianBytes(number)
        }
        bytes += document
        count += 1
    }
}

private func littleEndianBytes(_ value: UInt32) -> [UInt8] {
    stride(from: 0, to: 32, by: 8).map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
}
