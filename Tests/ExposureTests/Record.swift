import Foundation

/// The recorded exchanges of the real nodeExposure, where they are at hand: `../shared/conformance` beside the
/// repository.
enum Record {
    static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "../shared/conformance").standardizedFileURL

    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "nodeexposure-4.8.6.jsonl").path)
    }

    struct Exchange: Decodable {
        var name: String
        var group: String
        var variant: String
        var lane: String
        var origin: String
        var requestBase64: String
        var status: Int?
        var reason: String?
        var headers: [[String]]?
        var bodyBase64: String?
        var closed: Bool

        var request: [UInt8] { [UInt8](Data(base64Encoded: requestBase64)!) }
        var body: [UInt8] { bodyBase64.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? [] }

        func header(_ name: String) -> String? { headers?.first { $0[0] == name }?[1] }

        /// The head as it was on the wire.
        var head: [UInt8] {
            var head = "HTTP/1.1 \(status ?? 0) \(reason ?? "")\r\n"
            for header in headers ?? [] { head += "\(header[0]): \(header[1])\r\n" }
            return (head + "\r\n").unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        }
    }

    static func exchanges() throws -> [Exchange] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let text = try Data(contentsOf: folder.appending(path: "nodeexposure-4.8.6.jsonl"))
        return try text.split(separator: UInt8(ascii: "\n")).map { try decoder.decode(Exchange.self, from: $0) }
    }

    /// The ids that `reference-app.js` registers, read from its text.
    static func ids() throws -> (tasks: [String], events: [String]) {
        let source = try String(contentsOf: folder.appending(path: "reference-app.js"), encoding: .utf8)
        return (
            source.matches(of: /task\("([^"]+)"/).map { String($0.1) },
            source.matches(of: /r\.event\("([^"]+)"\)/).map { String($0.1) }
        )
    }
}
