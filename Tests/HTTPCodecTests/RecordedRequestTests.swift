import Foundation
import Testing

@testable import HTTPCodec

/// The requests of the conformance recording, when it lies beside the repository.
private let recording = URL(filePath: #filePath).deletingLastPathComponent()
    .appending(path: "../../../shared/conformance/nodeexposure-4.8.6.jsonl")

@Suite("Recorded requests", .enabled(if: FileManager.default.fileExists(atPath: recording.path)))
struct RecordedRequestTests {
    struct Record: Decodable {
        var name: String
        var origin: String
        var status: Int?
        var request: Data

        enum CodingKeys: String, CodingKey {
            case name, origin, status
            case request = "request_base64"
        }
    }

    /// Answered by the exposure, since Node's parser lets it through, and refused here because RFC 9112 says so.
    static let refusedOnPurpose: [String: HTTPError] = [
        "two-hosts": .repeatedHost,
        "odd-host": .malformedHost,
        "te-gzip-chunked": .unsupportedTransferEncoding,
        "http10-chunked": .transferEncodingInHTTP10,
        "no-version": .malformedRequestLine,
        // Answered with 401 before the body was read; the head is good.
        "bad-chunk-on-401": .malformedChunk,
    ]

    @Test("that were answered are read to their last byte, and that Node refused are refused")
    func replay() throws {
        let decoder = JSONDecoder()
        var agreeing: [String: Int] = [:]
        var seen: [String: Int] = [:]
        for line in try String(contentsOf: recording, encoding: .utf8).split(separator: "\n") {
            let record = try decoder.decode(Record.self, from: Data(line.utf8))
            let reading = ConnectionReading(Array(record.request))
            let agrees: Bool
            switch record.origin {
            case "exposure", "task":
                if let error = Self.refusedOnPurpose[record.name] {
                    agrees = reading.end == .refused(error)
                } else {
                    agrees = reading.end == .clean && !reading.requests.isEmpty
                }
            case "node-http" where record.status != nil:
                // Cut off by the client: not refused by a rule, but not taken either.
                agrees = reading.isRefused || reading.end == .incomplete
            default:
                // No answer: an unfinished request, CONNECT, or a task that hung. None is a fault of the parser's.
                agrees = !reading.isRefused || record.name == "CONNECT-path"
            }
            seen[record.origin, default: 0] += 1
            if agrees { agreeing[record.origin, default: 0] += 1 }
            #expect(agrees, "\(record.name), answered by \(record.origin) with \(record.status ?? 0): \(reading)")
        }
        for (origin, count) in seen.sorted(by: { $0.key < $1.key }) {
            print("recorded requests answered by \(origin): \(agreeing[origin, default: 0]) of \(count) agree")
        }
        #expect(seen.values.reduce(0, +) > 1_000)
    }
}
