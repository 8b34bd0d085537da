import BridgeProtocol
import Bytes
import Exposure
import HTTPCodec
import JSONCheck
import Metrics

/// One thing a module does for a call, to be done many times with the same input.
struct ModuleWork {
    let name: String
    let run: (_ times: Int) -> Void

    /// - Parameter once: does it, and gives something of its outcome, so that no part of it can be left out.
    init(_ name: String, _ once: @escaping () -> Int) {
        self.name = name
        run = { times in
            var outcome = 0
            for _ in 0..<times { outcome &+= once() }
            keep(outcome)
        }
    }
}

/// What is handed to this was needed, as far as the compiler knows.
@inline(never)
@_optimize(none)
func keep(_ value: Int) {}

/// Calls that come in one turn of a loop under load.
private let callsOfTurn = 64

/// A module's input and output that lives as long as the program, in a class so that closures share it.
private final class Bench {
    let addBody = bytes(#"{"input":{"a":5,"b":3}}"#)
    let addInput = bytes(#"{"a":5,"b":3}"#)
    let addHead = request(
        "POST /__runner/task/app.tasks.add", ["Host: bench.test", "Content-Type: application/json"], 23)
    let browserHead = request("POST /__runner/task/app.tasks.add", browserFields, 23)
    let unknownHead = request("POST /__runner/task/app.tasks.nothing", ["Host: bench.test"], 23)
    let records = bytes(#"{"input":"# + jsonRecords(bytes: 16 << 10) + "}")
    let text = bytes(#"{"input":{"text":""# + String(repeating: "plain text, ", count: 1365) + #""}}"#)
    let result = bytes("8")
    let parser = RequestHeadParser()
    var checker = JSONChecker()
    var rules = ExposureRules(ExposureSettings(auth: .open, rules: runner48))
    let target: Int
    let tails: ResponseHeadSuffix
    var metrics = LoopMetrics(targetLabelLimit: 100, failures: [FailureLabel(side: "front", reason: "none")])
    let route: LoopMetrics.RouteSlot
    var batch = CallBatch()
    var out = ByteBuffer(minimumCapacity: 1 << 20)
    var frames = ByteBuffer()
    let reader = FrameReader(receiver: .front)
    let head = RequestHead()
    let recent = RecentRequests()

    init() {
        let date = bytes("Sun, 06 Nov 1994 08:49:37 GMT")
        tails = ResponseHeadSuffix(date: date.span, keepAliveSeconds: 75)
        let id = bytes("app.tasks.add")
        target = rules.catalogue.intern(.task, id: id.span)
        rules.catalogue.setAvailability(.callable, of: target)
        route = metrics.route(.task, id: "app.tasks.add")
        let payload = result
        for call in 0..<callsOfTurn {
            FrameWriter.result(call: UInt32(call), status: 200, flags: .result, payload.span, into: &frames)
        }
    }

    func parse(_ request: [UInt8]) -> Int {
        var scan = HeadScan()
        guard parser.parse(request.span, resuming: &scan, into: head) == .complete else { fatalError("no request") }
        return head.headBytes
    }

    func check(_ body: [UInt8]) -> Int {
        var summary = JSONSummary()
        guard checker.check(body.span, member: .input, into: &summary) == .valid else { fatalError("no JSON") }
        return Int(summary.member?.length ?? 0)
    }

    func decide(_ request: [UInt8]) -> Int {
        switch rules.decide(head, request.span) {
        case .call(let target, _, let cors):
            rules.release(cors)
            return target
        case .reject(_, let cors):
            rules.release(cors)
            return -1
        default: fatalError("neither a call nor refused")
        }
    }

    /// As a loop does it: a head that is met again is neither read nor decided about anew.
    func recognise(_ request: [UInt8]) -> Int {
        let place = recent.place(forByteCount: request.count)
        if !place.isMet(by: request.span) {
            place.forget()
            var scan = HeadScan()
            guard parser.parse(request.span, resuming: &scan, into: place.head) == .complete else {
                fatalError("no request")
            }
            place.keep(request.span)
        }
        guard case .call(let target, _, let cors) = rules.decide(place, request.span) else { fatalError("no call") }
        rules.release(cors)
        return target
    }

    func writeCalls() -> Int {
        let input = addInput
        let noHead: [UInt8] = []
        for call in 0..<callsOfTurn {
            batch.add(
                call: UInt32(call), target: target, flags: [], text: input.span, peer: PeerBlock(), head: noHead.span,
                isASCII: true, isPlain: true, into: &out)
        }
        batch.flush(into: &out)
        let written = out.count
        out.removeAll()
        return written
    }

    func readResults() -> Int {
        var offset = 0
        var calls = 0
        while case .frame(let header, _, let total) = reader.next(in: frames.bytes, at: offset) {
            calls &+= Int(header.call)
            offset += total
        }
        return calls
    }

    func writeResult() -> Int {
        let payload = result
        rules.writeResult(payload.span, cors: .none, tails, .keepAlive, into: &out)
        let written = out.count
        out.removeAll()
        return written
    }

    func record() -> Int {
        metrics.recordDispatch(receiveNanoseconds: 0, queueNanoseconds: 0, validateNanoseconds: 900)
        metrics.recordRequest(
            route, method: .post, status: 200, nanoseconds: 120_000, requestBodyBytes: 23, responseBodyBytes: 22)
        metrics.record(.worker, nanoseconds: 90_000)
        return 1
    }
}

/// What is counted. A turn's work is done for all of its calls at once, as in a loop: its name says so.
func moduleWorks() -> [ModuleWork] {
    let bench = Bench()
    return [
        ModuleWork("head of a small request") { bench.parse(bench.addHead) },
        ModuleWork("head of a browser's request") { bench.parse(bench.browserHead) },
        ModuleWork("JSON check, 23 bytes") { bench.check(bench.addBody) },
        ModuleWork("JSON check, 16 KB of records") { bench.check(bench.records) },
        ModuleWork("JSON check, 16 KB of text") { bench.check(bench.text) },
        ModuleWork("head and exposure decision, a call") { bench.parse(bench.addHead) &+ bench.decide(bench.addHead) },
        ModuleWork("the same of a head that comes again") { bench.recognise(bench.addHead) },
        ModuleWork("the same of a browser's head") { bench.recognise(bench.browserHead) },
        ModuleWork("head and exposure decision, 404") {
            bench.parse(bench.unknownHead) &+ bench.decide(bench.unknownHead)
        },
        ModuleWork("frames out, 64 calls") { bench.writeCalls() },
        ModuleWork("frames in, 64 results") { bench.readResults() },
        ModuleWork("answer of a call") { bench.writeResult() },
        ModuleWork("metrics of a call") { bench.record() },
    ]
}

/// As 4.8 of the runner has them, the release that the figures have been taken with so far.
private let runner48 = WireRules(
    unlisted: .notExposed, discovery: .getAndPost, requestIDs: false, securityHeaders: false, corsOnErrors: false,
    corsCredentialsWithoutOrigin: .echo, jsonLimitBytes: nil, jsonDepth: .init(limit: 10_000, plain: 10_000),
    plainKeys: .ejson, invalidBodyText: "Invalid EJSON body", prettyErrors: false, eventResults: false)
