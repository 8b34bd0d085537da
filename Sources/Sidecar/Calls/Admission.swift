internal import Bytes
internal import Exposure

/// Which requests get a worker, and when: the links, the requests that wait for one, and those whose origin the app
/// judges. It decides; `ServingLoop` and the connections carry out.
final class Admission {
    private(set) var workers: WorkerPool
    private(set) var pending: PendingQueue
    private(set) var estimate = QueueWaitEstimate()
    private(set) var questions = OriginQuestions()
    private var waitMilliseconds: Int
    private var questionLimit: Int
    /// Whether a worker may still come: not where the bridge is closed and the last one has left.
    private(set) var awaitsWorkers = true

    init(_ limits: Limits) {
        workers = WorkerPool(limits)
        pending = PendingQueue(countLimit: limits.queueLimit, byteLimit: limits.queueLimitBytes)
        waitMilliseconds = limits.workerWaitMilliseconds
        questionLimit = limits.inFlightLimit
    }

    func setLimits(_ limits: Limits) {
        workers.setLimits(limits)
        pending.setLimits(countLimit: limits.queueLimit, byteLimit: limits.queueLimitBytes)
        waitMilliseconds = limits.workerWaitMilliseconds
        questionLimit = limits.inFlightLimit
    }

    // MARK: Workers

    func nextLinkNumber() -> UInt32 { workers.nextNumber() }
    func joined(_ link: WorkerLink) { workers.add(link) }
    func left(_ link: WorkerLink) { workers.remove(link) }
    func noWorkerWillCome() { awaitsWorkers = false }

    @inline(__always)
    func pick(_ target: Int) -> WorkerLink? { workers.pick(target) }
    func pickListener(everything: Bool) -> WorkerLink? { workers.pickListener(everything: everything) }

    @inline(__always)
    func dispatched() { workers.dispatched() }
    @inline(__always)
    func letGo() { workers.letGo() }

    /// Why a request that finds no worker is refused.
    var refusal: Rejection { workers.hasReadyLink ? .overloaded : awaitsWorkers ? .noWorker : .draining }

    // MARK: Waiting

    /// Puts a request into the pending queue. Gives false when the queue is full, when what is in it will take longer
    /// than this request may, or when its time is over.
    func queue(_ call: Call, bytes: Int, nowMilliseconds: UInt64, nowNanoseconds: UInt64) -> Bool {
        guard waitMilliseconds > 0, awaitsWorkers || !workers.links.isEmpty, pending.hasRoom(for: bytes),
            estimate.canServe(position: pending.count, withinMilliseconds: waitMilliseconds)
        else { return false }
        let waited = call.waitUntilMilliseconds
        let deadline = waited != 0 ? waited : nowMilliseconds + UInt64(waitMilliseconds)
        guard deadline > nowMilliseconds else { return false }
        call.update { $0.queue(untilMilliseconds: deadline, nowNanoseconds: nowNanoseconds) }
        pending.enter(call, bytes: bytes, deadlineMilliseconds: deadline)
        return true
    }

    /// A pending request has left the queue other than by being served.
    func cancelled() { pending.markCancelled() }

    /// The next pending request from `index` on.
    func nextPending(from index: inout Int) -> PendingQueue.Entry? { pending.next(from: &index) }
    func trim() { pending.trim() }

    /// The requests that have waited long enough.
    func takeExpired(nowMilliseconds: UInt64) -> [Call] {
        pending.trim()
        return pending.expired(nowMilliseconds: nowMilliseconds).map(\.call)
            + questions.takeExpired(nowMilliseconds: nowMilliseconds).map(\.call)
    }

    func sample(nowMilliseconds: UInt64, windowMilliseconds: Int) {
        estimate.sample(
            nowMilliseconds: nowMilliseconds, completed: workers.callsCompleted,
            isBusy: !pending.isEmpty && workers.hasReadyLink, windowMilliseconds: windowMilliseconds)
    }

    // MARK: Questions

    /// A question about a request's origin: the link to ask and the question's number; nil when nobody can be asked.
    func ask(_ call: Call, nowMilliseconds: UInt64, nowNanoseconds: UInt64) -> (WorkerLink, UInt32)? {
        guard questions.count < questionLimit, let link = workers.pickAny() else { return nil }
        let deadline = nowMilliseconds + UInt64(max(waitMilliseconds, Limits.leastQuestionMilliseconds))
        call.update {
            $0.beginWait(untilMilliseconds: deadline, nowNanoseconds: nowNanoseconds)
            $0.ask()
        }
        let number = questions.add(
            OriginQuestions.Question(
                call: call, callID: call.id, linkNumber: link.number,
                deadlineMilliseconds: call.waitUntilMilliseconds))
        return (link, number)
    }

    /// The request that a link's answer is about; nil for an answer that nobody waits for.
    func takeQuestion(_ number: UInt32, of link: UInt32) -> Call? { questions.take(number, of: link)?.call }

    /// The requests that wait for a link that cannot answer now.
    func takeQuestions(of link: UInt32) -> [Call] { questions.take(of: link).map(\.call) }
}
