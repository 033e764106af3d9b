/// Keeps the values that were used last, up to a number of them.
package struct BoundedCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Entry {
        var value: Value
        var used: UInt64
    }

    private let limit: Int
    private var entries: [Key: Entry] = [:]
    private var clock: UInt64 = 0

    package init(limit: Int) {
        self.limit = max(1, limit)
    }

    package var count: Int { entries.count }

    /// The value, which now counts as used.
    package mutating func value(for key: Key) -> Value? {
        clock &+= 1
        entries[key]?.used = clock
        return entries[key]?.value
    }

    /// Keeps `value`; where there are too many, the one that was not used for the longest time goes.
    package mutating func set(_ value: Value, for key: Key) {
        clock &+= 1
        // Looked for only when something new comes to a full cache, which is rare beside what made the value.
        if entries.count >= limit, entries[key] == nil, let oldest = entries.min(by: { $0.value.used < $1.value.used }) {
            entries[oldest.key] = nil
        }
        entries[key] = Entry(value: value, used: clock)
    }

    package mutating func remove(_ key: Key) { entries[key] = nil }
}
