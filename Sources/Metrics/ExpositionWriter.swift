import Bytes

/// One metric family after another, in either text format.
struct ExpositionWriter: ~Copyable {
    typealias Label = (name: StaticString, value: String)

    enum Kind { case counter, gauge, histogram }

    private(set) var out: ByteBuffer
    private let format: ExpositionFormat
    private var name: StaticString = ""
    private var kind = Kind.gauge

    init(appendingTo out: consuming ByteBuffer, _ format: ExpositionFormat) {
        self.out = out
        self.format = format
    }

    /// - Parameter name: for a counter, without `_total`.
    mutating func family(_ name: StaticString, _ kind: Kind, _ help: StaticString) {
        self.name = name
        self.kind = kind
        header("# HELP ")
        out.append(help)
        out.append("\n")
        header("# TYPE ")
        switch kind {
        case .counter: out.append("counter\n")
        case .gauge: out.append("gauge\n")
        case .histogram: out.append("histogram\n")
        }
    }

    private mutating func header(_ keyword: StaticString) {
        out.append(keyword)
        out.append(name)
        // OpenMetrics names the family, the older format the series.
        if kind == .counter && format == .prometheus { out.append("_total") }
        out.append(" ")
    }

    mutating func sample(_ value: Int) { sample([], value) }

    mutating func sample(_ labels: [Label], _ value: Int) {
        series(kind == .counter ? "_total" : "", labels)
        out.append(decimal: value)
        out.append("\n")
    }

    /// A value given in millionths.
    mutating func sample(_ labels: [Label] = [], millionths value: Int) {
        series(kind == .counter ? "_total" : "", labels)
        appendFraction(UInt64(value), digits: 6)
        out.append("\n")
    }

    /// - Parameters:
    ///   - buckets: the count between each bound and the one before, then the count above all.
    ///   - unitDigits: how many decimal places bounds and total are to be shifted by: 9 for nanoseconds shown as
    ///     seconds.
    mutating func histogram(_ labels: [Label], bounds: [UInt64], buckets: [UInt64], total: UInt64, unitDigits: Int) {
        var count: UInt64 = 0
        for (place, bucket) in buckets.enumerated() {
            count += bucket
            series("_bucket", labels, bound: place < bounds.count ? bounds[place] : .max, unitDigits: unitDigits)
            out.append(decimal: Int(clamping: count))
            out.append("\n")
        }
        series("_sum", labels)
        appendFraction(total, digits: unitDigits)
        out.append("\n")
        series("_count", labels)
        out.append(decimal: Int(clamping: count))
        out.append("\n")
    }

    mutating func end() {
        if format == .openMetrics { out.append("# EOF\n") }
    }

    consuming func finish() -> ByteBuffer { out }

    // MARK: Lines

    /// The name and labels of a line, and the space after.
    private mutating func series(_ suffix: StaticString, _ labels: [Label], bound: UInt64? = nil, unitDigits: Int = 0) {
        out.append(name)
        out.append(suffix)
        var separator: StaticString = "{"
        for label in labels {
            out.append(separator)
            out.append(label.name)
            out.append("=\"")
            appendEscaped(label.value)
            out.append("\"")
            separator = ","
        }
        if let bound {
            out.append(separator)
            out.append("le=\"")
            if bound == .max { out.append("+Inf") } else { appendBound(bound, unitDigits) }
            out.append("\"")
            separator = ","
        }
        out.append(labels.isEmpty && bound == nil ? " " : "} ")
    }

    /// OpenMetrics wants bounds as canonical floats, `1.0`; the older format is written the way Go's client does, `1`.
    private mutating func appendBound(_ bound: UInt64, _ digits: Int) {
        let before = out.count
        appendFraction(bound, digits: digits)
        guard format == .openMetrics else { return }
        for at in before..<out.count where out.bytes[at] == UInt8(ascii: ".") { return }
        out.append(".0")
    }

    /// `value` with its point moved `digits` places to the left, without zeros at the end.
    private mutating func appendFraction(_ value: UInt64, digits: Int) {
        var scale: UInt64 = 1
        for _ in 0..<digits { scale *= 10 }
        out.append(decimal: Int(clamping: value / scale))
        var rest = value % scale
        guard rest > 0 else { return }
        out.append(".")
        while rest > 0 {
            scale /= 10
            out.append(UInt8(rest / scale) + 48)
            rest %= scale
        }
    }

    /// Backslash, quote and line feed are the three that a label's value escapes. Ids come from the app: any text.
    private mutating func appendEscaped(_ text: String) {
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\\"): out.append("\\\\")
            case UInt8(ascii: "\""): out.append("\\\"")
            case 0x0a: out.append("\\n")
            default: out.append(byte)
            }
        }
    }
}
