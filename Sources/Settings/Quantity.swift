/// Numbers with units, as people write them in options: `200ms`, `16KiB`.
enum Quantity {
    /// A span of time in milliseconds from `250ms`, `5s`, `2m`, `1h` or `0`. A bare number is refused: nobody can tell
    /// seconds from milliseconds by looking.
    static func milliseconds(_ text: String) -> Int? {
        guard let (number, unit) = split(text) else { return nil }
        if number == 0 && unit.isEmpty { return 0 }
        for (name, size) in durationUnits where unit == name { return scaled(number, by: size) }
        return nil
    }

    /// A number of bytes from `512`, `64KiB`, `8MiB`, `1GiB` (powers of 1024, also `Ki`, `Mi`, `Gi`) or `kB`, `MB`,
    /// `GB` (powers of 1000), in any case.
    static func bytes(_ text: String) -> Int? {
        guard let (number, unit) = split(text) else { return nil }
        let lowered = unit.lowercased()
        for (name, size) in byteUnits where lowered == name { return scaled(number, by: size) }
        return nil
    }

    /// `milliseconds` in the largest unit that holds it exactly.
    static func durationText(_ milliseconds: Int) -> String {
        guard milliseconds > 0 else { return "\(milliseconds)" }
        let unit = durationUnits.last { milliseconds % $0.size == 0 } ?? durationUnits[0]
        return "\(milliseconds / unit.size)\(unit.name)"
    }

    /// `bytes` in the largest binary unit that holds it exactly.
    static func bytesText(_ bytes: Int) -> String {
        for (name, size) in [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)] where bytes > 0 && bytes % size == 0
        {
            return "\(bytes / size)\(name)"
        }
        return "\(bytes)"
    }

    private static let durationUnits: [(name: String, size: Int)] = [
        ("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000),
    ]

    private static let byteUnits: [(name: String, size: Int)] = [
        ("", 1), ("b", 1), ("kib", 1 << 10), ("ki", 1 << 10), ("mib", 1 << 20), ("mi", 1 << 20), ("gib", 1 << 30),
        ("gi", 1 << 30), ("kb", 1_000), ("mb", 1_000_000), ("gb", 1_000_000_000),
    ]

    /// The leading digits as a number, and what follows them.
    private static func split(_ text: String) -> (Int, String)? {
        let digits = text.utf8.prefix { $0 &- 48 < 10 }
        guard let number = Int(String(Substring(digits))) else { return nil }
        return (number, String(text[digits.endIndex...]))
    }

    private static func scaled(_ number: Int, by size: Int) -> Int? {
        let (product, overflow) = number.multipliedReportingOverflow(by: size)
        return overflow ? nil : product
    }
}
