/// A time as people write it: `2026-12-24`, `2026-12-24T18:00`, `2026-12-24 18:00:30`, and with `Z` or `+01:00` behind.
struct WrittenTime: Sendable, Hashable {
    /// Seconds of a clock without a time zone, since 1970-01-01 00:00.
    let wall: Int
    /// Seconds east of UTC, where it was written.
    let offset: Int?

    init?(_ text: String) {
        var rest = text[...]
        guard let year = Self.number(&rest, 4), Self.take("-", &rest), let month = Self.number(&rest, 2), Self.take("-", &rest),
            let day = Self.number(&rest, 2), (1970...9998).contains(year), (1...12).contains(month),
            (1...CivilDate.days(inMonth: month, of: year)).contains(day)
        else { return nil }
        var seconds = 0
        if Self.take("T", &rest) || Self.take(" ", &rest) {
            guard let hour = Self.number(&rest, 2), Self.take(":", &rest), let minute = Self.number(&rest, 2), hour < 24, minute < 60
            else { return nil }
            seconds = hour * 3600 + minute * 60
            if Self.take(":", &rest) {
                guard let second = Self.number(&rest, 2), second < 60 else { return nil }
                seconds += second
            }
        }
        wall = CivilDate.daysSince1970(year, month, day) * WallWindows.dayLength + seconds
        if rest.isEmpty {
            offset = nil
        } else {
            guard let offset = Self.offset(rest), text.utf8.count > 10 else { return nil }
            self.offset = offset
        }
    }

    private static func offset(_ text: Substring) -> Int? {
        var rest = text
        if take("Z", &rest) { return rest.isEmpty ? 0 : nil }
        let isWest = rest.first == "-"
        guard take(isWest ? "-" : "+", &rest), let hours = number(&rest, 2), take(":", &rest), let minutes = number(&rest, 2),
            rest.isEmpty, hours < 24, minutes < 60
        else { return nil }
        return (isWest ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    private static func take(_ character: Character, _ rest: inout Substring) -> Bool {
        guard rest.first == character else { return false }
        rest = rest.dropFirst()
        return true
    }

    private static func number(_ rest: inout Substring, _ count: Int) -> Int? {
        let digits = rest.prefix(count)
        guard digits.utf8.count == count, digits.utf8.allSatisfy({ ByteSet.digits.contains($0) }) else { return nil }
        rest = rest.dropFirst(count)
        return Int(digits)
    }
}
