/// When a zone's clock is put forward and back for good, as `TZ` says it (POSIX, with the hours of RFC 9636):
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
struct ZoneRule: Sendable {
    private let standard: Int
    private let saving: Saving?

    private struct Saving: Sendable {
        let offset: Int
        let start: Day
        let end: Day
    }

    private struct Day: Sendable {
        enum Place: Sendable {
            /// From 1 on, without a 29th of February.
            case ordinal(Int)
            /// From 0 on.
            case index(Int)
            /// The fifth week stands for the last.
            case weekday(Int, week: Int, month: Int)
        }

        let place: Place
        /// Seconds of the clock as it is before.
        let time: Int

        /// On the clock, in a year.
        func wall(_ year: Int) -> Int {
            let first = CivilDate.daysSince1970(year, 1, 1)
            let day: Int
            switch place {
            case .ordinal(let number): day = first + number - 1 + (number >= 60 && CivilDate.days(inMonth: 2, of: year) == 29 ? 1 : 0)
            case .index(let number): day = first + number
            case .weekday(let weekday, let week, let month):
                let begin = CivilDate.daysSince1970(year, month, 1)
                let next = begin + (weekday - CivilDate.weekday(daysSince1970: begin) + 7) % 7 + (week - 1) * 7
                day = next < begin + CivilDate.days(inMonth: month, of: year) ? next : next - 7
            }
            return day * WallWindows.dayLength + time
        }
    }

    /// Nil for what is no such rule.
    init?(_ text: some Collection<UInt8>) {
        var reader = Reader(rest: Array(text)[...])
        guard reader.skipName(), let west = reader.time(hours: 24) else { return nil }
        standard = -west
        guard !reader.rest.isEmpty else {
            saving = nil
            return
        }
        guard reader.skipName() else { return nil }
        let offset = reader.rest.first == UInt8(ascii: ",") ? standard + 3600 : reader.time(hours: 24).map { -$0 }
        guard let offset, reader.take(","), let start = Self.day(&reader), reader.take(","), let end = Self.day(&reader), reader.rest.isEmpty else { return nil }
        saving = Saving(offset: offset, start: start, end: end)
    }

    private static func day(_ reader: inout Reader) -> Day? {
        let place: Day.Place
        if reader.take("M") {
            guard let month = reader.number(1...12), reader.take("."), let week = reader.number(1...5), reader.take("."), let weekday = reader.number(0...6)
            else { return nil }
            place = .weekday(weekday, week: week, month: month)
        } else if reader.take("J") {
            guard let number = reader.number(1...365) else { return nil }
            place = .ordinal(number)
        } else {
            guard let number = reader.number(0...365) else { return nil }
            place = .index(number)
        }
        guard reader.take("/") else { return Day(place: place, time: 7200) }
        return reader.time(hours: 167).map { Day(place: place, time: $0) }
    }

    /// Seconds east of UTC.
    func offset(at instant: Int) -> Int { changes(around: instant).last { $0.at <= instant }?.offset ?? standard }

    func nextChange(after instant: Int) -> Int? { changes(around: instant).first { $0.at > instant }?.at }

    /// From a year before to a year after, each with another offset than the one before.
    private func changes(around instant: Int) -> [(at: Int, offset: Int)] {
        guard let saving, saving.offset != standard else { return [] }
        let day = WallWindows.dayLength
        let year = CivilDate(daysSince1970: (instant >= 0 ? instant : instant - day + 1) / day).year
        let changes = (year - 1...year + 2).flatMap { year in
            [(at: saving.end.wall(year) - saving.offset, offset: standard), (at: saving.start.wall(year) - standard, offset: saving.offset)]
        }
        var kept: [(at: Int, offset: Int)] = []
        for change in changes.sorted(by: { $0.at < $1.at }) where change.at < CivilDate.daysSince1970(year + 2, 1, 1) * day {
            // A zone that is on summer time for good ends it and begins it at once.
            if kept.last?.at == change.at { kept.removeLast() }
            if kept.last?.offset != change.offset { kept.append(change) }
        }
        return kept
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func take(_ byte: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: byte) else { return false }
            rest = rest.dropFirst()
            return true
        }

        /// `CET` or `<+03>`.
        mutating func skipName() -> Bool {
            if take("<") {
                guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
                rest = rest[(end + 1)...]
                return true
            }
            let name = rest.prefix { (0x61...0x7A).contains($0 | 0x20) }
            rest = rest[name.endIndex...]
            return name.count >= 3
        }

        mutating func number(_ range: ClosedRange<Int>) -> Int? {
            let digits = rest.prefix { ByteSet.digits.contains($0) }
            guard (1...3).contains(digits.count) else { return nil }
            rest = rest[digits.endIndex...]
            let number = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
            return range.contains(number) ? number : nil
        }

        /// `-1:30` in seconds.
        mutating func time(hours most: Int) -> Int? {
            let sign = take("-") ? -1 : 1
            if sign == 1 { _ = take("+") }
            guard let hours = number(0...most) else { return nil }
            var seconds = hours * 3600
            for unit in [60, 1] where take(":") {
                guard let part = number(0...59) else { return nil }
                seconds += part * unit
            }
            return sign * seconds
        }
    }
}
