internal import Bytes
internal import Metrics
internal import RateLimits
internal import Settings

/// The fair limits as one loop applies them: which are in force, and what each of its calls counts as. With none in
/// force it is one branch a request, and two when it is over.
final class LoopFairLimits {
    private let shared: FairLimits
    private(set) var policy: FairLimitPolicy
    /// Whether any limit is in force.
    private(set) var isOn = false
    /// Whether a client is its connection, and nothing but clients is limited.
    private var isByConnection = false
    /// What calls count as to their tasks, by the calls' slots; as long as needed. The bits of keys; 0 for nothing.
    private var taskShares: ContiguousArray<UInt64> = []
    /// How many of them count as something: from before a reload, too, which may have ended the limits.
    private var sharing = 0
    /// By target: its limit, where it has one. Made anew when a limit changes.
    private var targetLimits: ContiguousArray<(key: ClientKey, limit: Int)?> = []
    /// What the last refused request is told.
    private(set) var refusal: FairLimits.Refusal?

    init(_ configuration: Configuration, shared: FairLimits) {
        self.shared = shared
        policy = FairLimitPolicy(configuration)
        policyChanged(configuration)
    }

    var keys: ClientKeys { shared.keys }

    func reconfigure(_ configuration: Configuration) {
        policy = FairLimitPolicy(configuration)
        policyChanged(configuration)
        targetLimits.removeAll()
    }

    private func policyChanged(_ configuration: Configuration) {
        isOn = policy.limitsClients || policy.limitsTasks
        isByConnection =
            policy.limitsClients && !policy.limitsTasks && policy.identity == .address
            && configuration.trustedPeers.isEmpty
    }

    // MARK: Clients

    /// Counts one more request of a client. Gives false when it is refused.
    func admit(_ call: Call, of client: ClientKey, _ connection: ClientConnection, nowNanoseconds: UInt64) -> Bool {
        let inFlightLimit = policy.clientInFlight
        let (verdict, place) = shared.admit(
            client, rate: policy.rate, inFlightLimit: inFlightLimit, nowNanoseconds: nowNanoseconds)
        switch verdict {
        case .admitted:
            connection.keepLimitPlace(place)
            if inFlightLimit > 0 { call.update { $0.share(client.bits, at: place) } }
            return true
        case .rateExceeded(let wait):
            if let rate = policy.rate { refusal = .rateExceeded(rate, waitNanoseconds: wait) }
        case .inFlightExceeded:
            refusal = .clientInFlight(limit: inFlightLimit)
        }
        return false
    }

    /// The common case: one more request of a connection that had one before, within the limits. Gives false where
    /// `admit` is to be asked.
    @inline(__always)
    func admitsAgain(_ call: Call, keyBits: UInt64, place: UInt32, nowNanoseconds: UInt64) -> Bool {
        guard isByConnection, let client = ClientKey(kept: keyBits) else { return false }
        let inFlightLimit = policy.clientInFlight
        guard
            shared.admitAgain(
                client, at: Int(place), rate: policy.rate, inFlightLimit: inFlightLimit, nowNanoseconds: nowNanoseconds)
        else { return false }
        if inFlightLimit > 0 { call.update { $0.share(keyBits, at: Int(place)) } }
        return true
    }

    // MARK: Tasks

    /// Counts one more call of a task. Gives false when it is refused.
    ///
    /// - Parameter targets: what the targets are called.
    func admit(_ call: Call, target: Int, _ targets: [TargetRoute], nowNanoseconds: UInt64) -> Bool {
        guard target >= 0, let (key, limit) = limit(of: target, targets) else { return true }
        guard shared.admit(task: key, inFlightLimit: limit, nowNanoseconds: nowNanoseconds) else {
            refusal = .taskInFlight(limit: limit)
            return false
        }
        let slot = CallTable.slot(of: call.id)
        while taskShares.count <= slot { taskShares.append(0) }
        taskShares[slot] = key.bits
        sharing += 1
        return true
    }

    private func limit(of target: Int, _ targets: [TargetRoute]) -> (key: ClientKey, limit: Int)? {
        while targetLimits.count < targets.count {
            let route = targets[targetLimits.count]
            let id = Array((route.kind == .event ? "event " : "task ").utf8) + Array(route.id.utf8)
            targetLimits.append(policy.limit(ofTask: route.id).map { (shared.keys.target(id.span), $0) })
        }
        return targetLimits[target]
    }

    // MARK: The end

    /// Client and worker are done with a call.
    @inline(__always)
    func over(_ call: Call) {
        if let client = ClientKey(kept: call.clientShare) {
            shared.release(client, at: Int(call.clientSharePlace))
            call.update { $0.share(0, at: 0) }
        }
        if sharing > 0 { releaseTask(call) }
    }

    private func releaseTask(_ call: Call) {
        let slot = CallTable.slot(of: call.id)
        guard slot < taskShares.count, let task = ClientKey(kept: taskShares[slot]) else { return }
        shared.release(task: task)
        taskShares[slot] = 0
        sharing -= 1
    }
}
