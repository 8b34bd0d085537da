internal import BridgeProtocol

/// Which exposure settings the workers of a front have announced. All serve under the same rules: a worker whose
/// settings differ, once the front's own options have had their say, is refused for as long as another one serves, so
/// that neither of them opens what the other closes.
struct WorkerSettings {
    private struct Worker {
        let pid: Int
        var settings: ExposureSettings
        var links: Int
    }

    /// By the worker's name.
    private var workers: [String: Worker] = [:]

    /// A worker opens a link. Gives the reason when it may not.
    ///
    /// - Parameter overridden: the settings with the front's own options in their place.
    mutating func join(
        worker: String, pid: Int, settings: ExposureSettings, overridden: (ExposureSettings) -> ExposureSettings
    ) -> String? {
        let wanted = overridden(settings)
        for (name, other) in workers where name != worker && overridden(other.settings) != wanted {
            return Self.disagreement(pid: pid, other: other.pid)
        }
        workers[worker, default: Worker(pid: pid, settings: settings, links: 0)].links += 1
        return nil
    }

    /// A worker said HELLO again.
    mutating func announced(worker: String, settings: ExposureSettings) {
        workers[worker]?.settings = settings
    }

    /// A link of a worker is gone.
    mutating func linkEnded(worker: String) {
        guard let known = workers[worker] else { return }
        workers[worker] =
            known.links > 1 ? Worker(pid: known.pid, settings: known.settings, links: known.links - 1) : nil
    }

    /// What a worker is told that differs.
    static func disagreement(pid: Int, other: Int) -> String {
        "The exposure settings of process \(pid) (auth, cors, basePath, rules) differ from those of process \(other), which "
            + "serves already. Stop that one first, or set the option at the front, for all of them"
    }
}
