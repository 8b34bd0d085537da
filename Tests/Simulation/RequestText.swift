import BridgeProtocol

/// A request as it goes over the wire, and what has to come of it at the worker's.
struct RequestText {
    /// All of it, framing included.
    var bytes: [UInt8] = []
    var headBytes = 0
    /// What the worker must be given as its input; nil when it has none.
    var input: [UInt8]?
    /// Data bytes of the body.
    var bodyBytes = 0
    var origin: String?

    static let malformationCount = 14

    static func mark(_ number: Int) -> String { "~\(number)~" }

    init(_ plan: RequestPlan, token: String?, chance: inout Chance) {
        let mark = Self.mark(plan.number)
        let body = Self.body(plan, mark, &input)
        bodyBytes = body.count
        origin = Self.origin(plan, mark)
        var head = "\(plan.method) \(Self.path(plan, mark)) HTTP/1.\(plan.isHTTP10 ? 0 : 1)\r\nHost: sim\r\n"
        if let token { head += "x-runner-token: \(token)\r\n" }
        if !plan.hasPlainHead { head += "x-request-id: \(mark)\r\nx-mark: \(mark)\r\n" }
        if let origin { head += "Origin: \(origin)\r\n" }
        if plan.kind == .preflight { head += "Access-Control-Request-Method: POST\r\n" }
        if plan.kind == .stream { head += "Content-Type: application/octet-stream\r\n" }
        if let connection = plan.connection { head += "Connection: \(connection)\r\n" }
        if plan.expectsContinue { head += "Expect: 100-continue\r\n" }
        switch plan.framing {
        case .none: break
        case .length: head += "Content-Length: \(body.count)\r\n"
        case .chunked: head += "Transfer-Encoding: chunked\r\n"
        }
        head += "\r\n"
        bytes.append(contentsOf: head.utf8)
        headBytes = bytes.count
        switch plan.framing {
        case .none: break
        case .length: bytes += body
        case .chunked: Self.appendChunks(body, to: &bytes, &chance)
        }
        if plan.kind == .malformed { malform(plan, token) }
    }

    private static func path(_ plan: RequestPlan, _ mark: String) -> String {
        switch plan.kind {
        case .discovery: return Plan.base + "/discovery"
        case .outside: return "/elsewhere/\(mark)"
        case .noURL: return "//[\(mark)"
        default: break
        }
        let kind = plan.isEvent ? "event" : "task"
        guard let target = plan.target else { return "\(Plan.base)/\(kind)/unknown.\(mark)" }
        return "\(Plan.base)/\(kind)/\(Plan.targets[target].id)"
    }

    private static func origin(_ plan: RequestPlan, _ mark: String) -> String? {
        switch plan.origin {
        case .none: nil
        case .known: Plan.knownOrigin
        case .new: "https://good-\(mark).example"
        case .bad: "https://bad.example"
        case .long: "https://good-\(mark)-" + String(repeating: "x", count: 600) + ".example"
        case .throwing: "https://throws.example"
        }
    }

    private static func body(_ plan: RequestPlan, _ mark: String, _ input: inout [UInt8]?) -> [UInt8] {
        guard plan.hasInput, plan.framing != .none else { return [] }
        let pad = [UInt8](repeating: UInt8(97 + plan.number % 26), count: plan.padBytes)
        if plan.kind == .stream || plan.kind == .outside {
            return Array(mark.utf8) + pad
        }
        let text = Array("{\"t\":\"\(mark)\",\"pad\":\"".utf8) + pad + Array("\"}".utf8)
        input = text
        var body = Array((plan.isEvent ? "{\"payload\":" : "{\"input\":").utf8) + text
        if !plan.isBadJSON { body.append(UInt8(ascii: "}")) }
        return body
    }

    private static func appendChunks(_ body: [UInt8], to bytes: inout [UInt8], _ chance: inout Chance) {
        var at = 0
        while at < body.count {
            let size = min(body.count - at, max(chance.skewed(1...5000), body.count / 30))
            bytes += Array(String(size, radix: 16).utf8)
            if chance.happens(50) { bytes += Array(";name=value".utf8) }
            bytes += [13, 10]
            bytes += body[at..<at + size]
            bytes += [13, 10]
            at += size
        }
        bytes += Array("0\r\n".utf8)
        if chance.happens(50) { bytes += Array("x-trailer: value\r\n".utf8) }
        bytes += [13, 10]
    }

    /// Makes it one that must be refused.
    private mutating func malform(_ plan: RequestPlan, _ token: String?) {
        func head(_ text: String) -> [UInt8] { Array(text.utf8) }
        let start = "POST \(Plan.base)/task/sim.add HTTP/1.1\r\n"
        input = nil
        switch plan.malformation {
        case 0: bytes = head("BREW / HTTP/1.1\r\nHost: sim\r\n\r\n")
        case 1: bytes = head("POST  HTTP/1.1\r\nHost: sim\r\n\r\n")
        case 2: bytes = head(start + "\r\n")
        case 3: bytes = head(start + "Host: sim\r\nHost: sim\r\n\r\n")
        case 4: bytes = head(start + "Host: sim\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello")
        case 5: bytes = head(start + "Host: sim\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        case 6: bytes = head(start + "Host: sim\r\nTransfer-Encoding: gzip\r\n\r\n")
        case 7: bytes = head(start + "Host: sim\r\nno colon\r\n\r\n")
        case 8: bytes = head("POST / HTTP/2.0\r\nHost: sim\r\n\r\n")
        case 9: bytes = head(start + "Host: sim\r\nx-long: " + String(repeating: "y", count: 17_000) + "\r\n\r\n")
        case 10: bytes = head(start + "Host: sim\r\nContent-Length: five\r\n\r\nhello")
        case 11: bytes = head(start + "Host: sim\r\nx-a: b\u{1}c\r\n\r\n")
        default:
            // A body that breaks off being one, behind a head that is right.
            var good = plan
            good.kind = plan.malformation == 12 ? .call : .stream
            good.target = 0
            good.isEvent = false
            good.framing = .chunked
            var chance = Chance(UInt64(plan.number))
            self = RequestText(good, token: token, chance: &chance)
            input = nil
            bytes.removeLast(bytes.count - headBytes)
            bytes += head("5\r\nhello\r\nzz\r\nhello")
            bodyBytes = 0
            return
        }
        headBytes = bytes.count
        bodyBytes = 0
    }
}
