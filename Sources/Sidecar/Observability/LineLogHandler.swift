internal import EventLoop
internal import Logging
internal import Metrics
internal import Settings

/// Log lines on standard error, for people (`text`) or machines (`json`): one write a line, so that threads never mix
/// them.
struct LineLogHandler: LogHandler {
    let format: LogFormat
    var metadata: Logger.Metadata = [:]
    /// The level that is in force: it changes while the front runs.
    var logLevel: Logger.Level {
        get { Logger.Level(rawValue: LogSettings.level.rawValue) ?? .info }
        set { _ = newValue }
    }

    init(format: LogFormat) { self.format = format }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = metadata
        if let own = event.metadata { fields.merge(own) { $1 } }
        let sorted = fields.sorted { $0.key < $1.key }
        let time = Timestamp.text(WallClock.now)
        var line: String
        switch format {
        case .text:
            line = "\(time) \(event.level.rawValue) \(Self.printable("\(event.message)"))"
            for (key, value) in sorted { line += " \(key)=\(Self.fieldText("\(value)"))" }
        case .json:
            line =
                "{\"time\":\"\(time)\",\"level\":\"\(event.level.rawValue)\",\"message\":\(Self.json("\(event.message)"))"
            for (key, value) in sorted { line += ",\(Self.json(key)):\(Self.json(value))" }
            line += "}"
        }
        StandardError.write(line + "\n")
    }

    /// Text fit for one line: control characters escaped, since some of it came from outside.
    static func printable(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar.value < 0x20 || scalar.value == 0x7f {
                result += scalar == "\n" ? "\\n" : "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A value as a text line has it: one that could be mistaken for several fields stands in quotes.
    static func fieldText(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\"") }
        return isPlain ? text : json(text)
    }

    /// A number or a truth value stays one.
    private static func json(_ value: Logger.MetadataValue) -> String {
        if case .stringConvertible(let value) = value, value is Int || value is Bool { return "\(value)" }
        return json("\(value)")
    }

    static func json(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 0x20 || (0x7f..<0xa0).contains(scalar.value):
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}

/// RFC 3339 time in UTC with milliseconds.
enum Timestamp {
    static func text(_ clock: (seconds: Int, milliseconds: Int)) -> String {
        let (year, month, day) = civil(days: clock.seconds / 86_400)
        let rest = clock.seconds % 86_400
        return
            "\(pad(year, 4))-\(pad(month, 2))-\(pad(day, 2))T\(pad(rest / 3600, 2)):\(pad(rest / 60 % 60, 2)):\(pad(rest % 60, 2)).\(pad(clock.milliseconds, 3))Z"
    }

    private static func pad(_ number: Int, _ width: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }

    /// Howard Hinnant's days-to-date, for days since 1970.
    private static func civil(days: Int) -> (Int, Int, Int) {
        let z = days + 719_468
        let era = z / 146_097
        let doe = z - era * 146_097
        let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365
        let doy = doe - (365 * yoe + yoe / 4 - yoe / 100)
        let mp = (5 * doy + 2) / 153
        let month = mp < 10 ? mp + 3 : mp - 9
        return (yoe + era * 400 + (month <= 2 ? 1 : 0), month, doy - (153 * mp + 2) / 5 + 1)
    }
}

extension Logger.MetadataValue {
    /// A number, which lines for machines show as one.
    static func number(_ value: Int) -> Logger.MetadataValue { .stringConvertible(value) }
}
