import JSON

/// Lengths of time as settings write them: seconds as a number, or `"90s"`, `"10m"`, `"1h30m"`, `"7d"`.
enum TimeSpan {
    /// The longest there may be: a year.
    static let limit: Int64 = 366 * 86_400_000

    /// Milliseconds; nil for anything else, and beyond a year.
    static func milliseconds(_ value: JSONValue) -> Int64? {
        if let seconds = value.int { return (0...limit / 1000).contains(seconds) ? seconds * 1000 : nil }
        return value.string.flatMap { milliseconds(text: $0) }
    }

    private static let units: [(suffix: UInt8, milliseconds: Int64)] = [
        (UInt8(ascii: "d"), 86_400_000), (UInt8(ascii: "h"), 3_600_000), (UInt8(ascii: "m"), 60_000), (UInt8(ascii: "s"), 1000),
    ]

    private static func milliseconds(text: String) -> Int64? {
        guard (2...32).contains(text.utf8.count) else { return nil }
        var total: Int64 = 0
        var number: Int64?
        var allowed = units[...]
        for byte in text.utf8 {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                let grown = (number ?? 0) * 10 + Int64(byte - UInt8(ascii: "0"))
                guard grown <= limit else { return nil }
                number = grown
            } else {
                // Units from the longest to the shortest, each once.
                guard let count = number, let place = allowed.firstIndex(where: { $0.suffix == byte }) else { return nil }
                total += min(count, limit) * allowed[place].milliseconds
                guard total <= limit else { return nil }
                allowed = allowed[(place + 1)...]
                number = nil
            }
        }
        return number == nil ? total : nil
    }

    /// In words that read back: `1h30m`.
    static func text(_ milliseconds: Int64) -> String {
        var rest = milliseconds / 1000 * 1000
        var text = ""
        for unit in units where rest >= unit.milliseconds {
            text += "\(rest / unit.milliseconds)\(UnicodeScalar(unit.suffix))"
            rest %= unit.milliseconds
        }
        return text.isEmpty ? "0s" : text
    }
}

extension SettingsReader {
    /// - Parameter minimum: milliseconds.
    func span(_ key: String, from minimum: Int64 = 0) throws(DeploymentError) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let span = TimeSpan.milliseconds(value), span >= minimum else {
            let least = minimum > 0 ? "at least \(TimeSpan.text(minimum)) and " : ""
            throw failure(key, "must be seconds or a time such as \"90s\", \"10m\" or \"1h30m\", \(least)at most a year")
        }
        return span
    }
}
