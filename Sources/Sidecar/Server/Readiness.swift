/// Whether this front should be sent traffic, and why not: a value that the control loop keeps up to date.
struct Readiness {
    var isListening = false
    var isDraining = false
    var drainedLoops: Set<Int> = []
    private var links: [Int: Int] = [:]
    private var readyLinks: [Int: Int] = [:]
    private var drainingLinks: [Int: Int] = [:]

    mutating func update(loop: Int, links: Int, ready: Int, draining: Int) {
        self.links[loop] = links
        readyLinks[loop] = ready
        drainingLinks[loop] = draining
    }

    /// Whether links were there once and none is any more.
    var hasLostEveryLink: Bool {
        !links.isEmpty && links.values.allSatisfy { $0 == 0 }
    }

    /// What stands in the way; empty when ready. Each is a code and a sentence.
    func reasons() -> [(code: String, sentence: String)] {
        var reasons: [(String, String)] = []
        if !isListening { reasons.append(("starting", "The front does not listen yet.")) }
        if isDraining { reasons.append(("draining", "The front was told to stop and takes no new connections.")) }
        let ready = readyLinks.values.reduce(0, +)
        if ready == 0 {
            let leaving = drainingLinks.values.reduce(0, +)
            reasons.append(
                leaving > 0
                    ? ("workers_draining", "Every Node process that is connected was told to stop.")
                    : (
                        "no_worker",
                        "No Node process is connected and answering. Is the app running, with the same --socket?"
                    ))
        }
        return reasons
    }
}
