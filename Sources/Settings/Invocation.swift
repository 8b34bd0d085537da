/// What a command line asks for.
public enum Invocation: Equatable, Sendable {
    case serve(Configuration)
    /// Everything was checked and is in order.
    case checkConfig(Configuration)
    case printConfig(Configuration)
    /// Ask the admin listener at this address whether the front is ready.
    case healthcheck(admin: ListenAddress)
    case help(HelpTopic)
    case version
    case options(OptionsFormat)
}

/// What `runner-sidecar options` writes the table as.
public enum OptionsFormat: String, CaseIterable, Sendable {
    /// For docs/operating.md.
    case markdown
    /// A JSON schema of the configuration file.
    case schema
}

/// Why a file could not be had, as a phrase: `no such file`, `permission denied`.
public struct FileProblem: Error, Equatable, Sendable {
    public let reason: String
    public init(reason: String) { self.reason = reason }
}
