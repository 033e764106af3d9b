import HTTP

/// A secret as it may be echoed, to be looked for at a place of a text: each of its characters as it is, escaped as in JSON
/// (`\u0026`, `\/`), or percent-encoded, in any mixture and with digits of either case; or all of it in Base64.
///
/// Spellings are made while they are compared: a pattern takes no more memory than its secret.
enum SecretPattern: Sendable, Hashable {
    case text([Unicode.Scalar])
    case base64(Base64Pattern)

    enum Match: Sendable, Hashable {
        case none
        /// The text ends too early to tell.
        case partial
        case full(end: Int)
    }

    static func all(of secret: String) -> [SecretPattern] {
        let bytes = Array(secret.utf8)
        return [.text(Array(secret.unicodeScalars))] + (0..<3).map { .base64(Base64Pattern(bytes, offset: $0)) }
    }

    /// Whether a text of it may begin with a byte.
    func mayBegin(with byte: UInt8) -> Bool {
        switch self {
        case .base64(let pattern): return pattern.mayBegin(with: byte)
        case .text(let scalars):
            guard let first = scalars.first else { return false }
            return byte == UTF8.encode(first)?.first || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%")
                || (first == " " && byte == UInt8(ascii: "+"))
        }
    }

    func match(_ bytes: [UInt8], at place: Int) -> Match {
        var walk = Walk(bytes: bytes)
        switch self {
        case .base64(let pattern): return pattern.match(&walk, at: place)
        case .text(let scalars):
            // More than one where a character of the secret is itself what an escape begins with.
            var places = [place]
            for scalar in scalars {
                walk.ends.removeAll(keepingCapacity: true)
                for place in places { walk.pass(scalar, at: place) }
                guard !walk.ends.isEmpty else { return walk.reachedEnd ? .partial : .none }
                swap(&places, &walk.ends)
            }
            return .full(end: places.max() ?? place)
        }
    }
}

/// Compares spellings with a text. Steps can be chained: nil stays nil.
struct Walk {
    let bytes: [UInt8]
    /// Where the spellings of one character end that are there.
    var ends: [Int] = []
    /// A spelling was right up to the end of the text.
    var reachedEnd = false

    /// A secret of backslashes alone could be read in very many ways: so many are followed.
    private static let limit = 16

    init(bytes: [UInt8]) { self.bytes = bytes }

    mutating func pass(_ scalar: Unicode.Scalar, at place: Int) {
        guard place < bytes.count else { return reachedEnd = true }
        guard let raw = UTF8.encode(scalar) else { return }
        add(raw.reduce(place as Int?) { byte($1, at: $0) })
        switch bytes[place] {
        case UInt8(ascii: "\\"):
            if let letter = Self.letter(scalar) { add(byte(letter, at: place + 1)) }
            guard let units = UTF16.encode(scalar) else { return }
            add(units.reduce(place as Int?) { hex(UInt32($1), digits: 4, at: byte(UInt8(ascii: "u"), at: byte(UInt8(ascii: "\\"), at: $0))) })
        case UInt8(ascii: "%"):
            add(raw.reduce(place as Int?) { hex(UInt32($1), digits: 2, at: byte(UInt8(ascii: "%"), at: $0)) })
        // As forms encode a space.
        case UInt8(ascii: "+") where scalar == " ": add(place + 1)
        default: break
        }
    }

    private mutating func add(_ end: Int?) {
        guard let end, ends.count < Self.limit, !ends.contains(end) else { return }
        ends.append(end)
    }

    mutating func byte(_ byte: UInt8, at place: Int?) -> Int? {
        guard let place else { return nil }
        guard place < bytes.count else {
            reachedEnd = true
            return nil
        }
        return bytes[place] == byte ? place + 1 : nil
    }

    mutating func hex(_ value: UInt32, digits: Int, at place: Int?) -> Int? {
        var place = place
        for shift in stride(from: 4 * (digits - 1), through: 0, by: -4) {
            guard let at = place else { return nil }
            guard at < bytes.count else {
                reachedEnd = true
                return nil
            }
            place = PercentEncoding.digit(bytes[at]) == UInt8(truncatingIfNeeded: value >> UInt32(shift)) & 15 ? at + 1 : nil
        }
        return place
    }

    /// What stands behind the backslash in JSON's short escapes.
    private static func letter(_ scalar: Unicode.Scalar) -> UInt8? {
        switch scalar {
        case "\"", "\\", "/": UInt8(ascii: scalar)
        case "\u{8}": UInt8(ascii: "b")
        case "\u{C}": UInt8(ascii: "f")
        case "\n": UInt8(ascii: "n")
        case "\r": UInt8(ascii: "r")
        case "\t": UInt8(ascii: "t")
        default: nil
        }
    }
}
