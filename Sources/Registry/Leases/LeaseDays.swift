internal import OCI

/// The leases in force, in one bucket for each day they were given or renewed: looking one up asks a few small tables,
/// and running out is dropping a whole day at once. A lease lasts seven days and what is left of its last one.
struct LeaseDays {
    static let lifetime = 7
    static let millisecondsPerDay: Int64 = 24 * 3600 * 1000

    private struct Lease: Hashable {
        let digest: Digest
        let repository: RepositoryName
    }

    private struct Day {
        let number: Int64
        var leases: Set<Lease> = []
        /// How many leases each blob has.
        var counts: [Digest: Int] = [:]

        mutating func insert(_ lease: Lease) {
            if leases.insert(lease).inserted { counts[lease.digest, default: 0] += 1 }
        }

        mutating func remove(_ lease: Lease) {
            guard leases.remove(lease) != nil, let count = counts[lease.digest] else { return }
            counts[lease.digest] = count > 1 ? count - 1 : nil
        }
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
        days[index].insert(Lease(digest: digest, repository: repository))
    }

    mutating func remove(_ digest: Digest, _ repository: RepositoryName) {
        for index in days.indices { days[index].remove(Lease(digest: digest, repository: repository)) }
    }

    func holds(_ digest: Digest, _ repository: RepositoryName) -> Bool {
        days.contains { $0.leases.contains(Lease(digest: digest, repository: repository)) }
    }

    func isHeld(_ digest: Digest) -> Bool {
        days.contains { $0.counts[digest] != nil }
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
            let missing = Set(days[index].counts.keys.filter { !exists($0) })
            if missing.isEmpty { continue }
            for lease in days[index].leases where missing.contains(lease.digest) { days[index].remove(lease) }
        }
    }

    var count: Int { days.reduce(0) { $0 + $1.leases.count } }
}
