internal import EventLoop
internal import Logging
internal import Settings

/// The command: reads the settings, then serves, checks or prints.
public enum Program {
    /// - Returns: the process's exit code: 0 for success, 1 when serving failed, 2 when the settings are wrong.
    public static func run(arguments: [String]) -> Int32 {
        StandardStreams.openMissing()
        switch settings(arguments) {
        case .failure(let errors):
            StandardError.write(errors.text)
            return 2
        case .success(let invocation):
            return run(invocation, arguments: arguments)
        }
    }

    private static func settings(_ arguments: [String]) -> Result<Invocation, SettingsErrors> {
        Configuration.resolve(
            arguments: arguments, environment: Environment.value(of:), environmentNames: Environment.names,
            memoryLimitBytes: MemoryLimit.currentBytes,
            readFile: { path in Files.read(path).mapError { FileProblem(reason: $0.message) } })
    }

    private static func run(_ invocation: Invocation, arguments: [String]) -> Int32 {
        switch invocation {
        case .serve(let configuration):
            return serve(configuration, arguments: arguments)
        case .checkConfig:
            StandardOutput.write("runner-sidecar: the settings are in order\n")
        case .printConfig(let configuration):
            StandardOutput.write(configuration.report())
        case .healthcheck(let admin):
            return Healthcheck.run(SocketAddress(admin))
        case .help(let topic):
            StandardOutput.write(HelpText.text(topic))
        case .version:
            StandardOutput.write("runner-sidecar \(Version.current)\n")
        case .options(let format):
            StandardOutput.write(OptionsDocument.text(format))
        }
        return 0
    }

    /// What a reader of standard error has to take the last lines.
    private static let lastLinesMilliseconds = 500

    private static func serve(_ configuration: Configuration, arguments: [String]) -> Int32 {
        LogSettings.level = configuration.logLevel
        let format = configuration.logFormat
        let logger = Logger(label: "runner-sidecar") { _ in LineLogHandler(format: format) }
        // Without the thread, lines are written by whoever logs.
        try? StandardError.startWriter()
        defer { StandardError.finish(withinMilliseconds: lastLinesMilliseconds) }
        do throws(Front.StartError) {
            let front = try Front(configuration: configuration, logger: logger) {
                settings(arguments).flatMap { invocation in
                    if case .serve(let next) = invocation { .success(next) } else { .success(configuration) }
                }
            }
            try front.run()
            return 0
        } catch {
            StandardError.write("runner-sidecar: \(error.message)\n")
            return 1
        }
    }
}
