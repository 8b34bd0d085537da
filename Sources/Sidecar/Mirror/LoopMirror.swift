internal import Bytes
internal import EventLoop
internal import HTTPCodec
internal import Metrics

/// Copies calls of one loop for a comparison, while there is one.
final class LoopMirror {
    private var tap: MirrorTap?
    private var budget: MirrorBudget?

    /// How often what was copied is reported.
    static let reportTicks: UInt32 = 10

    /// Begins or ends copying.
    func set(_ order: MirrorTapOrder?) {
        tap?.end()
        tap = order.map {
            MirrorTap(number: $0.number, order: $0.order, budget: $0.budget, seed: .random(in: .min ... .max))
        }
        budget = order?.budget
    }

    /// A worker gets a call.
    ///
    /// - Parameters:
    ///   - route: what its target is called.
    ///   - body: without its transfer coding.
    func request(of call: Call, route: TargetRoute, head: Span<UInt8>, body: Span<UInt8>) {
        tap?.took(
            call: call.id, target: Int(call.target), isMarked: route.isSafe,
            name: { (route.kind == .event ? "event " : "task ") + route.id }, head: head, body: body)
    }

    /// Whether the response of a call is to be copied, and so has to be in one piece.
    func awaits(_ call: Call) -> Bool { tap?.awaits(call.id) == true }

    /// The response of a call was written for its client. Gives what to send to the control loop, if anything.
    func response(of call: Call, _ response: Span<UInt8>) -> ControlMessage? {
        guard let tap, let budget else { return nil }
        let nanoseconds = call.respondedNanoseconds &- call.receivedNanoseconds
        let microseconds = UInt32(clamping: nanoseconds / 1000)
        guard let frame = tap.answered(call: call.id, response: response, microseconds: microseconds) else {
            return nil
        }
        return .mirrored(
            number: tap.number, frame: frame.bytes, reservedBytes: frame.reservedBytes, budget: budget)
    }

    /// Forgets calls that ended without a response to copy, and gives what was counted.
    func report(loop: Int, _ calls: CallTable) -> ControlMessage? {
        guard let tap else { return nil }
        if tap.pendingCount > 0 {
            var live: Set<UInt32> = []
            calls.forEach { call in if call.phase != .free { live.insert(call.id) } }
            tap.forget { !live.contains($0) }
        }
        return .mirrorCounted(number: tap.number, loop: loop, tap.counts)
    }
}

/// What a connection shows a mirror that is on. Not part of what serving takes: kept out of its code.
extension HTTP1Connection {
    @inline(never)
    func mirrorRequest(_ call: Call, _ head: RequestHead, _ bytes: Span<UInt8>, body: Span<UInt8>) {
        guard call.kind != .discovery else { return }
        serving.mirror.request(
            of: call, route: serving.exposure.targetRoutes[Int(call.target)],
            head: bytes.extracting(head.start..<head.headBytes), body: body)
    }

    @inline(never)
    func mirrorResponse(_ call: Call, _ response: Span<UInt8>) {
        if let copy = serving.mirror.response(of: call, response) { serving.control.send(copy) }
    }
}
