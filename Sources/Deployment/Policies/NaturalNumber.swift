/// A whole number from 0 on with as many digits as it may have: nothing overflows, however long a tag makes it.
struct NaturalNumber: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// Without zeros at the front.
    private let digits: String

    static let zero = NaturalNumber(digits: "0")

    /// Nil for anything but digits. Zeros at the front are dropped.
    init?(_ text: some StringProtocol) {
        guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }) else { return nil }
        let digits = text.drop { $0 == "0" }
        self.digits = digits.isEmpty ? "0" : String(digits)
    }

    private init(digits: String) {
        self.digits = digits
    }

    var description: String { digits }

    /// The number, where it fits.
    var small: Int? { digits.utf8.count <= 9 ? Int(digits) : nil }

    var successor: NaturalNumber {
        var bytes = Array(digits.utf8)
        for index in bytes.indices.reversed() {
            if bytes[index] < UInt8(ascii: "9") {
                bytes[index] += 1
                return NaturalNumber(digits: String(decoding: bytes, as: UTF8.self))
            }
            bytes[index] = UInt8(ascii: "0")
        }
        return NaturalNumber(digits: "1" + String(decoding: bytes, as: UTF8.self))
    }

    static func < (left: NaturalNumber, right: NaturalNumber) -> Bool {
        let (count, other) = (left.digits.utf8.count, right.digits.utf8.count)
        return count == other ? left.digits.utf8.lexicographicallyPrecedes(right.digits.utf8) : count < other
    }
}
