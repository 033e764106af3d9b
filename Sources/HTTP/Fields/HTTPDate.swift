/// Dates of HTTP (RFC 9110, section 5.6.7), which are sent in one form, `Sun, 06 Nov 1994 08:49:37 GMT`;
/// times are Unix seconds.
package enum HTTPDate {
    /// The years 1 to 9999; times outside are clamped to them.
    package static func format(_ seconds: Int64) -> String {
        var bytes: [UInt8] = []
        append(seconds, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func append(_ seconds: Int64, to out: inout [UInt8]) {
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let second = Int(seconds - floorDivide(seconds, 86_400) * 86_400)
        let day = Int(floorDivide(seconds, 86_400))
        let (year, month, dayOfMonth) = CivilDate.date(ofDay: day)
        let weekday = ((day + 4) % 7 + 7) % 7
        out.append(contentsOf: weekdays[weekday].utf8)
        out.append(contentsOf: ", ".utf8)
        Decimal.append(dayOfMonth, digits: 2, to: &out)
        out.append(ByteClass.space)
        out.append(contentsOf: months[month - 1].utf8)
        out.append(ByteClass.space)
        Decimal.append(year, digits: 4, to: &out)
        for (mark, value) in [(" ", second / 3600), (":", second / 60 % 60), (":", second % 60)] {
            out.append(contentsOf: mark.utf8)
            Decimal.append(value, digits: 2, to: &out)
        }
        out.append(contentsOf: " GMT".utf8)
    }

    /// Any of the three forms, of which two are obsolete and have to be taken all the same (RFC 9110, section 5.6.7); nil for dates that do not
    /// exist. The day of the week must be a name of one.
    /// - Parameter now: what a year of two digits is told by.
    package static func parse(_ text: String, now: Int64) -> Int64? {
        let parts = split(text, ByteClass.space)
        switch parts.count {
        case 6 where parts[5] == "GMT":  // Sun, 06 Nov 1994 08:49:37 GMT
            guard weekdays.contains(where: { $0 + "," == parts[0] }), let year = number(parts[3], digits: 4) else { return nil }
            return seconds(year, parts[2], parts[1], parts[4])
        case 4 where parts[3] == "GMT":  // Sunday, 06-Nov-94 08:49:37 GMT
            let date = split(parts[1], UInt8(ascii: "-"))
            guard longWeekdays.contains(where: { $0 + "," == parts[0] }), date.count == 3, let year = number(date[2], digits: 2) else { return nil }
            return seconds(whole(year, now), date[1], date[0], parts[2])
        case 6 where parts[2].isEmpty:  // Sun Nov  6 08:49:37 1994
            return parse([parts[0], parts[1], "0" + parts[3], parts[4], parts[5]])
        case 5: return parse(parts)
        default: return nil
        }
    }

    /// The form of C's `asctime`.
    private static func parse(_ parts: [String]) -> Int64? {
        guard weekdays.contains(parts[0]), let year = number(parts[4], digits: 4) else { return nil }
        return seconds(year, parts[1], parts[2], parts[3])
    }

    /// The last year with these two digits that is no more than 50 years ahead.
    private static func whole(_ year: Int, _ now: Int64) -> Int {
        let last = CivilDate.date(ofDay: Int(floorDivide(now, 86_400))).year + 50
        return last - (((last - year) % 100) + 100) % 100
    }

    private static func seconds(_ year: Int, _ month: String, _ day: String, _ clock: String) -> Int64? {
        let clock = split(clock, UInt8(ascii: ":")).map { number($0, digits: 2) }
        guard year > 0, let month = months.firstIndex(of: month), let day = number(day, digits: 2),
            clock.count == 3, let hour = clock[0], let minute = clock[1], let second = clock[2], hour < 24, minute < 60,
            second < 60, day >= 1, day <= CivilDate.daysIn(month: month + 1, year: year)
        else { return nil }
        let days = CivilDate.day(year: year, month: month + 1, day: day)
        return Int64(days) * 86_400 + Int64(hour * 3600 + minute * 60 + second)
    }

    private static func split(_ text: String, _ separator: UInt8) -> [String] {
        text.utf8.split(separator: separator, omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func number(_ text: String, digits: Int) -> Int? {
        guard text.utf8.count == digits, let value = ByteClass.decimal(Array(text.utf8)[...]) else { return nil }
        return Int(value)
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let longWeekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
}

/// The proleptic Gregorian calendar, as days since 1 January 1970.
enum CivilDate {
    static func day(year: Int, month: Int, day: Int) -> Int {
        // Years begin in March here, so that the leap day is a year's last.
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return shifted * 365 + floor(shifted, 4) - floor(shifted, 100) + floor(shifted, 400) + dayOfYear - 719_468
    }

    static func date(ofDay day: Int) -> (year: Int, month: Int, day: Int) {
        // Never a later year than the true one.
        var year = 1970 + floor(day, day < 0 ? 365 : 366)
        while self.day(year: year + 1, month: 1, day: 1) <= day { year += 1 }
        var month = 1
        while month < 12, self.day(year: year, month: month + 1, day: 1) <= day { month += 1 }
        return (year, month, day - self.day(year: year, month: month, day: 1) + 1)
    }

    static func daysIn(month: Int, year: Int) -> Int {
        switch month {
        case 2: (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }

    private static func floor(_ value: Int, _ divisor: Int) -> Int {
        value / divisor - (value % divisor < 0 ? 1 : 0)
    }
}

/// The `Date` line, written anew once a second.
struct HTTPDateCache: Sendable {
    private var second: Int64 = .min
    private var line: [UInt8] = []

    mutating func append(_ now: Int64, to out: inout [UInt8]) {
        if now != second {
            second = now
            line = Array("Date: ".utf8)
            HTTPDate.append(now, to: &line)
            line.append(contentsOf: [ByteClass.cr, ByteClass.lf])
        }
        out.append(contentsOf: line)
    }
}
