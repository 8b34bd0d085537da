internal import Bytes
internal import Settings

/// Version 1: one line of text, such as `PROXY TCP4 192.0.2.7 198.51.100.1 56324 443`.
enum ProxyHeaderText {
    private static let start = Array("PROXY ".utf8)

    static func read(_ bytes: Span<UInt8>) -> ProxyHeader.Outcome {
        guard bytes.agrees(with: start) else { return .malformed(.missing) }
        var end = 0
        while end < bytes.count, end < ProxyHeader.textLimitBytes, bytes[end] != UInt8(ascii: "\n") { end += 1 }
        guard end < ProxyHeader.textLimitBytes else { return .malformed(.lineTooLong) }
        guard end < bytes.count else { return .incomplete }
        guard end > start.count, bytes[end - 1] == UInt8(ascii: "\r") else { return .malformed(.badLine) }
        let line = bytes.extracting(start.count..<end - 1).copied()
        return switch source(of: line) {
        case .success(let source): .complete(byteCount: end + 1, source)
        case .failure(let fault): .malformed(fault.fault)
        }
    }

    private struct Failure: Error { let fault: ProxyHeaderFault }

    /// - Parameter line: what stands between `PROXY ` and the line break.
    private static func source(of line: [UInt8]) -> Result<ProxyHeader.Source, Failure> {
        guard line.allSatisfy({ (0x20...0x7e).contains($0) }) else { return .failure(Failure(fault: .badLine)) }
        let words = line.split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false).map {
            String(decoding: $0, as: UTF8.self)
        }
        // Whatever follows UNKNOWN says nothing.
        if words[0] == "UNKNOWN" { return .success(.unknown) }
        guard words.count == 5, words[0] == "TCP4" || words[0] == "TCP6" else {
            return .failure(Failure(fault: .badLine))
        }
        let isV6 = words[0] == "TCP6"
        guard let client = address(words[1], isV6: isV6), address(words[2], isV6: isV6) != nil,
            let port = port(words[3]), Self.port(words[4]) != nil
        else { return .failure(Failure(fault: .badAddress)) }
        return .success(.client(client, port: port))
    }

    /// An IPv6 address may map an IPv4 one, and is that one then; but it has to be written as IPv6.
    private static func address(_ text: String, isV6: Bool) -> IPAddress? {
        text.utf8.contains(UInt8(ascii: ":")) == isV6 ? IPAddress(text) : nil
    }

    /// Decimal, without leading zeros.
    private static func port(_ text: String) -> UInt16? {
        guard (1...5).contains(text.utf8.count), text.utf8.allSatisfy({ $0 &- 48 < 10 }),
            text.utf8.count == 1 || text.utf8.first != UInt8(ascii: "0")
        else { return nil }
        return UInt16(text)
    }
}
