/// What the words of a command line say, before any value is looked at.
struct CommandLine {
    enum Command: String, CaseIterable {
        case serve
        case checkConfig = "check-config"
        case healthcheck
        case options

        var helpTopic: HelpTopic {
            switch self {
            case .serve: .serve
            case .checkConfig: .checkConfig
            case .healthcheck: .healthcheck
            case .options: .options
            }
        }
    }

    var command = Command.serve
    /// What help is asked about, nil when it is not asked for.
    var helpTopic: HelpTopic?
    var asksForVersion = false
    var printsConfiguration = false
    var configFile: String?
    var optionsFormat = "markdown"
    /// By place in `OptionTable.options`: the values given for it.
    var values: [Int: [String]] = [:]
    var problems: [SettingsProblem] = []

    private var namedCommand: Command?

    /// Commands that node-shim/bin/runner-sidecar.js has, and this program does not.
    private static let packageCommands = ["check", "dev", "compare"]

    /// Flags that are no options: they say what to do, not how to serve.
    private static let ownFlags = ["help", "version", "print-config", "config", "format"]

    /// `arguments` without the program's name.
    init(_ arguments: [String]) {
        var rest = arguments[...]
        if let first = rest.first, !first.utf8.starts(with: "-".utf8) {
            rest.removeFirst()
            if let command = Command(rawValue: first) {
                self.command = command
                namedCommand = command
            } else if first == "help" {
                namedCommand = rest.first.flatMap { Command(rawValue: $0) }
                takeHelp(about: namedCommand == nil ? rest.popFirst() : nil)
                return
            } else if Self.packageCommands.contains(first) {
                problems.append(
                    SettingsProblem(
                        place: "", "\(first) is a command of the npm package",
                        remedy: "Where it is installed: npx runner-sidecar \(first)"))
                return
            } else {
                let words = Command.allCases.map { $0.rawValue }
                problems.append(
                    SettingsProblem(
                        place: "", "there is no command \(first.quoted)",
                        remedy: Suggestion.sentence(for: first, among: words)
                            ?? "The commands are \(words.joined(separator: ", "))"))
            }
        }
        while let word = rest.popFirst() { take(word, &rest) }
    }

    private mutating func take(_ word: String, _ rest: inout ArraySlice<String>) {
        switch word {
        case "-h": takeHelp(about: nil)
        case "-V": asksForVersion = true
        default:
            guard word.utf8.starts(with: "--".utf8), word.utf8.count > 2 else {
                problems.append(
                    SettingsProblem(place: "", "\(word.quoted) is not expected here", remedy: "Options begin with --"))
                return
            }
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            takeFlag(String(parts[0]), attached: parts.count == 2 ? String(parts[1]) : nil, &rest)
        }
    }

    private mutating func takeFlag(_ name: String, attached: String?, _ rest: inout ArraySlice<String>) {
        switch name {
        case "help":
            if let next = rest.first, attached == nil, Self.isTopic(next) {
                rest.removeFirst(); takeHelp(about: next)
            } else {
                takeHelp(about: attached)
            }
        case "version": asksForVersion = true
        case "print-config": printsConfiguration = true
        case "config": configFile = value(of: name, attached, &rest)
        case "format": optionsFormat = value(of: name, attached, &rest) ?? optionsFormat
        default:
            guard let index = OptionTable.index(of: name) else {
                // The value of an unknown option would only be reported a second time.
                if attached == nil, let next = rest.first, !next.utf8.starts(with: "-".utf8) { rest.removeFirst() }
                problems.append(
                    SettingsProblem(
                        place: "", "there is no option \(("--" + name).quoted)",
                        remedy: Suggestion.option(for: name, others: Self.ownFlags, prefix: "--")))
                return
            }
            let option = OptionTable.options[index]
            if option.isSwitch && attached == nil && !Self.isOnOff(rest.first) {
                values[index] = ["on"]
            } else if let text = value(of: name, attached, &rest) {
                // A list grows with each flag; for all else the last one rules, so that a script's can be overridden.
                values[index] = option.isList ? (values[index] ?? []) + Self.commaSeparated(text) : [text]
            }
        }
    }

    private mutating func value(of name: String, _ attached: String?, _ rest: inout ArraySlice<String>) -> String? {
        if let attached { return attached }
        if let next = rest.first, !next.utf8.starts(with: "--".utf8) {
            rest.removeFirst()
            return next
        }
        problems.append(
            SettingsProblem(place: "--\(name)", "needs a value", remedy: "Write --\(name) VALUE or --\(name)=VALUE"))
        return nil
    }

    /// `--help`, alone or about an option; a command that was named is explained.
    private mutating func takeHelp(about word: String?) {
        if word == "all" {
            helpTopic = .allOptions
        } else if let index = word.flatMap({ OptionTable.index(of: Self.withoutDashes($0)) }) {
            helpTopic = .option(index)
        } else {
            helpTopic = namedCommand.map { $0.helpTopic } ?? .overview
        }
    }

    private static func isTopic(_ word: String) -> Bool {
        word == "all" || OptionTable.index(of: withoutDashes(word)) != nil
    }

    private static func withoutDashes(_ word: String) -> String { String(word.drop { $0 == "-" }) }

    private static func isOnOff(_ word: String?) -> Bool {
        guard let word else { return false }
        return ["on", "off", "true", "false", "yes", "no"].contains(word)
    }

    /// The parts of a list written in one text, without the spaces around them.
    static func commaSeparated(_ text: String) -> [String] {
        text.split(separator: ",").map { String($0).trimmed }.filter { !$0.isEmpty }
    }
}

extension Suggestion {
    /// `Did you mean x?` With `prefix`, all of them begin with it, and only what follows it is compared.
    static func sentence(for text: String, among words: [String], after prefix: String = "") -> String? {
        let rests = words.map { String($0.dropFirst(prefix.count)) }
        return nearest(to: String(text.dropFirst(prefix.count)), among: rests).map { "Did you mean \(prefix)\($0)?" }
    }

    /// The same for the name of an option, falling back on where the names are listed.
    static func option(for name: String, others: [String] = [], prefix: String = "") -> String {
        nearest(to: name, among: OptionTable.options.map { $0.name } + others).map { "Did you mean \(prefix)\($0)?" }
            ?? "--help lists them"
    }
}

extension String {
    /// Without spaces and tabs at either end.
    var trimmed: String {
        let bytes = utf8
        let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0d }
        guard let start = bytes.firstIndex(where: { !isBlank($0) }), let end = bytes.lastIndex(where: { !isBlank($0) })
        else { return "" }
        return String(self[start...end])
    }
}
