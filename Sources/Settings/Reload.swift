/// What a second reading of the settings changes.
public struct ConfigurationChanges: Equatable, Sendable {
    /// Options whose new value can be put into force at once.
    public let live: [String]
    /// Options whose new value waits for a restart.
    public let needRestart: [String]

    public var isEmpty: Bool { live.isEmpty && needRestart.isEmpty }
}

extension Configuration {
    public func changes(to next: Configuration) -> ConfigurationChanges {
        var live: [String] = []
        var needRestart: [String] = []
        for option in OptionTable.options where !option.hasSameValue(self, next) {
            if option.changesLive { live.append(option.name) } else { needRestart.append(option.name) }
        }
        // A rotated file changes the tokens without changing its path.
        if tokensFromFile != next.tokensFromFile && !live.contains("token-file") { live.append("token-file") }
        return ConfigurationChanges(live: live, needRestart: needRestart)
    }

    /// This configuration with another log level, until the settings are read again.
    public func withLogLevel(_ level: LogLevel, from source: ConfigurationSource) -> Configuration {
        var result = self
        result.logLevel = level
        if let index = OptionTable.index(of: "log-level") { result.sources[index] = source }
        return result
    }

    /// This configuration with every value of `next` that may change live, and the rest as it is.
    public func adopting(_ next: Configuration) -> Configuration {
        var result = self
        for (index, option) in OptionTable.options.enumerated() where option.changesLive {
            option.copyValue(&result, next)
            result.sources[index] = next.sources[index]
        }
        result.tokensFromFile = next.tokensFromFile
        return result
    }
}
