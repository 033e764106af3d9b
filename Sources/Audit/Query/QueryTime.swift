import Foundation
import Events

/// Times as people write them in queries: RFC 3339 with or without a fraction, a day, or how long ago: `90s`, `15m`, `24h`, `7d`, `4w`.
package enum QueryTime {
    /// Unix milliseconds.
    package static func parse(_ text: String, now: Int64) -> Int64? {
        if let ago = duration(text) { return now - ago }
        if let time = Timestamp.parse(text) { return time }
        // As it writes them, but shorter; it knows which days a month has, and the styles below do not.
        if text.utf8.count == 10 { return Timestamp.parse(text + "T00:00:00.000Z") }
        if text.utf8.count == 20, text.hasSuffix("Z") { return Timestamp.parse("\(text.dropLast()).000Z") }
        let styles = [
            Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle(includingFractionalSeconds: false),
        ]
        for style in styles {
            if let date = try? style.parse(text) { return Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded()) }
        }
        return nil
    }

    /// A time as queries and events have it.
    package static func text(_ time: Int64) -> String { Timestamp.text(time) }

    /// Milliseconds; nil for what is no duration or longer than a thousand years.
    package static func duration(_ text: String) -> Int64? {
        guard let unit = text.last, let count = Int64(text.dropLast()), count >= 0, count <= 32_000_000_000 else { return nil }
        let seconds: Int64
        switch unit {
        case "s": seconds = 1
        case "m": seconds = 60
        case "h": seconds = 3_600
        case "d": seconds = 86_400
        case "w": seconds = 604_800
        default: return nil
        }
        guard count <= 32_000_000_000 / seconds else { return nil }
        return count * seconds * 1000
    }
}
