/// What a `CalendarFormat` has read in a tag.
struct CalendarVersion: Sendable, Hashable {
    var numbers: [CalendarFormat.Field: NaturalNumber] = [:]
    var modifier: String?

    /// Whether there is such a week, and such a day, where year, month and day are known.
    var isDate: Bool {
        let year = numbers[.fullYear]?.small ?? 2000 + ((numbers[.shortYear] ?? numbers[.paddedYear])?.small ?? 0)
        if let week = (numbers[.week] ?? numbers[.paddedWeek])?.small, week > CivilDate.weeks(in: year) { return false }
        guard let day = (numbers[.day] ?? numbers[.paddedDay])?.small,
            let month = (numbers[.month] ?? numbers[.paddedMonth])?.small
        else { return true }
        return day <= CivilDate.days(inMonth: month, of: year)
    }
}

/// The order of texts in which numbers inside count by their value: `rc2` before `rc10`.
enum NaturalOrder {
    static func precedes(_ left: String, _ right: String) -> Bool {
        var (left, right) = (left[...], right[...])
        while let mine = left.first, let theirs = right.first {
            if let number = number(&left), let other = self.number(&right) {
                if number != other { return number < other }
            } else if isDigit(mine) != isDigit(theirs) || mine != theirs {
                return mine < theirs
            } else {
                left = left.dropFirst()
                right = right.dropFirst()
            }
        }
        return left.isEmpty && !right.isEmpty
    }

    private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }

    private static func number(_ text: inout Substring) -> NaturalNumber? {
        let digits = text.prefix(while: isDigit)
        guard let number = NaturalNumber(digits) else { return nil }
        text = text[digits.endIndex...]
        return number
    }
}
