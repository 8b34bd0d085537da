public import Settings
internal import Synchronization

/// The level that is in force in every thread; SIGHUP and the admin listener change it while the front runs.
public enum LogSettings {
    private static let current = Mutex(Settings.LogLevel.info)

    public static var level: Settings.LogLevel {
        get { current.withLock { $0 } }
        set { current.withLock { $0 = newValue } }
    }

    /// Whether somebody wants to know more than usual.
    static var isVerbose: Bool { level == .debug || level == .trace }
}
