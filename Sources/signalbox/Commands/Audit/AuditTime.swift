import Audit
import IO

/// Times on the command line.
enum AuditTime {
    /// The first moment after a time that somebody wrote, for a range that has to hold it.
    static func after(_ text: String) throws -> String {
        guard let time = QueryTime.parse(text, now: Wall.milliseconds) else {
            throw UsageError("\"\(text)\" is no time; write 2026-01-31T12:00:00Z, a day, or how long ago: 24h, 7d")
        }
        return QueryTime.text(time + 1)
    }
}
