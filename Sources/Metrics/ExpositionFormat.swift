import Bytes

/// The two text formats a Prometheus server takes.
public enum ExpositionFormat: Equatable, Sendable {
    /// Text format 0.0.4.
    case prometheus
    /// OpenMetrics 1.0.0.
    case openMetrics

    public var contentType: StaticString {
        switch self {
        case .prometheus: "text/plain; version=0.0.4; charset=utf-8"
        case .openMetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8"
        }
    }

    /// What a scraper that sent this `Accept` field gets: OpenMetrics if it names it with a weight that is not 0.
    public init(accept: Span<UInt8>) {
        self = .prometheus
        var start = 0
        while start < accept.count {
            let end = accept.firstIndex(of: UInt8(ascii: ","), from: start) ?? accept.count
            if Self.takesOpenMetrics(accept.extracting(start..<end)) { self = .openMetrics }
            start = end + 1
        }
    }

    private static func takesOpenMetrics(_ range: Span<UInt8>) -> Bool {
        let text = String(decoding: range.copied(), as: UTF8.self).lowercased()
        let parts = text.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" } }
        guard parts.first == "application/openmetrics-text" else { return false }
        return !parts.dropFirst().contains { part in
            part.utf8.starts(with: "q=0".utf8) && part.utf8.dropFirst(3).allSatisfy { $0 == 0x30 || $0 == 0x2e }
        }
    }
}
