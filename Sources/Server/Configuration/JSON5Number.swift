import HTTP
import JSON

/// Numbers of JSON5: hexadecimal ones, those with a plus or a point at either end, infinities.
enum JSON5Number {
    static func isOne(_ word: String) -> Bool {
        var rest = word[...]
        if let sign = rest.first, "+-".contains(sign) { rest = rest.dropFirst() }
        if ["Infinity", "NaN"].contains(rest) { return true }
        if rest.hasPrefix("0x") || rest.hasPrefix("0X") {
            let digits = rest.dropFirst(2)
            return !digits.isEmpty && digits.utf8.allSatisfy { PercentEncoding.digit($0) != nil }
        }
        func digits() -> Int {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest[digits.endIndex...]
            return digits.utf8.count
        }
        let hasZero = rest.hasPrefix("0")
        let whole = digits()
        guard !hasZero || whole == 1 else { return false }
        var fraction = 0
        if rest.hasPrefix(".") {
            rest = rest.dropFirst()
            fraction = digits()
        }
        guard whole + fraction > 0 else { return false }
        if let sign = rest.first, "eE".contains(sign) {
            rest = rest.dropFirst()
            if let sign = rest.first, "+-".contains(sign) { rest = rest.dropFirst() }
            guard digits() > 0 else { return false }
        }
        return rest.isEmpty
    }

    /// A whole number as such, whichever way it is written; nil for what JSON does not have, and for hexadecimal ones beyond 64 bits.
    /// - Parameter word: is one.
    static func value(_ word: String) -> JSONNumber? {
        let isNegative = word.hasPrefix("-")
        let rest = word.hasPrefix("+") || isNegative ? String(word.dropFirst()) : word
        if rest.hasPrefix("0x") || rest.hasPrefix("0X") {
            guard let magnitude = Int64(rest.dropFirst(2), radix: 16) else { return nil }
            return JSONNumber(isNegative ? -magnitude : magnitude)
        }
        if let int = Int64((isNegative ? "-" : "") + rest) { return JSONNumber(int) }
        guard let double = Double((isNegative ? "-" : "") + rest), double.isFinite else { return nil }
        return Int64(exactly: double).map { JSONNumber($0) } ?? JSONNumber(double)
    }
}
