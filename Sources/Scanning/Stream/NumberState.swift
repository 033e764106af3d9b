/// How far a number has been read (RFC 8259, section 6).
enum NumberState: Sendable {
    case start, minus, zero, whole, point, fraction, exponent, sign, power

    /// Whether it may end here.
    var isComplete: Bool {
        switch self {
        case .zero, .whole, .fraction, .power: true
        case .start, .minus, .point, .exponent, .sign: false
        }
    }

    /// False where the byte does not belong to the number any more.
    mutating func take(_ byte: UInt8) -> Bool {
        let next: NumberState? =
            switch (self, byte) {
            case (.start, UInt8(ascii: "-")): .minus
            case (.start, UInt8(ascii: "0")), (.minus, UInt8(ascii: "0")): .zero
            case (.start, UInt8(ascii: "1")...UInt8(ascii: "9")), (.minus, UInt8(ascii: "1")...UInt8(ascii: "9")): .whole
            case (.whole, UInt8(ascii: "0")...UInt8(ascii: "9")): .whole
            case (.zero, UInt8(ascii: ".")), (.whole, UInt8(ascii: ".")): .point
            case (.point, UInt8(ascii: "0")...UInt8(ascii: "9")), (.fraction, UInt8(ascii: "0")...UInt8(ascii: "9")): .fraction
            case (.zero, UInt8(ascii: "e")), (.whole, UInt8(ascii: "e")), (.fraction, UInt8(ascii: "e")): .exponent
            case (.zero, UInt8(ascii: "E")), (.whole, UInt8(ascii: "E")), (.fraction, UInt8(ascii: "E")): .exponent
            case (.exponent, UInt8(ascii: "+")), (.exponent, UInt8(ascii: "-")): .sign
            case (.exponent, UInt8(ascii: "0")...UInt8(ascii: "9")), (.sign, UInt8(ascii: "0")...UInt8(ascii: "9")): .power
            case (.power, UInt8(ascii: "0")...UInt8(ascii: "9")): .power
            default: nil
            }
        guard let next else { return false }
        self = next
        return true
    }
}
