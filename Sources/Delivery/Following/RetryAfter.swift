import HTTP

/// The field `Retry-After` (RFC 9110, section 10.2.3).
enum RetryAfter {
    /// What is longer is as good as this: nobody obeys it to the end.
    static let longest: Int64 = 366 * 86_400

    /// Seconds from `now` (Unix seconds), never negative; nil for what is neither a number of seconds nor a date.
    static func seconds(_ value: String, now: Int64) -> Int64? {
        let text = value.utf8
        if !text.isEmpty, text.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) {
            return min(Int64(value) ?? longest, longest)
        }
        return HTTPDate.parse(value, now: now).map { min(max(0, $0 - now), longest) }
    }
}
