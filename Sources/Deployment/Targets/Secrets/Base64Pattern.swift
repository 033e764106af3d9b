/// A secret in Base64, of either alphabet, somewhere within what was encoded. How its bytes are spread over the digits depends on
/// how many bytes stand before it, so that there are three patterns of each secret.
struct Base64Pattern: Sendable, Hashable {
    /// Of each digit the bits that the secret says; the others, of the first and the last, come from its neighbours.
    private let digits: [Digit]

    private struct Digit: Sendable, Hashable {
        var value: UInt8 = 0
        var mask: UInt8 = 0
    }

    /// - Parameter offset: 0, 1 or 2: how many bytes stand before it since the last whole group of three.
    init(_ bytes: [UInt8], offset: Int) {
        var digits = [Digit](repeating: Digit(), count: ((offset + bytes.count) * 8 + 5) / 6)
        for (index, byte) in bytes.enumerated() {
            for bit in 0..<8 {
                let place = (offset + index) * 8 + bit
                let mask = UInt8(32) >> UInt8(place % 6)
                digits[place / 6].mask |= mask
                if byte & (0x80 >> UInt8(bit)) != 0 { digits[place / 6].value |= mask }
            }
        }
        self.digits = Array(digits.drop { $0.mask == 0 })
    }

    func mayBegin(with byte: UInt8) -> Bool {
        guard let first = digits.first else { return false }
        // An escape of "+" or "/".
        if byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%") { return [62, 63].contains { $0 & first.mask == first.value } }
        return Self.value(byte).map { $0 & first.mask == first.value } ?? false
    }

    func match(_ walk: inout Walk, at start: Int) -> SecretPattern.Match {
        var place = start
        for (index, digit) in digits.enumerated() {
            if index > 0 { place = Self.pastBreak(walk.bytes, place) }
            guard let (value, end) = Self.next(&walk, place), value & digit.mask == digit.value else {
                return walk.reachedEnd ? .partial : .none
            }
            place = end
        }
        return .full(end: place)
    }

    /// Long texts are broken into lines.
    private static func pastBreak(_ bytes: [UInt8], _ place: Int) -> Int {
        var place = place
        if place < bytes.count, bytes[place] == 0x0D { place += 1 }
        if place < bytes.count, bytes[place] == 0x0A { place += 1 }
        return place
    }

    /// The digit at a place: as it is, as JSON may escape a slash, or percent-encoded.
    private static func next(_ walk: inout Walk, _ place: Int) -> (value: UInt8, end: Int)? {
        guard place < walk.bytes.count else {
            walk.reachedEnd = true
            return nil
        }
        switch walk.bytes[place] {
        case UInt8(ascii: "\\"): return walk.byte(UInt8(ascii: "/"), at: place + 1).map { (63, $0) }
        case UInt8(ascii: "%"):
            for (byte, value) in [(UInt8(ascii: "+"), UInt8(62)), (UInt8(ascii: "/"), 63)] {
                if let end = walk.hex(UInt32(byte), digits: 2, at: place + 1) { return (value, end) }
            }
            return nil
        case let byte: return value(byte).map { ($0, place + 1) }
        }
    }

    private static func value(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
        case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
        case UInt8(ascii: "+"), UInt8(ascii: "-"): 62
        case UInt8(ascii: "/"), UInt8(ascii: "_"): 63
        default: nil
        }
    }
}
