import Foundation

/// nst/JSONTestSuite's parsing files, where they are kept beside the repository.
enum JSONTestSuite {
    struct File {
        let name: String
        let bytes: [UInt8]
    }

    /// The folder, or nil when it is not there.
    static var folder: URL? {
        let beside = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../../../shared/conformance/json-test-suite/test_parsing").standardizedFileURL
        return FileManager.default.fileExists(atPath: beside.path) ? beside : nil
    }

    static func files(in folder: URL) throws -> [File] {
        try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().filter { $0.hasSuffix(".json") }
            .map { File(name: $0, bytes: [UInt8](try Data(contentsOf: folder.appendingPathComponent($0)))) }
    }
}
