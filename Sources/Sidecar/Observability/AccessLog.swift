internal import Bytes
internal import EventLoop
internal import Metrics
internal import Settings

/// A line a request on standard error, gathered and written at the end of a loop's turn.
///
/// What is never in it: bodies, tokens, query strings. A line names the route and the target's id, not the path. An
/// id that there is not is whatever a client likes: it is cut and escaped, and has a field of its own.
struct AccessLog {
    /// One request that is over.
    struct Entry {
        let method: MethodLabel
        let route: RouteKind
        let target: String?
        /// What was asked for and is not there: the client's own words.
        let unknownTarget: String?
        /// 499 where the client left before the answer.
        let status: Int
        let requestBytes: Int
        let responseBytes: Int
        let durationNanoseconds: UInt64
        /// nil when no worker answered.
        let workerNanoseconds: UInt64?
        let workerPID: Int?
        let failure: FailureLabel?
    }

    private let mode: Settings.AccessLog
    private let format: LogFormat
    private var seen = 0
    private var lines = ByteBufferBox()
    private let loop: Loop

    /// One write to a pipe is not mixed with those of other threads up to here (PIPE_BUF, pipe(7)).
    private static let writeLimitBytes = 4096

    /// - Parameter loop: what writes the lines.
    init(_ configuration: Configuration, loop: Loop) {
        self.loop = loop
        mode = configuration.accessLog
        format = configuration.logFormat
    }

    var isOn: Bool { mode != .off }

    /// Whether this request gets a line: every failure does, of the others one in so many. With the log off, failures
    /// do while the log level is debug, so that `PUT /log-level` shows them without a change of settings.
    mutating func takes(isFailure: Bool) -> Bool {
        switch mode {
        case .off: return isFailure && LogSettings.isVerbose
        case .all: return true
        case .sampled(let oneIn):
            seen &+= 1
            return isFailure || seen % oneIn == 0
        }
    }

    mutating func append(_ entry: Entry, trace: RequestTrace?, client: String, basePath: String) {
        let line = AccessLine.text(
            entry, trace: trace, client: client, basePath: basePath, level: isOn ? "info" : "debug", format: format)
        if lines.count + line.utf8.count > Self.writeLimitBytes { flush() }
        lines.append(line)
    }

    /// Writes what was gathered.
    mutating func flush() {
        if lines.count > 0 { lines.write(by: loop) }
    }

    /// The buffer, in an object so that the log itself stays a copyable value.
    private final class ByteBufferBox {
        private var buffer = ByteBuffer()
        var count: Int { buffer.count }
        func append(_ text: String) { buffer.append(utf8: text) }
        func write(by loop: Loop) { loop.writeStandardError(&buffer) }
    }
}

/// How a line is written. The fields, their order and units are the same in both formats; docs/operating.md lists them.
enum AccessLine {
    private enum Value {
        case text(String)
        case number(Int)
    }

    static func text(
        _ entry: AccessLog.Entry, trace: RequestTrace?, client: String, basePath: String, level: String,
        format: LogFormat
    ) -> String {
        var fields: [(String, Value)] = []
        func add(_ name: String, _ value: String?) {
            if let value, !value.isEmpty { fields.append((name, .text(value))) }
        }
        func add(_ name: String, _ value: Int?) { if let value { fields.append((name, .number(value))) } }
        func micro(_ nanoseconds: UInt64?) -> Int? { nanoseconds.map { Int(clamping: $0 / 1000) } }
        add("requestId", trace.map { String(decoding: $0.requestID, as: UTF8.self) })
        add("traceparent", trace.map { String(decoding: $0.traceparent, as: UTF8.self) })
        add("client", client)
        add("method", "\(entry.method.text)")
        add("route", entry.route.template(basePath))
        add("target", entry.target)
        add("unknownTarget", entry.unknownTarget)
        add("status", entry.status)
        add("requestBytes", entry.requestBytes)
        add("responseBytes", entry.responseBytes)
        add("durationMicroseconds", micro(entry.durationNanoseconds))
        if let worker = entry.workerNanoseconds {
            add("receiveMicroseconds", micro(trace?.receiveNanoseconds))
            add("validateMicroseconds", micro(trace?.validateNanoseconds))
            add("queueMicroseconds", micro(trace?.queueNanoseconds))
            add("workerMicroseconds", micro(worker))
        }
        add("workerPid", entry.workerPID)
        add("side", entry.failure?.side)
        add("reason", entry.failure?.reason)
        return line(fields, time: Timestamp.text(WallClock.now), level, format)
    }

    private static func line(_ fields: [(String, Value)], time: String, _ level: String, _ format: LogFormat) -> String
    {
        var line: String
        switch format {
        case .text:
            line = "\(time) \(level) access"
            for (name, value) in fields {
                switch value {
                case .number(let number): line += " \(name)=\(number)"
                case .text(let text): line += " \(name)=\(LineLogHandler.fieldText(text))"
                }
            }
        case .json:
            line = "{\"time\":\"\(time)\",\"level\":\"\(level)\",\"message\":\"access\""
            for (name, value) in fields {
                switch value {
                case .number(let number): line += ",\"\(name)\":\(number)"
                case .text(let text): line += ",\"\(name)\":\(LineLogHandler.json(text))"
                }
            }
            line += "}"
        }
        return line + "\n"
    }
}
