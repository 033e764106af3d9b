/// A day of the Gregorian calendar, and the calendar's rules.
struct CivilDate: Sendable, Hashable {
    let year: Int
    /// 1 to 12.
    let month: Int
    /// From 1 on.
    let day: Int

    /// - Parameter days: since 1970-01-01, in the years 0 to 9999 or so.
    init(daysSince1970 days: Int) {
        // Years are counted from March, so that the day which comes and goes is a year's last; 400 years have 146,097 days.
        let shifted = days + 719_468
        let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        day = dayOfYear - (153 * marchMonth + 2) / 5 + 1
        month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
        year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    }

    /// Of a day that there is, in the years from 1 on.
    static func daysSince1970(_ year: Int, _ month: Int, _ day: Int) -> Int {
        let before = year - 1
        let years = before * 365 + before / 4 - before / 100 + before / 400 - 719_162
        return years + (1..<month).reduce(0) { $0 + days(inMonth: $1, of: year) } + day - 1
    }

    /// 0 is Sunday.
    static func weekday(daysSince1970 days: Int) -> Int {
        let weekday = (days + 4) % 7
        return weekday < 0 ? weekday + 7 : weekday
    }

    /// How many weeks a year has by ISO 8601: 53 where it begins or ends on a Thursday.
    static func weeks(in year: Int) -> Int {
        func lastWeekday(_ year: Int) -> Int { (year + year / 4 - year / 100 + year / 400) % 7 }
        return lastWeekday(year) == 4 || lastWeekday(year - 1) == 3 ? 53 : 52
    }

    static func days(inMonth month: Int, of year: Int) -> Int {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
