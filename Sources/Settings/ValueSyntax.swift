/// Why a text is no value of its option, ready to follow the text in a message: `must be a duration such as 200ms`.
struct ValueProblem: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// How one kind of value is written in every place it can come from: flag, environment, file, `--print-config`.
struct ValueSyntax<Value: Sendable>: Sendable {
    /// What `--help` shows in the value's place.
    let placeholder: String
    let schema: ValueSchema
    let parse: @Sendable (String) throws(ValueProblem) -> Value
    let format: @Sendable (Value) -> String
}

/// What a JSON schema says of one value.
enum ValueSchema: Sendable {
    case text(pattern: String?)
    case integer(ClosedRange<Int>)
    case boolean
    case choice([String])
}

extension ValueSyntax where Value == Int {
    static func integer(_ range: ClosedRange<Int>) -> ValueSyntax {
        ValueSyntax(
            placeholder: "N", schema: .integer(range),
            parse: { text throws(ValueProblem) in
                guard isDecimal(text), let number = Int(text), range.contains(number) else {
                    throw ValueProblem("must be a whole number from \(range.lowerBound) to \(range.upperBound)")
                }
                return number
            },
            format: { "\($0)" })
    }

    /// Milliseconds. With `offWord`, that word stands for 0.
    static func duration(_ range: ClosedRange<Int>, offWord: String? = nil) -> ValueSyntax {
        let off = offWord.map { ", or \($0)" } ?? ""
        return ValueSyntax(
            placeholder: "TIME", schema: .text(pattern: "^(0|[0-9]+(ms|s|m|h)\(offWord.map { "|" + $0 } ?? ""))$"),
            parse: { text throws(ValueProblem) in
                if let offWord, text == offWord { return 0 }
                guard let time = Quantity.milliseconds(text) else {
                    throw ValueProblem("must be a time with its unit, such as 200ms, 5s or 2m\(off)")
                }
                if time == 0 && offWord != nil { return 0 }
                guard range.contains(time) else {
                    let (low, high) = (Quantity.durationText(range.lowerBound), Quantity.durationText(range.upperBound))
                    throw ValueProblem("must be from \(low) to \(high)\(off)")
                }
                return time
            },
            format: { $0 == 0 ? offWord ?? "0" : Quantity.durationText($0) })
    }

    static func bytes(_ range: ClosedRange<Int>) -> ValueSyntax {
        ValueSyntax(
            placeholder: "BYTES", schema: .text(pattern: "^[0-9]+([bB]|[kKmMgG](i|iB|B|ib|b))?$"),
            parse: { text throws(ValueProblem) in
                guard let size = Quantity.bytes(text) else {
                    throw ValueProblem("must be a number of bytes, such as 65536, 64KiB or 8MiB")
                }
                guard range.contains(size) else {
                    let (low, high) = (Quantity.bytesText(range.lowerBound), Quantity.bytesText(range.upperBound))
                    throw ValueProblem("must be from \(low) to \(high)")
                }
                return size
            },
            format: { Quantity.bytesText($0) })
    }
}

extension ValueSyntax where Value == Bool {
    static var onOff: ValueSyntax {
        ValueSyntax(
            placeholder: "on|off", schema: .boolean,
            parse: { text throws(ValueProblem) in
                switch text {
                case "on", "true", "yes", "1": return true
                case "off", "false", "no", "0": return false
                default: throw ValueProblem("must be on or off")
                }
            },
            format: { $0 ? "on" : "off" })
    }
}

extension ValueSyntax where Value: CaseIterable & RawRepresentable<String> {
    static var choice: ValueSyntax {
        let words = Value.allCases.map { $0.rawValue }
        return ValueSyntax(
            placeholder: words.count > 3 ? "WORD" : words.joined(separator: "|"), schema: .choice(words),
            parse: { text throws(ValueProblem) in
                if let value = Value(rawValue: text) { return value }
                let nearest = Suggestion.nearest(to: text, among: words).map { " (did you mean \($0)?)" } ?? ""
                throw ValueProblem("must be one of \(words.joined(separator: ", "))\(nearest)")
            },
            format: { $0.rawValue })
    }
}

extension ValueSyntax where Value == IPAddress {
    static var host: ValueSyntax {
        ValueSyntax(
            placeholder: "ADDRESS", schema: .text(pattern: nil),
            parse: { text throws(ValueProblem) in
                guard let host = text == "localhost" ? ListenAddress.loopback : IPAddress(text) else {
                    throw ValueProblem("must be an IP address without a port, such as 127.0.0.1, 0.0.0.0 or ::")
                }
                return host
            },
            format: { $0.text })
    }
}

extension ValueSyntax where Value == ListenAddress {
    static var address: ValueSyntax {
        ValueSyntax(
            placeholder: "ADDRESS", schema: .text(pattern: nil),
            parse: { text throws(ValueProblem) in
                guard let address = ListenAddress(text) else {
                    throw ValueProblem(
                        "must be an IP address and port, such as 127.0.0.1:7071, [::1]:7071 or 0.0.0.0:7071 for all interfaces"
                    )
                }
                return address
            },
            format: { $0.text })
    }
}

extension ValueSyntax where Value == ListenTarget {
    static var listenTarget: ValueSyntax {
        ValueSyntax(
            placeholder: "ADDRESS", schema: .text(pattern: nil),
            parse: { text throws(ValueProblem) in
                guard let target = ListenTarget(text) else {
                    if text.utf8.starts(with: "unix:".utf8) {
                        throw ValueProblem(
                            "must be unix: and a path of 1 to \(ListenTarget.pathLimitBytes) bytes, such as unix:/run/app/http.sock"
                        )
                    }
                    throw ValueProblem(
                        "must be an IP address and port, such as 127.0.0.1:7071, [::1]:7071 or 0.0.0.0:7071 for all interfaces; unix:/path; or systemd"
                    )
                }
                return target
            },
            format: { $0.text })
    }
}

extension ValueSyntax where Value == TrustedPeer {
    static var trustedPeer: ValueSyntax {
        ValueSyntax(
            placeholder: "CIDR|unix", schema: .text(pattern: nil),
            parse: { text throws(ValueProblem) in
                guard let peer = TrustedPeer(text) else {
                    throw ValueProblem(
                        "must be a block of addresses, such as 10.0.0.0/8, fd00::/8 or 192.0.2.7, or unix for the peers of a Unix socket"
                    )
                }
                return peer
            },
            format: { $0.text })
    }
}

extension ValueSyntax where Value == FileMode {
    static var fileMode: ValueSyntax {
        ValueSyntax(
            placeholder: "OCTAL", schema: .text(pattern: "^0?[0-7]{3}$"),
            parse: { text throws(ValueProblem) in
                guard isDecimal(text), (3...4).contains(text.utf8.count), let bits = UInt16(text, radix: 8),
                    bits <= 0o777
                else {
                    throw ValueProblem("must be permission bits in octal, such as 0660")
                }
                return FileMode(bits: bits)
            },
            format: { mode in
                let digits = String(mode.bits, radix: 8)
                return String(repeating: "0", count: 4 - digits.utf8.count) + digits
            })
    }
}

extension ValueSyntax where Value: FixedWidthInteger {
    /// A user, group or descriptor number.
    static func number(_ placeholder: String, _ range: ClosedRange<Value>) -> ValueSyntax {
        ValueSyntax(
            placeholder: placeholder, schema: .integer(Int(range.lowerBound)...Int(range.upperBound)),
            parse: { text throws(ValueProblem) in
                guard isDecimal(text), let number = Value(text), range.contains(number) else {
                    throw ValueProblem("must be a number from \(range.lowerBound) to \(range.upperBound)")
                }
                return number
            },
            format: { "\($0)" })
    }
}

extension ValueSyntax where Value == AccessLog {
    static var accessLog: ValueSyntax {
        ValueSyntax(
            placeholder: "off|all|1/N", schema: .text(pattern: "^(off|all|1/[0-9]+)$"),
            parse: { text throws(ValueProblem) in
                if text == "off" { return .off }
                if text == "all" || text == "1/1" { return .all }
                if text.utf8.starts(with: "1/".utf8) {
                    let rest = String(text.dropFirst(2))
                    if isDecimal(rest), let requests = Int(rest), requests > 1 { return .sampled(oneIn: requests) }
                }
                throw ValueProblem(
                    "must be off, all, or a sample such as 1/100 (one request in a hundred, and every failure)")
            },
            format: { value in
                switch value {
                case .off: "off"
                case .all: "all"
                case .sampled(let requests): "1/\(requests)"
                }
            })
    }
}

/// Whether `text` is decimal digits alone: `Int("+5")` would be 5, and a sign or a space is more likely a mistake.
func isDecimal(_ text: String) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy { $0 &- 48 < 10 }
}
