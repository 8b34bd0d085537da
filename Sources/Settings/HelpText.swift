/// What `--help` prints, made from `OptionTable`.
public enum HelpText {
    public static func text() -> String {
        var text = """
            runner-sidecar: HTTP for a Node app built on @bluelibs/runner, in front of its process.

            Usage
              runner-sidecar [serve] --socket PATH [options]     serve
              runner-sidecar check-config [options]              check what is given, and stop
              runner-sidecar healthcheck [--admin ADDRESS]       exit 0 when the running front is ready, else 1
              runner-sidecar options [--format markdown|schema]  the options below, for documents and editors

              --config FILE    options from a file, flat YAML or JSON; its keys are the names below without dashes
              --print-config   show what is in force and where each value comes from
              --help, --version

            A value may be given as flag, as environment variable (RUNNER_SIDECAR_LISTEN for --listen), in the file,
            or by the app; the first of these that has one decides. Lists: repeat the flag, or separate by commas.
            Times need a unit (200ms, 5s, 2m, 1h); sizes may have one (64KiB, 8MiB). Options marked * are read again
            on SIGHUP.

            """
        for group in OptionGroup.allCases {
            text += "\n\(group.rawValue)\n"
            for option in OptionTable.options where option.group == group { text += entry(option) }
        }
        return text
    }

    private static func entry(_ option: Option) -> String {
        let repeats = option.isList ? "..." : ""
        let head = "  --\(option.name) \(option.placeholder)\(repeats)\(option.changesLive ? " *" : "")"
        var notes = ["default: \(option.defaultText)"]
        if !option.legacyEnvironment.isEmpty {
            notes.append("also \(option.legacyEnvironment.joined(separator: ", "))")
        }
        let body = wrapped("\(option.help) [\(notes.joined(separator: "; "))]", width: 92, indent: "      ")
        return "\(head)\n\(body)\n"
    }

    /// `text` in lines of at most `width` characters, broken at spaces.
    static func wrapped(_ text: String, width: Int, indent: String) -> String {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += line.isEmpty ? String(word) : " " + word
        }
        lines.append(line)
        return lines.map { indent + $0 }.joined(separator: "\n")
    }
}

extension Option {
    /// The default as a person reads it.
    var defaultText: String {
        let values = texts(Configuration())
        let text =
            values.isEmpty || (values == [absenceWord] && absence != absenceWord)
            ? absence ?? "none" : values.joined(separator: ", ")
        return embeddedDefault.map { "\(text); with --bridge-fd alone: \($0.text)" } ?? text
    }
}
