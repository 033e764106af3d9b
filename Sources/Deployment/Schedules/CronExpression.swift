/// Minutes by the clock on the wall, as cron has them: five fields for minute, hour, day of the month, month and day of the week.
/// Numbers, names (`jan`, `mon`), ranges, steps and lists. As in cron, a day must fit both day fields where one of them begins with
/// `*`, and else either of them.
struct CronExpression: Sendable, Hashable {
    let text: String
    /// One bit for each minute, hour and so on.
    let minutes: UInt64
    let hours: UInt64
    private let daysOfMonth: UInt64
    private let months: UInt64
    private let daysOfWeek: UInt64
    private let needsBothDays: Bool

    static let maximumLength = 300

    /// Why it is no cron expression, as a clause.
    struct Invalid: Error {
        let reason: String
    }

    init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= Self.maximumLength else { throw Invalid(reason: "it is longer than \(Self.maximumLength) bytes") }
        let words = text.split { $0 == " " || $0 == "\t" }
        guard words.count == 5 else {
            throw Invalid(reason: "it must have five fields: minute, hour, day of the month, month, day of the week")
        }
        self.text = text
        minutes = try CronField.minute.set(words[0])
        hours = try CronField.hour.set(words[1])
        daysOfMonth = try CronField.dayOfMonth.set(words[2])
        months = try CronField.month.set(words[3])
        let week = try CronField.dayOfWeek.set(words[4])
        // 7 is Sunday too.
        daysOfWeek = (week | week >> 7) & 0x7F
        needsBothDays = words[2].hasPrefix("*") || words[4].hasPrefix("*")
        guard hasDay else { throw Invalid(reason: "no year has such a day") }
    }

    /// - Parameter days: since 1970-01-01.
    func matches(daysSince1970 days: Int) -> Bool {
        let date = CivilDate(daysSince1970: days)
        guard months >> UInt64(date.month) & 1 == 1 else { return false }
        let fitsMonth = daysOfMonth >> UInt64(date.day) & 1 == 1
        let fitsWeek = daysOfWeek >> UInt64(CivilDate.weekday(daysSince1970: days)) & 1 == 1
        return needsBothDays ? fitsMonth && fitsWeek : fitsMonth || fitsWeek
    }

    var matchesEveryDay: Bool {
        let (days, week) = (daysOfMonth >> 1 == 0x7FFF_FFFF, daysOfWeek == 0x7F)
        return months >> 1 == 0xFFF && (needsBothDays ? days && week : days || week)
    }

    /// Whether there is a month that has a day of the days of the month, which is needed where both day fields must fit.
    private var hasDay: Bool {
        guard needsBothDays else { return true }
        return (1...12).contains { month in
            guard months >> UInt64(month) & 1 == 1 else { return false }
            return (1...CivilDate.days(inMonth: month, of: 2000)).contains { daysOfMonth >> UInt64($0) & 1 == 1 }
        }
    }
}

/// One field: what its numbers may be and are called.
private struct CronField {
    let name: String
    let range: ClosedRange<Int>
    var names: [String] = []

    static let minute = CronField(name: "minute", range: 0...59)
    static let hour = CronField(name: "hour", range: 0...23)
    static let dayOfMonth = CronField(name: "day of the month", range: 1...31)
    static let month = CronField(
        name: "month", range: 1...12,
        names: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"])
    static let dayOfWeek = CronField(
        name: "day of the week", range: 0...7, names: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"])

    func set(_ text: Substring) throws(CronExpression.Invalid) -> UInt64 {
        var set: UInt64 = 0
        for item in text.split(separator: ",", omittingEmptySubsequences: false) {
            let parts = item.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count <= 2 else { throw invalid(item) }
            let span = try span(parts[0], hasStep: parts.count == 2)
            let step = parts.count == 2 ? number(parts[1]) ?? 0 : 1
            guard step > 0, step <= range.upperBound else { throw invalid(item) }
            for value in stride(from: span.lowerBound, through: span.upperBound, by: step) { set |= 1 << UInt64(value) }
        }
        return set
    }

    private func span(_ text: Substring, hasStep: Bool) throws(CronExpression.Invalid) -> ClosedRange<Int> {
        if text == "*" { return range.lowerBound...(range.upperBound == 7 ? 6 : range.upperBound) }
        let ends = text.split(separator: "-", omittingEmptySubsequences: false)
        guard ends.count <= 2, let first = value(ends[0]) else { throw invalid(text) }
        guard ends.count == 2 else {
            guard !hasStep else { throw CronExpression.Invalid(reason: "in \"\(text)\" for the \(name), a step needs a range or * before it") }
            return first...first
        }
        guard let last = value(ends[1]) else { throw invalid(text) }
        guard first <= last else {
            throw CronExpression.Invalid(reason: "\"\(text)\" for the \(name) goes backwards; write two ranges with a comma between")
        }
        return first...last
    }

    private func value(_ text: Substring) -> Int? {
        let value = names.firstIndex(of: text.lowercased()).map { $0 + range.lowerBound } ?? number(text)
        return value.flatMap { range.contains($0) ? $0 : nil }
    }

    private func number(_ text: Substring) -> Int? {
        guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ ByteSet.digits.contains($0) }) else { return nil }
        return Int(text)
    }

    private func invalid(_ text: Substring) -> CronExpression.Invalid {
        let words = names.isEmpty ? "" : " or \(names[0]) to \(names[names.count - 1])"
        return CronExpression.Invalid(
            reason: "\"\(text.prefix(40))\" is not a \(name): \(range.lowerBound) to \(range.upperBound)\(words), ranges a-b, steps */n, lists a,b")
    }
}
