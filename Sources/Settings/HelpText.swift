/// What `--help` prints, made from `OptionTable`.
public enum HelpText {
    public static func text(_ topic: HelpTopic = .overview) -> String {
        switch topic {
        case .overview: overview
        case .serve: serve
        case .checkConfig: checkConfig
        case .healthcheck: healthcheck
        case .options: options
        case .option(let index): entry(OptionTable.options[index])
        case .allOptions:
            OptionGroup.allCases.map { group in
                "\(group.rawValue)\n" + optionsOf(group).map { entry($0) }.joined()
            }.joined(separator: "\n")
        }
    }

    /// The options most needed, in the overview.
    static let essentialNames = [
        "listen", "socket", "admin", "token-file", "trusted-peers", "task-timeout", "log-level",
    ]

    private static var overview: String {
        let essentials = essentialNames.compactMap { OptionTable.index(of: $0) }.map {
            summary(OptionTable.options[$0])
        }
        return """
            runner-sidecar: HTTP for a Node app built on @bluelibs/runner, in front of its process.

            Usage
              runner-sidecar [serve] --socket PATH [options]   serve
              runner-sidecar check-config [options]            check the settings, and exit
              runner-sidecar healthcheck [--admin ADDRESS]     exit code 0 when the running front is ready, else 1
              runner-sidecar options                           write the table of options, as Markdown or JSON schema
              runner-sidecar help COMMAND                      more about a command

            Commands of the npm package (npx runner-sidecar …)
              check      find out what is wrong: socket, permissions, versions, ports, worker, admin
              dev APP    start a front and an app, and restart the app when it changes
              compare    compare two servers; in the package runner-sidecar-compare

            The options most needed
            \(essentials.joined())
              runner-sidecar serve --help lists all of them.

            """
    }

    private static var serve: String {
        var text = """
            runner-sidecar serve --socket PATH [options]: serves until SIGTERM.

              --config FILE    options from a file, flat YAML or JSON; its keys are the names below without dashes
              --print-config   show the values in force and where each comes from, and exit
              --help NAME      one option in full; --help all: every option in full
              --version

            An option can be given as a flag, as an environment variable (RUNNER_SIDECAR_LISTEN for --listen), in the
            file, or by the app; the first of these that has it decides. Lists: repeat the flag, or separate by commas.
            Times need a unit (200ms, 5s, 2m, 1h); sizes may have one (64KiB, 8MiB). SIGHUP reads options marked *
            again.

            """
        for group in OptionGroup.allCases {
            text += "\n\(group.rawValue)\n" + optionsOf(group).map { summary($0) }.joined()
        }
        return text
    }

    private static let checkConfig = """
        runner-sidecar check-config [options]: checks the settings that serve would get, and exits.

        Takes every option of serve: as flags, from the environment, and with --config FILE. Opens no port and no
        socket.
        Exit code: 0 the settings are in order, 2 they are not; each problem is told.

        """

    private static let healthcheck = """
        runner-sidecar healthcheck [--admin ADDRESS]: asks a running front whether it is ready.

        For the health check of a container, which has no curl. It asks /readyz of the admin listener, whose address is
        --admin, RUNNER_SIDECAR_ADMIN or the file of --config, as for serve.
        Exit code: 0 ready, 1 not ready or no response; standard error says why.

        """

    private static let options = """
        runner-sidecar options [--format markdown|schema]: writes the table of all options.

          --format markdown   a Markdown table, as in docs/operating.md (the default)
          --format schema     a JSON schema of the configuration file, for editors

        """

    private static func optionsOf(_ group: OptionGroup) -> [Option] { OptionTable.options.filter { $0.group == group } }

    private static func head(_ option: Option) -> String {
        "  --\(option.name) \(option.placeholder)\(option.isList ? "..." : "")\(option.changesLive ? " *" : "")"
    }

    /// One line: the name, and the first sentence of what it does.
    private static func summary(_ option: Option) -> String {
        let columns = 38
        let head = head(option)
        let first = plain(firstSentence(of: option.help))
        let lines = wrapped(first, width: 100 - columns, indent: String(repeating: " ", count: columns))
        let space = String(repeating: " ", count: max(0, columns - head.count))
        return head.count < columns ? "\(head)\(space)\(lines.dropFirst(columns))\n" : "\(head)\n\(lines)\n"
    }

    /// Up to the first full stop that ends a sentence, without it.
    static func firstSentence(of text: String) -> String {
        var sentence = ""
        for word in text.split(separator: " ") {
            sentence += sentence.isEmpty ? String(word) : " " + word
            if word.last == "." { return String(sentence.dropLast()) }
        }
        return sentence
    }

    /// Without the marks of Markdown, which the documents need.
    private static func plain(_ text: String) -> String { String(text.filter { $0 != "`" }) }

    /// In full: all that the table says of it.
    private static func entry(_ option: Option) -> String {
        var notes = ["default: \(option.defaultText)", option.environmentName]
        notes += option.legacyEnvironment.map { "also \($0)" }
        let body = wrapped("\(plain(option.help)) [\(notes.joined(separator: "; "))]", width: 92, indent: "      ")
        return "\(head(option))\n\(body)\n"
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

/// What help is about.
public enum HelpTopic: Equatable, Sendable {
    case overview
    case serve
    case checkConfig
    case healthcheck
    case options
    /// One option in full, by its place in the table.
    case option(Int)
    case allOptions
}

extension Option {
    /// The default as a person reads it.
    var defaultText: String {
        let values = texts(Configuration())
        let text =
            values.isEmpty || (values == [absenceWord] && absence != absenceWord)
            ? absence ?? "none" : values.joined(separator: ", ")
        if let embeddedDefault { return "\(text); with --bridge-fd alone: \(embeddedDefault.text)" }
        return memoryDivisor.map { "\(text), or 1/\($0) of the memory limit" } ?? text
    }
}
