/// A scheme of Calendar Versioning (calver.org), such as `YYYY.0M.MICRO`, with which tags are read and put in order.
///
/// Words in capitals stand for numbers, other characters for themselves, and what is in brackets may be missing:
/// `YY.0M[.MICRO]`. A `MODIFIER` may always be missing, together with the character before it; a version without one comes
/// after those with one.
struct CalendarFormat: Sendable, Hashable {
    let text: String
    /// In order.
    let fields: [Field]
    private let pieces: [Piece]

    static let maximumLength = 100

    enum Field: String, Sendable, CaseIterable {
        // Longer ones first where one begins like another.
        case fullYear = "YYYY", paddedYear = "0Y", shortYear = "YY"
        case month = "MM", paddedMonth = "0M", week = "WW", paddedWeek = "0W", day = "DD", paddedDay = "0D"
        case major = "MAJOR", minor = "MINOR", micro = "MICRO", modifier = "MODIFIER"
    }

    private enum Piece: Sendable, Hashable {
        case literal(UInt8)
        case field(Field)
        case optional([Piece])
    }

    /// Why it is no format, as a clause about it.
    struct Invalid: Error {
        let reason: String
    }

    init(_ text: String) throws(Invalid) {
        guard text.utf8.count <= Self.maximumLength else { throw Invalid(reason: "it is longer than \(Self.maximumLength) bytes") }
        self.text = text
        var rest = text[...]
        var fields: [Field] = []
        pieces = try Self.pieces(&rest, &fields, isOptional: false)
        guard let first = fields.first(where: { [.fullYear, .shortYear, .paddedYear].contains($0) }) else {
            throw Invalid(reason: "it has no year: YYYY, YY or 0Y")
        }
        guard fields.first == first else { throw Invalid(reason: "it must begin with the year, or later versions would not be newer") }
        self.fields = fields
    }

    private static func pieces(_ rest: inout Substring, _ fields: inout [Field], isOptional: Bool) throws(Invalid) -> [Piece] {
        var pieces: [Piece] = []
        while let character = rest.first {
            if let field = Field.allCases.first(where: { rest.hasPrefix($0.rawValue) }) {
                guard !fields.contains(field) else { throw Invalid(reason: "\(field.rawValue) stands in it twice") }
                if case .field(let before)? = pieces.last, before.width == nil {
                    throw Invalid(reason: "a character must stand between \(before.rawValue) and \(field.rawValue), or nobody can tell them apart")
                }
                fields.append(field)
                rest = rest.dropFirst(field.rawValue.count)
                add(field, to: &pieces)
            } else if character == "[" || character == "]" {
                rest = rest.dropFirst()
                if character == "]", isOptional { return pieces }
                guard character == "[", !isOptional else { throw Invalid(reason: "its brackets do not fit together") }
                pieces.append(.optional(try self.pieces(&rest, &fields, isOptional: true)))
            } else {
                guard let byte = character.asciiValue, ".-_v".utf8.contains(byte) else {
                    throw Invalid(reason: "\"\(character)\" cannot stand in it; there are \(Field.allCases.map(\.rawValue).joined(separator: ", ")), \".\", \"-\" and \"_\"")
                }
                pieces.append(.literal(byte))
                rest = rest.dropFirst()
            }
        }
        guard !isOptional else { throw Invalid(reason: "its brackets do not fit together") }
        return pieces
    }

    /// A modifier takes the character before it along into brackets.
    private static func add(_ field: Field, to pieces: inout [Piece]) {
        guard field == .modifier else { return pieces.append(.field(field)) }
        if case .literal(let byte)? = pieces.last {
            pieces[pieces.count - 1] = .optional([.literal(byte), .field(field)])
        } else {
            pieces.append(.optional([.field(field)]))
        }
    }

    // MARK: Reading versions

    /// The version in a tag; nil where the tag does not follow the format. A `v` in front is passed over.
    func version(_ tag: some StringProtocol) -> CalendarVersion? {
        let bytes = Array((tag.hasPrefix("v") && !text.hasPrefix("v") ? tag.dropFirst()[...] : tag[...]).utf8)
        var version = CalendarVersion()
        guard Self.read(pieces[...], bytes[...], &version), version.isDate else { return nil }
        return version
    }

    /// Tries with the optional pieces first and then without. Each holds a field of its own, so there are few of them.
    private static func read(_ pieces: ArraySlice<Piece>, _ bytes: ArraySlice<UInt8>, _ version: inout CalendarVersion) -> Bool {
        guard let piece = pieces.first else { return bytes.isEmpty }
        let rest = pieces.dropFirst()
        switch piece {
        case .literal(let byte): return bytes.first == byte && read(rest, bytes.dropFirst(), &version)
        case .field(.modifier):
            let word = bytes.prefix { ByteSet.word.contains($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-") }
            guard !word.isEmpty else { return false }
            version.modifier = String(decoding: word, as: UTF8.self)
            return read(rest, bytes.dropFirst(word.count), &version)
        case .field(let field):
            let digits = bytes.prefix(field.width ?? .max).prefix { ByteSet.digits.contains($0) }
            guard let number = field.number(String(decoding: digits, as: UTF8.self)) else { return false }
            version.numbers[field] = number
            return read(rest, bytes.dropFirst(digits.count), &version)
        case .optional(let inner):
            let before = version
            if read(inner + rest, bytes, &version) { return true }
            version = before
            return read(rest, bytes, &version)
        }
    }

    /// True where `other` comes after `version`. A number that is missing comes before any that is there.
    func precedes(_ version: CalendarVersion, _ other: CalendarVersion) -> Bool {
        for field in fields where version.numbers[field] != other.numbers[field] {
            guard let mine = version.numbers[field] else { return true }
            guard let theirs = other.numbers[field] else { return false }
            return mine < theirs
        }
        switch (version.modifier, other.modifier) {
        case (let mine?, let theirs?): return NaturalOrder.precedes(mine, theirs)
        case (_?, nil): return true
        case (nil, _): return false
        }
    }
}

extension CalendarFormat.Field {
    /// How many digits it has; nil where that depends.
    fileprivate var width: Int? {
        switch self {
        case .fullYear: 4
        case .paddedYear, .paddedMonth, .paddedWeek, .paddedDay: 2
        case .shortYear, .month, .week, .day, .major, .minor, .micro, .modifier: nil
        }
    }

    /// The number, where it is one that the field can have.
    fileprivate func number(_ text: String) -> NaturalNumber? {
        guard let number = NaturalNumber(text), width == nil || text.utf8.count == width else { return nil }
        let isPadded = text.utf8.count > 1 && text.first == "0"
        guard !isPadded || width != nil || self == .micro else { return nil }
        guard let greatest else { return number }
        guard let small = number.small, small <= greatest else { return nil }
        return small >= 1 || self == .shortYear || self == .paddedYear ? number : nil
    }

    private var greatest: Int? {
        switch self {
        case .month, .paddedMonth: 12
        case .week, .paddedWeek: 53
        case .day, .paddedDay: 31
        case .fullYear: 9_999
        case .shortYear, .paddedYear: 999
        case .major, .minor, .micro, .modifier: nil
        }
    }
}
