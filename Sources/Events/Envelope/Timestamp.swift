/// Times as events carry them: RFC 3339 in UTC with milliseconds, `2026-01-31T12:00:00.000Z`.
package enum Timestamp {
    /// In bytes.
    package static let textCount = 24

    /// - Parameter time: milliseconds since 1970; times outside the years 0 to 9999 are moved to the nearest of them.
    package static func append(_ time: Int64, to out: inout OutputSpan<UInt8>) {
        let time = min(max(time, earliest), latest)
        let days = floorDivide(time, dayLength)
        let rest = time - days * dayLength
        let (year, month, day) = civil(days)
        digits(year / 100, &out)
        digits(year % 100, &out)
        out.append(UInt8(ascii: "-"))
        digits(month, &out)
        out.append(UInt8(ascii: "-"))
        digits(day, &out)
        out.append(UInt8(ascii: "T"))
        digits(rest / 3_600_000, &out)
        out.append(UInt8(ascii: ":"))
        digits(rest / 60_000 % 60, &out)
        out.append(UInt8(ascii: ":"))
        digits(rest / 1000 % 60, &out)
        out.append(UInt8(ascii: "."))
        let milliseconds = rest % 1000
        out.append(digit(milliseconds / 100))
        digits(milliseconds % 100, &out)
        out.append(UInt8(ascii: "Z"))
    }

    package static func text(_ time: Int64) -> String {
        String(decoding: [UInt8](capacity: textCount) { out in append(time, to: &out) }, as: UTF8.self)
    }

    /// Reads exactly what `append` writes; `nil` for anything else.
    package static func parse(_ text: String) -> Int64? {
        let bytes = Array(text.utf8)
        guard bytes.count == 24, let year = number(bytes[0..<4]), let month = number(bytes[5..<7]),
            let day = number(bytes[8..<10]), let hour = number(bytes[11..<13]), let minute = number(bytes[14..<16]),
            let second = number(bytes[17..<19]), let millisecond = number(bytes[20..<23])
        else { return nil }
        guard (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second < 60 else { return nil }
        let time =
            days(year, month, day) * dayLength + hour * 3_600_000 + minute * 60_000 + second * 1000 + millisecond
        // Punctuation, and days that the month does not have.
        return Self.text(time) == text ? time : nil
    }

    private static let dayLength: Int64 = 86_400_000
    private static let earliest: Int64 = -62_167_219_200_000
    private static let latest: Int64 = 253_402_300_799_999

    /// Two digits.
    private static func digits(_ value: Int64, _ out: inout OutputSpan<UInt8>) {
        out.append(digit(value / 10))
        out.append(digit(value % 10))
    }

    private static func digit(_ value: Int64) -> UInt8 { UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value) }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int64? {
        var value: Int64 = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int64(digit - UInt8(ascii: "0"))
        }
        return value
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
    }

    // The Gregorian calendar repeats every 400 years (146,097 days). Years are counted from March, so that the day which
    // comes and goes is a year's last.

    private static func civil(_ daysSince1970: Int64) -> (year: Int64, month: Int64, day: Int64) {
        let shifted = daysSince1970 + 719_468
        let era = floorDivide(shifted, 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * marchMonth + 2) / 5 + 1)
    }

    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let marchYear = month <= 2 ? year - 1 : year
        let era = floorDivide(marchYear, 400)
        let yearOfEra = marchYear - era * 400
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
