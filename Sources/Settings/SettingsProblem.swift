/// One thing wrong with what was given: where, what, and what to do about it.
public struct SettingsProblem: Error, Equatable, Sendable {
    /// `--listen`, `RUNNER_SIDECAR_LISTEN`, `sidecar.yaml line 3`; empty where it is about the whole.
    public let place: String
    public let reason: String
    /// What would help, where that is known; may be empty.
    public let remedy: String

    init(place: String, _ reason: String, remedy: String = "") {
        self.place = place
        self.reason = reason
        self.remedy = remedy
    }

    /// One line.
    public var text: String {
        (place.isEmpty ? "" : place + ": ") + reason + (remedy.isEmpty ? "" : ". " + remedy)
    }
}

/// Everything that was wrong, not only the first thing.
public struct SettingsErrors: Error, Equatable, Sendable {
    public let problems: [SettingsProblem]

    /// A line for each problem, and where help is to be had.
    public var text: String {
        problems.map { "runner-sidecar: \($0.text)\n" }.joined() + "Try runner-sidecar --help.\n"
    }
}

extension SettingsErrors {
    /// All of them on one line, for a log.
    public var line: String { problems.map { $0.text }.joined(separator: "; ") }
}

extension String {
    /// This text between quotes, fit for one line of a terminal or a log: control characters escaped, and cut when
    /// long. What is quoted came from outside.
    public var quoted: String {
        var result = "\""
        for scalar in unicodeScalars.prefix(80) {
            if scalar.value < 0x20 || scalar.value == 0x7f || (0x80..<0xa0).contains(scalar.value) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result + (unicodeScalars.count > 80 ? "…\"" : "\"")
    }
}
