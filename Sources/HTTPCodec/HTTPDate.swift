public import Bytes

/// The time in a Date header.
public enum HTTPDate {
    private static let days: InlineArray<7, StaticString> = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months: InlineArray<12, StaticString> = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// Appends `unixSeconds` (seconds since 1970, not negative, before the year 10000) as an IMF-fixdate
    /// (RFC 9110, 5.6.7): always 29 bytes, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    public static func write(unixSeconds: Int, into buffer: inout ByteBuffer) {
        precondition(unixSeconds >= 0 && unixSeconds < 253_402_300_800)
        let day = unixSeconds / 86_400
        let second = unixSeconds % 86_400
        // Counted in years that start in March, so that the leap day is the last (Hinnant, "days_from_civil").
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let dayOfMonth = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)

        buffer.append(days[(day + 4) % 7])
        buffer.append(", ")
        appendTwoDigits(dayOfMonth, into: &buffer)
        buffer.append(UInt8(ascii: " "))
        buffer.append(months[month - 1])
        buffer.append(UInt8(ascii: " "))
        appendTwoDigits(year / 100, into: &buffer)
        appendTwoDigits(year % 100, into: &buffer)
        buffer.append(UInt8(ascii: " "))
        appendTwoDigits(second / 3_600, into: &buffer)
        buffer.append(UInt8(ascii: ":"))
        appendTwoDigits(second / 60 % 60, into: &buffer)
        buffer.append(UInt8(ascii: ":"))
        appendTwoDigits(second % 60, into: &buffer)
        buffer.append(" GMT")
    }

    private static func appendTwoDigits(_ number: Int, into buffer: inout ByteBuffer) {
        buffer.append(UInt8(0x30 + number / 10))
        buffer.append(UInt8(0x30 + number % 10))
    }
}
