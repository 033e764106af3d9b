internal import OCI

/// The leases in force, in one bucket for each day they were given or renewed: looking one up asks a few small tables,
/// and running out is dropping a whole day at once. A lease lasts seven days and what is left of its last one.
struct LeaseDays {
    static let lifetime = 7
    static let millisecondsPerDay: Int64 = 24 * 3600 * 1000

    private struct Day {
        let number: Int64
        var holders: [Digest: [RepositoryName]] = [:]
    }

    /// Ascending; at most `lifetime` + 1 of them after `expire`.
    private var days: [Day] = []

    /// - Parameter time: Unix milliseconds.
    static func day(_ time: Int64) -> Int64 { time / millisecondsPerDay }

    mutating func add(_ digest: Digest, _ repository: RepositoryName, day number: Int64) {
        var index = days.endIndex
        while index > days.startIndex, days[index - 1].number > number { index -= 1 }
        if index > days.startIndex, days[index - 1].number == number {
            index -= 1
        } else {
            days.insert(Day(number: number), at: index)
        }
        if !days[index].holders[digest, default: []].contains(repository) {
            days[index].holders[digest, default: []].append(repository)
        }
    }

    mutating func remove(_ digest: Digest, _ repository: RepositoryName) {
        for index in days.indices {
            guard var holders = days[index].holders[digest] else { continue }
            holders.removeAll { $0 == repository }
            days[index].holders[digest] = holders.isEmpty ? nil : holders
        }
    }

    func holds(_ digest: Digest, _ repository: RepositoryName) -> Bool {
        days.contains { $0.holders[digest]?.contains(repository) ?? false }
    }

    func isHeld(_ digest: Digest) -> Bool {
        days.contains { $0.holders[digest] != nil }
    }

    /// Takes out the days that are over on day `today`; the answer is what they held, to be freed at leisure.
    mutating func expire(today: Int64) -> LeaseDays {
        var expired = LeaseDays()
        expired.days = days.filter { $0.number < today - Int64(Self.lifetime) }
        days.removeAll { $0.number < today - Int64(Self.lifetime) }
        return expired
    }

    /// Drops the leases of blobs for which `exists` is false, asking once for each blob and day.
    mutating func keep(where exists: (Digest) -> Bool) {
        for index in days.indices {
            days[index].holders = days[index].holders.filter { exists($0.key) }
        }
    }

    var count: Int {
        days.reduce(0) { $0 + $1.holders.values.reduce(0) { $0 + $1.count } }
    }
}
