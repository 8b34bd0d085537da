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
        let place = name.quoted
        do throws(JSONTreeError) {
            var entries: [Entry] = []
            for member in try JSONTree(parsing: bytes).objectValue ?? [] {
                // JSON.parse would let the last of two rule; in settings it is a mistake somebody should hear of.
                if entries.contains(where: { $0.key == member.key }) {
                    return .failure(SettingsProblem(place: place, "\(member.key.quoted) is given twice"))
                }
                guard let values = texts(member.value) else {
                    let reason = "\(member.key.quoted) must be a text, a number, true, false, or a list of these"
                    return .failure(SettingsProblem(place: place, reason))
                }
                entries.append(Entry(key: member.key, values: values, place: place))
            }
            return .success(entries)
        } catch {
            let line = 1 + (0..<min(error.offset, bytes.count)).count { bytes[$0] == 0x0a }
            return .failure(SettingsProblem(place: "\(place) line \(line)", error.description))
        }
    }

    /// A JSON value as it would stand on the command line, a list as several.
    private static func texts(_ value: JSONTree) -> [String]? {
        guard let elements = value.arrayValue else { return text(value).map { [$0] } }
        let texts = elements.compactMap { text($0) }
        return texts.count == elements.count ? texts : nil
    }

    private static func text(_ value: JSONTree) -> String? {
        if let flag = value.boolValue { return flag ? "on" : "off" }
        return value.stringValue ?? value.intValue.map { "\($0)" }
    }
}
