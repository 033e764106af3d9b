extension ImagePolicy {
    enum Comparison {
        case older, same, newer
    }

    /// A text as the policy's order sees it.
    enum Version {
        case semantic(SemanticVersion)
        case calendar(CalendarVersion)
        case number(DecimalNumber)
        case text(String)
    }

    /// Nil where the text has no version in this order.
    func version(_ value: String) -> Version? {
        switch order {
        case .semantic: SemanticVersion(value).map { .semantic($0) }
        case .calendar(let format): format.version(value).map { .calendar($0) }
        case .numerical: DecimalNumber(value).map { .number($0) }
        case .alphabetical: value.isEmpty ? nil : .text(value)
        case .newest, .digest, .glob, .expression: .text(value)
        }
    }

    /// Nil where one of them has no version.
    func compare(_ value: String, _ other: String) -> Comparison? {
        guard let value = version(value), let other = version(other) else { return nil }
        if precedes(value, other) { return .older }
        return precedes(other, value) ? .newer : .same
    }

    private func precedes(_ left: Version, _ right: Version) -> Bool {
        switch (order, left, right) {
        case (_, .semantic(let left), .semantic(let right)): left.precedes(right)
        case (.calendar(let format), .calendar(let left), .calendar(let right)): format.precedes(left, right)
        case (.numerical(let isDescending), .number(let left), .number(let right)): isDescending ? right < left : left < right
        case (.alphabetical(let isDescending), .text(let left), .text(let right)):
            isDescending ? right.utf8.lexicographicallyPrecedes(left.utf8) : left.utf8.lexicographicallyPrecedes(right.utf8)
        default: false
        }
    }
}

/// Digits, and perhaps a point and more digits, compared by value.
struct DecimalNumber: Sendable, Hashable, Comparable {
    private let whole: NaturalNumber
    /// Without zeros at the end.
    private let fraction: String

    init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, let whole = parts.first.flatMap({ NaturalNumber($0) }) else { return nil }
        self.whole = whole
        guard parts.count == 2 else {
            fraction = ""
            return
        }
        guard NaturalNumber(parts[1]) != nil else { return nil }
        let digits = parts[1].utf8.reversed().drop { $0 == UInt8(ascii: "0") }.reversed()
        fraction = String(decoding: Array(digits), as: UTF8.self)
    }

    static func < (left: DecimalNumber, right: DecimalNumber) -> Bool {
        left.whole == right.whole ? left.fraction.utf8.lexicographicallyPrecedes(right.fraction.utf8) : left.whole < right.whole
    }
}
