extension Configuration {
    /// Decides what was asked for, by command line, environment, configuration file and defaults, in this order.
    ///
    /// Pure: everything comes in through the parameters, so that a test needs no environment and SIGHUP can simply ask
    /// again.
    /// - Parameters:
    ///   - arguments: the command line without the program's name.
    ///   - environment: looks up a variable; one that is empty counts as not set, as container tools pass it for
    ///     "nothing".
    ///   - environmentNames: every variable there is, so that a misspelt one is found.
    ///   - memoryLimitBytes: what the process may take; nil for no limit.
    ///   - readFile: the bytes of the file at a path.
    /// - Returns: what to do, or every problem found.
    public static func resolve(
        arguments: [String], environment: (String) -> String?, environmentNames: [String],
        memoryLimitBytes: Int? = nil, readFile: (String) -> Result<[UInt8], FileProblem>
    ) -> Result<Invocation, SettingsErrors> {
        let line = CommandLine(arguments)
        // Help is given however wrong the rest is.
        if let topic = line.helpTopic { return .success(.help(topic)) }
        if line.asksForVersion { return .success(.version) }
        var resolution = Resolution(problems: line.problems)
        if line.command == .options { return resolution.optionsFormat(line.optionsFormat) }

        if let path = line.configFile ?? environment("RUNNER_SIDECAR_CONFIG").nonEmpty {
            resolution.readConfigFile(path, readFile)
        }
        for (index, option) in OptionTable.options.enumerated() {
            resolution.settle(option, index, flag: line.values[index], environment)
        }
        resolution.settleListenHost()
        resolution.settleEmbeddedDefaults()
        if let memoryLimitBytes { resolution.settleMemoryDefaults(memoryLimitBytes) }
        resolution.checkNames(ofEnvironment: environmentNames)
        resolution.readTokenFile(readFile)
        let serves = line.command != .healthcheck && !line.printsConfiguration
        resolution.checkTogether(serves: serves)
        return resolution.invocation(for: line)
    }
}

/// The state of one resolution: what is settled so far and what was wrong.
private struct Resolution {
    var configuration = Configuration()
    var problems: [SettingsProblem]
    private var fileEntries: [Int: ConfigFile.Entry] = [:]
    /// There is a file, and what it says is not known: nobody can tell what is missing.
    private var fileIsUnread = false

    init(problems: [SettingsProblem]) { self.problems = problems }

    // MARK: Files

    mutating func readConfigFile(_ path: String, _ readFile: (String) -> Result<[UInt8], FileProblem>) {
        configuration.configFile = path
        switch readFile(path) {
        case .failure(let fault):
            fileIsUnread = true
            let remedy = "Check the path given with --config"
            problems.append(SettingsProblem(place: path.quoted, "cannot be read: \(fault.reason)", remedy: remedy))
        case .success(let bytes):
            switch ConfigFile.read(bytes.span, name: path) {
            case .failure(let fault):
                fileIsUnread = true
                problems.append(fault)
            case .success(let entries): for entry in entries { take(entry) }
            }
        }
    }

    private mutating func take(_ entry: ConfigFile.Entry) {
        guard let index = OptionTable.index(of: entry.key) else {
            problems.append(
                SettingsProblem(
                    place: entry.place, "there is no option \(entry.key.quoted)",
                    remedy: Suggestion.option(for: entry.key)))
            return
        }
        fileEntries[index] = entry
    }

    mutating func readTokenFile(_ readFile: (String) -> Result<[UInt8], FileProblem>) {
        guard let path = configuration.tokenFile else { return }
        let place = "token file \(path.quoted)"
        switch readFile(path) {
        case .failure(let fault):
            problems.append(SettingsProblem(place: place, "cannot be read: \(fault.reason)"))
        case .success(let bytes):
            let lines = String(decoding: bytes, as: UTF8.self).unicodeScalars.split(separator: "\n").map {
                String($0).trimmed
            }
            let tokens = lines.filter { !$0.isEmpty }
            // An empty list would leave the door to the app's own setting, which may be open.
            if tokens.isEmpty {
                problems.append(SettingsProblem(place: place, "holds no token", remedy: "Write one a line"))
            }
            for (index, token) in tokens.enumerated() where !isVisible(token, spaces: true) {
                problems.append(SettingsProblem(place: place, "token \(index + 1) is not visible ASCII"))
            }
            configuration.tokensFromFile = tokens
        }
    }

    // MARK: Values

    /// The first of flag, environment and file that has a word for `option` decides.
    mutating func settle(_ option: Option, _ index: Int, flag: [String]?, _ environment: (String) -> String?) {
        if let flag {
            assign(option, index, flag, from: .flag(name: option.name), place: "--\(option.name)")
            return
        }
        for name in [option.environmentName] + option.legacyEnvironment {
            guard let text = environment(name).nonEmpty else { continue }
            let values = option.isList ? CommandLine.commaSeparated(text) : [text]
            assign(option, index, values, from: .environment(name: name), place: name)
            return
        }
        if let entry = fileEntries[index] {
            assign(option, index, entry.values, from: .file(key: entry.key), place: "\(entry.place), \(entry.key)")
        }
    }

    /// What nobody set, where the app brings the front along.
    mutating func settleEmbeddedDefaults() {
        guard configuration.isEmbedded else { return }
        for (index, option) in OptionTable.options.enumerated() where configuration.sources[index] == .standard {
            guard let values = option.embeddedDefault?.values(configuration) else { continue }
            assign(option, index, values, from: .embedded, place: "--\(option.name)")
        }
    }

    /// What nobody set, so that the defaults together fit into a small container.
    mutating func settleMemoryDefaults(_ limitBytes: Int) {
        for (index, option) in OptionTable.options.enumerated() where configuration.sources[index] == .standard {
            guard let divisor = option.memoryDivisor, let standard = Quantity.bytes(option.texts(configuration)[0])
            else { continue }
            // In MiB, as people read it.
            let share = max(1, (limitBytes / divisor) >> 20) << 20
            guard share < standard else { continue }
            let source = ConfigurationSource.memoryLimit(bytes: limitBytes)
            assign(option, index, [Quantity.bytesText(share)], from: source, place: "--\(option.name)")
        }
    }

    /// The default port listens where `--listen-host` says.
    mutating func settleListenHost() {
        guard let index = OptionTable.index(of: "listen"), configuration.sources[index] == .standard else { return }
        let host = configuration.listenHost
        configuration.listen = configuration.listen.map { target in
            guard case .address(let address) = target else { return target }
            return .address(ListenAddress(host: host, port: address.port))
        }
    }

    private mutating func assign(
        _ option: Option, _ index: Int, _ values: [String], from source: ConfigurationSource, place: String
    ) {
        do throws(ValueProblem) {
            let host = configuration.listenHost
            let isListen = option.name == "listen"
            try option.assign(
                &configuration, isListen ? values.map { ListenAddress.completed($0, host: host) } : values)
            configuration.sources[index] = source
        } catch {
            let shown = option.isSecret ? "the value" : values.map { $0.quoted }.joined(separator: ", ")
            let isSingle = option.isSecret || values.count == 1
            problems.append(
                SettingsProblem(place: place, isSingle ? "\(shown) \(error.reason)" : "\(error.reason): \(shown)"))
        }
    }

    /// A variable that is nearly an option's is a slip. Others with our prefix are not ours to judge: the shim has
    /// some, and Kubernetes makes a dozen for a Service of the name `runner-sidecar` (`…_SERVICE_HOST`,
    /// `…_PORT_7071_TCP`).
    mutating func checkNames(ofEnvironment names: [String]) {
        let prefix = Option.environmentPrefix
        let known = Set(OptionTable.options.map { $0.environmentName } + ["\(prefix)CONFIG"])
        for name in names.sorted() where name.utf8.starts(with: prefix.utf8) && !known.contains(name) {
            let words = name.dropFirst(prefix.count).lowercased().split(separator: "_")
            guard !words.contains("port"), !words.contains("service") else { continue }
            guard let remedy = Suggestion.sentence(for: name, among: known.sorted(), after: prefix) else { continue }
            problems.append(SettingsProblem(place: "", "there is no variable \(name.quoted)", remedy: remedy))
        }
    }

    // MARK: The whole

    /// What no value shows by itself.
    mutating func checkTogether(serves: Bool) {
        let settings = configuration
        if serves && !fileIsUnread && settings.socketPath == nil && settings.bridgeDescriptors.isEmpty {
            report(
                "--socket is required: the Unix socket that Node connects to",
                "Add --socket /run/runner-sidecar/bridge.sock, or set RUNNER_SIDECAR_SOCKET")
        }
        let descriptors = settings.bridgeDescriptors.count
        if descriptors > 0, let loops = settings.loops, loops != descriptors {
            report(
                "--loops \(loops) does not fit \(descriptors) --bridge-fd: each inherited descriptor has a loop of its own",
                "Leave --loops out")
        }
        if let control = settings.controlDescriptor, settings.bridgeDescriptors.contains(control) {
            report("--control-fd and --bridge-fd are both \(control)", "Give each a descriptor of its own")
        }
        if settings.listen.isEmpty { report("--listen needs an address", "Add --listen 127.0.0.1:7071") }
        for (index, target) in settings.listen.enumerated() {
            if case .address(let address) = target {
                if address.port == 0 { continue }
                if address == settings.admin {
                    report(
                        "--listen and --admin are both \(address.text)",
                        "Give --admin a port of its own, or turn it off")
                }
            }
            if settings.listen[..<index].contains(target) { report("--listen has \(target.text) twice", "Remove one") }
            if case .unixSocket(let path) = target, path == settings.socketPath {
                report("--listen and --socket are both \(path)", "Give each a path of its own")
            }
        }
        if settings.listen.contains(.systemd(name: nil)), settings.listen.contains(where: Self.isNamedSocket) {
            report("--listen has systemd, which is every socket, and one of them by name", "Remove either")
        }
        if settings.rateBurst != nil && settings.rateLimit == nil {
            report("--rate-burst is part of --rate-limit, which is off", "Add --rate-limit, such as --rate-limit 100/s")
        }
        for (index, limit) in settings.taskLimits.enumerated()
        where settings.taskLimits[..<index].contains(where: { $0.id == limit.id }) {
            report("--task-in-flight has two numbers for \(limit.id?.quoted ?? "every task")", "Remove one")
        }
        if settings.proxyProtocol && settings.trustedPeers.isEmpty {
            report(
                "--proxy-protocol reads a header from trusted peers only, and there are none",
                "Name your proxies with --trusted-peers, such as --trusted-peers 10.0.0.0/8")
        }
    }

    private static func isNamedSocket(_ target: ListenTarget) -> Bool {
        if case .systemd(_?) = target { true } else { false }
    }

    private mutating func report(_ reason: String, _ remedy: String) {
        problems.append(SettingsProblem(place: "", reason, remedy: remedy))
    }

    // MARK: The outcome

    mutating func optionsFormat(_ word: String) -> Result<Invocation, SettingsErrors> {
        guard let format = OptionsFormat(rawValue: word) else {
            problems.append(SettingsProblem(place: "--format", "\(word.quoted) must be markdown or schema"))
            return .failure(SettingsErrors(problems: problems))
        }
        return problems.isEmpty ? .success(.options(format)) : .failure(SettingsErrors(problems: problems))
    }

    mutating func invocation(for line: CommandLine) -> Result<Invocation, SettingsErrors> {
        let asksAdmin = line.command == .healthcheck && !line.printsConfiguration
        if asksAdmin && configuration.admin == nil {
            report("healthcheck asks the admin listener, which is off", "Give --admin an address")
        }
        guard problems.isEmpty else { return .failure(SettingsErrors(problems: problems)) }
        if line.printsConfiguration { return .success(.printConfig(configuration)) }
        switch line.command {
        case .serve: return .success(.serve(configuration))
        case .checkConfig: return .success(.checkConfig(configuration))
        case .healthcheck: return .success(.healthcheck(admin: configuration.admin!))
        case .options: preconditionFailure("answered before anything is settled")
        }
    }
}

extension String? {
    fileprivate var nonEmpty: String? { self?.isEmpty == false ? self : nil }
}
