/// A JSON number as bytes whose order is the numbers' order, exact to the last digit: 1, 1.0 and 10e-1 are one key, and
/// 27.807807921694092 is not 27.80780792169409. The first byte is the sign, then the exponent of the first digit,
/// then the digits; a negative number has all of that inverted.
struct DecimalKey: Hashable, Sendable, Comparable {
    let bytes: [UInt8]

    /// `text` must follow JSON's grammar for numbers.
    init(_ text: [UInt8]) {
        var bytes: [UInt8] = []
        Self.append(text.span, to: &bytes)
        self.bytes = bytes
    }

    static func < (a: Self, b: Self) -> Bool {
        a.bytes.lexicographicallyPrecedes(b.bytes)
    }

    /// Exponents are clamped to this; nobody can tell 1e1000000000 from something larger still.
    private static let exponentBound = 1_000_000_000

    static func append(_ text: Span<UInt8>, to key: inout [UInt8]) {
        let start = key.count
        var index = 0
        let negative = text.count > 0 && text[0] == UInt8(ascii: "-")
        if negative { index = 1 }
        key.append(2)
        for _ in 0..<4 { key.append(0) }
        // The exponent of the first digit that is not zero: digits before the point count up, zeros after it count down.
        var exponent = -1
        var significant = false
        var afterPoint = false
        digits: while index < text.count {
            let byte = text[index]
            switch byte {
            case UInt8(ascii: "."): afterPoint = true
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                if byte != UInt8(ascii: "0") { significant = true }
                if significant {
                    key.append(byte - UInt8(ascii: "0") + 1)
                    if !afterPoint { exponent += 1 }
                } else if afterPoint {
                    exponent -= 1
                }
            default: break digits
            }
            index += 1
        }
        guard significant else {
            key.removeSubrange(start...)
            key.append(1)
            return
        }
        while key[key.count - 1] == 1 { key.removeLast() }
        key.append(0)
        exponent = min(max(exponent + writtenExponent(text, from: index), -exponentBound), exponentBound)
        let biased = UInt32(truncatingIfNeeded: exponent + 2 * exponentBound)
        for place in 0..<4 { key[start + 1 + place] = UInt8(truncatingIfNeeded: biased >> (24 - 8 * UInt32(place))) }
        if negative {
            for place in start..<key.count { key[place] = ~key[place] }
            key[start] = 0
        }
    }

    private static func writtenExponent(_ text: Span<UInt8>, from start: Int) -> Int {
        var index = start + 1
        guard index < text.count else { return 0 }
        let negative = text[index] == UInt8(ascii: "-")
        if negative || text[index] == UInt8(ascii: "+") { index += 1 }
        var value = 0
        while index < text.count, value < exponentBound {
            value = value * 10 + Int(text[index] & 0x0F)
            index += 1
        }
        return negative ? -value : value
    }

    /// Whether a double could hold the size of this number; what it could not is taken for a mistake in a pattern.
    var isWithinDoubleRange: Bool {
        guard bytes.count > 5 else { return true }
        let flip: UInt8 = bytes[0] == 0 ? 0xFF : 0
        let biased = bytes[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1 ^ flip) }
        return (-324...308).contains(Int(biased) - 2 * Self.exponentBound)
    }
}

/// A range with at least one end.
struct NumericRange: Hashable, Sendable {
    struct End: Hashable, Sendable {
        let key: DecimalKey
        let included: Bool
    }

    var low: End?
    var high: End?
}
