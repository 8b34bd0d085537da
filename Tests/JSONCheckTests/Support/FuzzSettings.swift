import Foundation

/// How much to fuzz, and from where: `RUNNER_SIDECAR_FUZZ_CASES` for longer runs, `RUNNER_SIDECAR_FUZZ_SEED` to
/// repeat one.
enum FuzzSettings {
    static func cases(orElse usual: Int) -> Int {
        ProcessInfo.processInfo.environment["RUNNER_SIDECAR_FUZZ_CASES"].flatMap { Int($0) } ?? usual
    }

    /// The seed to use, printed so that a failure can be repeated.
    static func seed(for what: String) -> UInt64 {
        let given = ProcessInfo.processInfo.environment["RUNNER_SIDECAR_FUZZ_SEED"].flatMap { UInt64($0) }
        let seed = given ?? UInt64.random(in: 0...UInt64.max)
        print("\(what): RUNNER_SIDECAR_FUZZ_SEED=\(seed)")
        return seed
    }
}
