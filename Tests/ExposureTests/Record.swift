import Foundation

/// What the HTTP exposure of one release of the runner answered, recorded: whole, where `../shared/conformance` stands
/// beside the repository, else the part that is in `Tests/Conformance/cases`.
enum Recording: String, CaseIterable, Sendable, CustomStringConvertible {
    case runner48 = "4.8.6"
    case runner55 = "5.5.0"
    case runner64 = "6.4.1"

    var description: String { rawValue }

    private static let repository = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    private static let shared = repository.appending(path: "../shared/conformance").standardizedFileURL

    private var wholeFile: URL {
        Self.shared.appending(path: self == .runner48 ? "nodeexposure-4.8.6.jsonl" : "runner-\(rawValue).jsonl")
    }

    private var partFolder: URL {
        let cases = Self.repository.appending(path: "Tests/Conformance/cases")
        return self == .runner48 ? cases : cases.appending(path: rawValue)
    }

    var isWhole: Bool { FileManager.default.fileExists(atPath: wholeFile.path) }

    struct Exchange: Decodable {
        struct Part: Decodable {
            var base64: String
            var count: Int?
        }

        var name: String
        var group: String
        var variant: String
        var lane: String
        var origin: String
        var requestBase64: String?
        var requestParts: [Part]?
        var status: Int?
        var reason: String?
        var headers: [[String]]?
        var bodyBase64: String?
        var closed: Bool

        var request: [UInt8] {
            let parts = requestParts ?? [Part(base64: requestBase64 ?? "", count: 1)]
            return parts.flatMap { part in
                let bytes = [UInt8](Data(base64Encoded: part.base64)!)
                return repeatElement(bytes, count: part.count ?? 1).joined()
            }
        }
        var body: [UInt8] { bodyBase64.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? [] }

        func header(_ name: String) -> String? { headers?.first { $0[0] == name }?[1] }

        /// The head as it was on the wire, but for a request id that was made for the response.
        func head(requestID: String?) -> [UInt8] {
            var head = "HTTP/1.1 \(status ?? 0) \(reason ?? "")\r\n"
            for header in headers ?? [] {
                let isMadeUp = header[0] == "x-runner-request-id" && Self.isUUID(header[1])
                head += "\(header[0]): \(isMadeUp ? requestID ?? header[1] : header[1])\r\n"
            }
            return (head + "\r\n").unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
        }

        static func isUUID(_ text: String) -> Bool {
            text.wholeMatch(of: /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/) != nil
        }
    }

    func exchanges() throws -> [Exchange] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        let files =
            isWhole
            ? [wholeFile]
            : try FileManager.default.contentsOfDirectory(at: partFolder, includingPropertiesForKeys: nil)
                .filter { $0.pathExtension == "jsonl" }.sorted { $0.path < $1.path }
        return try files.flatMap { file in
            try Data(contentsOf: file).split(separator: UInt8(ascii: "\n"))
                .map { try decoder.decode(Exchange.self, from: $0) }
        }
    }

    /// The ids that were called with success, which the app must have had; and those that it names itself.
    ///
    /// Read from the recording, so that the part of it that travels with the project serves as well.
    static func calledIDs(_ exchanges: [Exchange]) -> (tasks: Set<String>, events: Set<String>) {
        var ids: (tasks: Set<String>, events: Set<String>) = ([], [])
        for exchange in exchanges {
            let body = String(decoding: exchange.body, as: UTF8.self)
            let refusals = ["NOT_EXPOSED", "NOT_FOUND", "FORBIDDEN", "METHOD_NOT_ALLOWED", "UNAUTHORIZED", "AUTH_NOT"]
            guard exchange.status != nil, exchange.origin != "node-http", !refusals.contains(where: body.contains)
            else { continue }
            let line = String(decoding: exchange.request.prefix { $0 != 13 }, as: UTF8.self)
            if let task = line.firstMatch(of: /^POST .*\/task\/([A-Za-z0-9.\-]+) HTTP/) {
                ids.tasks.insert(String(task.1))
            } else if let event = line.firstMatch(of: /^POST .*\/event\/([A-Za-z0-9.\-]+) HTTP/) {
                ids.events.insert(String(event.1))
            }
        }
        return ids
    }
}
