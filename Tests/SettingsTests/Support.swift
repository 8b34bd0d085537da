import Settings

/// One resolution with everything it may look at given by the test.
struct Situation {
    var arguments: [String] = []
    var environment: [String: String] = [:]
    var files: [String: String] = [:]
    var memoryLimitBytes: Int?

    func resolve() -> Result<Invocation, SettingsErrors> {
        Configuration.resolve(
            arguments: arguments, environment: { environment[$0] }, environmentNames: Array(environment.keys),
            memoryLimitBytes: memoryLimitBytes,
            readFile: { path in
                files[path].map { .success(Array($0.utf8)) } ?? .failure(FileProblem(reason: "no such file"))
            })
    }

    /// The configuration to serve with; throws the problems as they are.
    func served() throws -> Configuration {
        guard case .serve(let configuration) = try resolve().get() else { throw NotServing() }
        return configuration
    }

    /// What was wrong, a line each; empty when nothing was.
    func problems() -> [String] {
        if case .failure(let errors) = resolve() { errors.problems.map { $0.text } } else { [] }
    }
}

struct NotServing: Error {}

/// Serving with these flags beside the one that is required.
func flags(_ words: String...) -> Situation {
    Situation(arguments: ["--socket", "/run/bridge.sock"] + words)
}

extension Configuration {
    func source(of name: String) -> ConfigurationSource? {
        OptionTable.options.firstIndex { $0.name == name }.map { sources[$0] }
    }
}
