internal import Bytes
internal import EventLoop
internal import RateLimits
internal import Settings

/// What is counted of clients and tasks, for all loops together: a limit holds for the whole front, whichever loop a
/// client's connections are on.
final class FairLimits: Sendable {
    let keys = ClientKeys()
    private let clients: SharedValues<ClientTable>
    private let tasks: SharedValues<ClientTable>

    /// Clients known at once, in all: 32 MiB when all of them are.
    private static let clientLimit = 1 << 21
    private static let shardCount = 64
    /// Tasks and events with calls in flight at once.
    private static let taskLimit = 1 << 14

    init() {
        clients = SharedValues(count: Self.shardCount) { ClientTable(entryLimit: Self.clientLimit / Self.shardCount) }
        tasks = SharedValues(count: 1) { ClientTable(entryLimit: Self.taskLimit) }
    }

    /// Why a request is refused, and what its client is told.
    enum Refusal: Equatable {
        case rateExceeded(Rate, waitNanoseconds: UInt64)
        case clientInFlight(limit: Int)
        case taskInFlight(limit: Int)

        /// The field lines that say so.
        func appendFields(to buffer: inout ByteBuffer) {
            switch self {
            case .rateExceeded(let rate, let wait): RateLimitFields.append(rate, waitNanoseconds: wait, to: &buffer)
            case .clientInFlight(let limit):
                RateLimitFields.append(inFlightLimit: limit, of: .clientInFlight, to: &buffer)
            case .taskInFlight(let limit): RateLimitFields.append(inFlightLimit: limit, of: .taskInFlight, to: &buffer)
            }
        }
    }

    /// Counts one more request of a client, or refuses it; refused, it counts as nothing.
    ///
    /// - Parameter inFlightLimit: 0 for none: then it is not to be released.
    /// - Returns: also where the client is, for `admitAgain`.
    func admit(
        _ client: ClientKey, rate: Rate?, inFlightLimit: Int, nowNanoseconds: UInt64
    ) -> (verdict: ClientTable.Verdict, place: Int) {
        clients.withValue(at: client.shard(of: Self.shardCount)) {
            let verdict = $0.admit(client, rate: rate, inFlightLimit: inFlightLimit, nowNanoseconds: nowNanoseconds)
            return (verdict, $0.lastPlace)
        }
    }

    /// The common case. Gives false where `admit` is to be asked.
    @inline(__always)
    func admitAgain(
        _ client: ClientKey, at place: Int, rate: Rate?, inFlightLimit: Int, nowNanoseconds: UInt64
    ) -> Bool {
        clients.withValue(at: client.shard(of: Self.shardCount)) {
            $0.admitAgain(client, at: place, rate: rate, inFlightLimit: inFlightLimit, nowNanoseconds: nowNanoseconds)
        }
    }

    /// Counts one more call of a task. Gives false where that is one too many.
    func admit(task: ClientKey, inFlightLimit: Int, nowNanoseconds: UInt64) -> Bool {
        tasks.withValue(at: 0) {
            $0.admit(task, rate: nil, inFlightLimit: inFlightLimit, nowNanoseconds: nowNanoseconds) == .admitted
        }
    }

    /// A request that counted as in flight is over.
    @inline(__always)
    func release(_ client: ClientKey, at place: Int) {
        clients.withValue(at: client.shard(of: Self.shardCount)) { $0.release(client, at: place) }
    }

    func release(task: ClientKey) { tasks.withValue(at: 0) { $0.release(task) } }
}

/// Which limits are in force.
struct FairLimitPolicy: Sendable {
    let rate: Rate?
    /// 0: no limit.
    let clientInFlight: Int
    let identity: ClientIdentity
    let limitsClients: Bool
    let limitsTasks: Bool
    /// Of a task that is not in `taskLimits`; nil: none.
    private let everyTask: Int?
    private let taskLimits: [TaskLimit]

    init(_ configuration: Configuration) {
        rate = configuration.rateLimit.map {
            Rate(
                count: $0.requests, periodNanoseconds: UInt64($0.period.seconds) * 1_000_000_000,
                burst: configuration.rateBurst ?? $0.requestsPerSecond)
        }
        clientInFlight = configuration.clientInFlight ?? 0
        identity = configuration.limitBy
        limitsClients = rate != nil || clientInFlight > 0
        taskLimits = configuration.taskLimits
        limitsTasks = !taskLimits.isEmpty
        everyTask = taskLimits.first { $0.id == nil }?.inFlight
    }

    func limit(ofTask id: String) -> Int? { taskLimits.first { $0.id == id }?.inFlight ?? everyTask }
}
