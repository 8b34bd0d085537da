import Bytes
import JSONCheck

/// The configuration file: JSON when its first character is `{`, else flat YAML. Its keys are the options' names.
enum ConfigFile {
    struct Entry: Equatable {
        let key: String
        /// As they would stand on the command line.
        let values: [String]
        /// The file, and the line where that is known.
        let place: String
    }

    static func read(_ bytes: Span<UInt8>, name: String) -> Result<[Entry], SettingsProblem> {
        var first = 0
        // Editors on some systems begin a file with a byte order mark.
        if bytes.count >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf { first = 3 }
        let content = bytes.extracting(first..<bytes.count)
        var start = 0
        while start < content.count && [0x20, 0x09, 0x0a, 0x0d].contains(content[start]) { start += 1 }
        let isJSON = start < content.count && content[start] == UInt8(ascii: "{")
        return isJSON ? readJSON(content, name) : readYAML(content, name)
    }

    private static func readYAML(_ bytes: Span<UInt8>, _ name: String) -> Result<[Entry], SettingsProblem> {
        do throws(FlatYAML.Fault) {
            let entries = try FlatYAML.read(String(decoding: bytes.copied(), as: UTF8.self))
            return .success(
                entries.map { Entry(key: $0.key, values: $0.values, place: "\(name.quoted) line \($0.line)") })
        } catch {
            return .failure(SettingsProblem(place: "\(name.quoted) line \(error.line)", error.reason))
        }
    }

    private static func readJSON(_ bytes: Span<UInt8>, _ name: String) -> Result<[Entry], SettingsProblem> {
        .failure(SettingsProblem(place: name.quoted, "JSON is not read yet"))
    }
}
