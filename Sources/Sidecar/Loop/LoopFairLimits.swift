internal import Bytes
internal import Metrics
internal import RateLimits
internal import Settings

/// The fair limits as one loop applies them: which are in force, and what each of its calls counts as. With none in
/// force it is one branch a request, and one when it is over.
final class LoopFairLimits {
    /// What a call counts as, as the bits of keys; 0 for nothing.
    private struct Share {
        var client: UInt64 = 0
        var task: UInt64 = 0
    }

    private let shared: FairLimits
    private(set) var policy: FairLimitPolicy
    /// Whether any limit is in force.
    private(set) var isOn: Bool
    /// By the calls' slots; as long as needed.
    private var shares: ContiguousArray<Share> = []
    /// Calls that count as something: from before a reload, too, which may have ended the limits.
    private var sharing = 0
    /// By target: its limit, where it has one. Made anew when a limit changes.
    private var targetLimits: ContiguousArray<(key: ClientKey, limit: Int)?> = []
    /// What the last refused request is told.
    private(set) var refusal: FairLimits.Refusal?

    init(_ configuration: Configuration, shared: FairLimits) {
        self.shared = shared
        policy = FairLimitPolicy(configuration)
        isOn = policy.limitsClients || policy.limitsTasks
    }

    var keys: ClientKeys { shared.keys }

    func reconfigure(_ configuration: Configuration) {
        policy = FairLimitPolicy(configuration)
        isOn = policy.limitsClients || policy.limitsTasks
        targetLimits.removeAll()
    }

    /// Counts one more call of a task. Gives false when it is refused.
    ///
    /// - Parameter targets: what the targets are called.
    func admit(_ call: Call, target: Int, _ targets: [TargetRoute], nowNanoseconds: UInt64) -> Bool {
        guard target >= 0, let (key, limit) = limit(of: target, targets) else { return true }
        guard shared.admit(task: key, inFlightLimit: limit, nowNanoseconds: nowNanoseconds) else {
            refusal = .taskInFlight(limit: limit)
            return false
        }
        keep(Share(task: key.bits), of: call)
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

    /// Counts one more request of a client. Gives false when it is refused: then its call is to be released, as ever.
    func admit(_ call: Call, of client: ClientKey, nowNanoseconds: UInt64) -> Bool {
        let inFlightLimit = policy.clientInFlight
        let verdict = shared.admit(
            client, rate: policy.rate, inFlightLimit: inFlightLimit, nowNanoseconds: nowNanoseconds)
        switch verdict {
        case .admitted:
            if inFlightLimit > 0 { keep(client, of: call) }
            return true
        case .rateExceeded(let wait):
            if let rate = policy.rate { refusal = .rateExceeded(rate, waitNanoseconds: wait) }
        case .inFlightExceeded:
            refusal = .clientInFlight(limit: inFlightLimit)
        }
        return false
    }

    private func keep(_ client: ClientKey, of call: Call) {
        let slot = CallTable.slot(of: call.id)
        if slot < shares.count, shares[slot].task != 0 { return shares[slot].client = client.bits }
        keep(Share(client: client.bits), of: call)
    }

    private func keep(_ share: Share, of call: Call) {
        let slot = CallTable.slot(of: call.id)
        while shares.count <= slot { shares.append(Share()) }
        shares[slot] = share
        sharing += 1
    }

    /// Client and worker are done with a call.
    @inline(__always)
    func over(_ call: Call) {
        if sharing > 0 { release(call) }
    }

    private func release(_ call: Call) {
        let slot = CallTable.slot(of: call.id)
        guard slot < shares.count else { return }
        let share = shares[slot]
        guard share.client | share.task != 0 else { return }
        if let client = ClientKey(kept: share.client) { shared.release(client) }
        if let task = ClientKey(kept: share.task) { shared.release(task: task) }
        shares[slot] = Share()
        sharing -= 1
    }
}
