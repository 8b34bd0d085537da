import Bytes
import JSONCheck

/// The inputs of the benchmarks, made here so that they are the same on every machine and in every run.

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// A request's head: `line` without its version, `fields`, and the length of a body that is not there.
func request(_ line: String, _ fields: [String], _ bodyBytes: Int) -> [UInt8] {
    bytes(([line + " HTTP/1.1"] + fields + ["Content-Length: \(bodyBytes)", "", ""]).joined(separator: "\r\n"))
}

/// What a browser's `fetch` adds to a request.
let browserFields = [
    "Host: app.example.com",
    "Connection: keep-alive",
    "sec-ch-ua-platform: \"Linux\"",
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "sec-ch-ua: \"Chromium\";v=\"130\", \"Not?A_Brand\";v=\"99\"",
    "content-type: application/json",
    "sec-ch-ua-mobile: ?0",
    "Accept: */*",
    "Origin: https://app.example.com",
    "Sec-Fetch-Site: same-origin",
    "Sec-Fetch-Mode: cors",
    "Sec-Fetch-Dest: empty",
    "Referer: https://app.example.com/orders?page=3",
    "Accept-Encoding: gzip, deflate, br, zstd",
    "Accept-Language: en-GB,en;q=0.9,de;q=0.8",
]

/// An array of at least `bytes` bytes of records as apps send them: numbers, short and long strings, arrays, literals.
func jsonRecords(bytes: Int) -> String {
    var text = "["
    var number = 0
    while text.utf8.count < bytes {
        if number > 0 { text += "," }
        text += #"{"id":\#(1_000_000 + number * 7),"name":"Customer number \#(number)","active":\#(number % 3 != 0),"#
        text += #""balance":\#(number * 13 % 9_999).\#(10 + number % 90),"tags":["gold","north-\#(number % 17)",null],"#
        text += #""address":{"street":"\#(number % 200) Long Acre","city":"London","zip":"WC2E \#(number % 9)JD"},"#
        text += #""note":"called on the \#(1 + number % 28)th, wants \"the usual\" and a receipt by e-mail"}"#
        number += 1
    }
    return text + "]"
}

/// 1 MB of JSON, as the body of a call: what a text consists of decides how fast it can be checked, and parsed.
enum LargeText: String {
    case records, strings, numbers

    var text: String {
        let bytes = 1 << 20
        switch self {
        case .records: return #"{"input":"# + jsonRecords(bytes: bytes) + "}"
        case .strings:
            let line = (0..<100).map { "a line of plain text, \($0)" }.joined(separator: "; ")
            let strings = repeatElement("\"\(line)\"", count: bytes / (line.utf8.count + 3))
            return #"{"input":["# + strings.joined(separator: ",") + "]}"
        case .numbers:
            let numbers = (0..<bytes / 8).map { String(1_000_000 + $0 * 61 % 8_999_999) }
            return #"{"input":["# + numbers.joined(separator: ",") + "]}"
        }
    }

    /// The nanoseconds of the median of `times` checks.
    func checkNanoseconds(times: Int) -> Int64 {
        let body = bytes(text)
        var checker = JSONChecker()
        let clock = ContinuousClock()
        let taken = (0..<times).map { _ in
            clock.measure {
                var summary = JSONSummary()
                guard checker.check(body.span, member: .input, into: &summary) == .valid else { fatalError("no JSON") }
                keep(Int(summary.value.length))
            }
        }
        let median = taken.sorted()[times / 2].components
        return median.seconds * 1_000_000_000 + median.attoseconds / 1_000_000_000
    }
}
