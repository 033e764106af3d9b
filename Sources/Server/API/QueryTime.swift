import Foundation

/// Times as people write them in queries: RFC 3339 with or without a fraction, or a day.
enum QueryTime {
    /// Unix milliseconds.
    static func parse(_ text: String) -> Int64? {
        let styles = [
            Date.ISO8601FormatStyle(includingFractionalSeconds: true), Date.ISO8601FormatStyle(includingFractionalSeconds: false),
        ]
        let full = text.contains("T") ? text : text + "T00:00:00Z"
        for style in styles {
            if let date = try? style.parse(full) { return Int64((date.timeIntervalSince1970 * 1000).rounded()) }
        }
        return nil
    }
}
