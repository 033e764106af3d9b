import Audit
import IO

/// Times on the command line.
enum AuditTime {
    /// Unix milliseconds.
    static func parse(_ text: String) throws -> Int64 {
        guard let time = QueryTime.parse(text, now: Wall.milliseconds) else {
            throw UsageError("\"\(text)\" is no time; write 2026-01-31T12:00:00Z, a day, or how long ago: 24h, 7d")
        }
        return time
    }
}
