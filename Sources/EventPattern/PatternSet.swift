import Synchronization

/// Patterns that change while others match. A change swaps one reference; whoever is matching goes on with the old ones until
/// its event is done, and never waits.
///
/// Compiling costs as much as there are patterns, so what changed lately is compiled apart from the rest, and joined with it when
/// there is so much of it that both cost the same: a change costs the square root of what there is.
package final class PatternSet<Name: Hashable & Sendable>: Sendable {
    struct Snapshot: Sendable {
        let version: UInt64
        let base: Part
        let recent: PatternMatcher<Name>
        /// Names whose pattern in `base` holds no longer.
        let outdated: Set<Name>
    }

    /// The large part, and the version that compiled it.
    struct Part: Sendable {
        let version: UInt64
        let matcher: PatternMatcher<Name>
    }

    private struct Table {
        var base: [Name: Pattern]
        var recent: [Name: Pattern] = [:]
        var outdated: Set<Name> = []

        var all: [Name: Pattern] {
            var all = base
            for name in outdated { all[name] = nil }
            return all.merging(recent) { $1 }
        }

        /// Recent changes that cost as much to compile, one after the other, as all patterns do once.
        var isDue: Bool {
            let changes = recent.count + outdated.count
            return changes > 64 && changes * changes > 2 * base.count
        }
    }

    /// Held while compiling, so that changes come one after the other.
    private let table: Mutex<Table>
    /// Held only to copy the references in and out.
    private let published: Mutex<Snapshot>
    /// The published version, so that sessions see without a lock that nothing has changed.
    let version: Atomic<UInt64>

    package init(_ patterns: [Name: Pattern] = [:]) {
        table = Mutex(Table(base: patterns))
        published = Mutex(Snapshot(
            version: 1, base: Part(version: 1, matcher: PatternMatcher(patterns)), recent: PatternMatcher([:]), outdated: []))
        version = Atomic(1)
    }

    /// Makes several changes; sessions see all of them or none. Nil takes a pattern away.
    package func update(_ changes: [Name: Pattern?]) {
        if changes.isEmpty { return }
        table.withLock { table in
            for (name, pattern) in changes {
                if table.base[name] != nil { table.outdated.insert(name) }
                table.recent[name] = pattern
            }
            publish(&table)
        }
    }

    /// Takes away all that this is true for.
    package func removeAll(where isGone: (Name) -> Bool) {
        table.withLock { table in
            let gone = Set(table.base.keys.filter(isGone)).subtracting(table.outdated)
            let recent = table.recent.filter { !isGone($0.key) }
            if gone.isEmpty, recent.count == table.recent.count { return }
            table.outdated.formUnion(gone)
            table.recent = recent
            publish(&table)
        }
    }

    private func publish(_ table: inout Table) {
        let old = snapshot
        let next = old.version &+ 1
        var base = old.base
        if table.isDue {
            table = Table(base: table.all)
            base = Part(version: next, matcher: PatternMatcher(table.base))
        }
        let new = Snapshot(version: next, base: base, recent: PatternMatcher(table.recent), outdated: table.outdated)
        published.withLock { $0 = new }
        version.store(next, ordering: .releasing)
    }

    var snapshot: Snapshot { published.withLock { $0 } }

    /// How many patterns there are.
    package var count: Int { table.withLock { $0.base.count - $0.outdated.count + $0.recent.count } }

    package func makeSession() -> PatternSetSession<Name> {
        PatternSetSession(self)
    }
}

extension PatternMatcher where Name: Hashable {
    fileprivate init(_ patterns: [Name: Pattern]) {
        self.init(patterns.map { (name: $0.key, pattern: $0.value) })
    }
}

/// Matches on one thread with the newest patterns of a `PatternSet`.
package struct PatternSetSession<Name: Hashable & Sendable>: ~Copyable {
    private let set: PatternSet<Name>
    private var version: UInt64
    private var baseVersion: UInt64
    private var base: MatchSession<Name>
    private var recent: MatchSession<Name>
    private var outdated: Set<Name>
    /// Most of the time nothing has changed lately, and an event is read once. Where there are no patterns it is not read.
    private var hasRecent: Bool
    private var hasBase: Bool

    init(_ set: PatternSet<Name>) {
        let snapshot = set.snapshot
        self.set = set
        version = snapshot.version
        baseVersion = snapshot.base.version
        base = MatchSession(snapshot.base.matcher)
        recent = MatchSession(snapshot.recent)
        outdated = snapshot.outdated
        hasRecent = snapshot.recent.count > 0
        hasBase = snapshot.base.matcher.count > 0
    }

    /// The names of the patterns that match, each once and in no particular order.
    package mutating func match(_ event: [UInt8]) throws(EventError) -> [Name] {
        if set.version.load(ordering: .acquiring) != version { renew() }
        var names = hasBase ? try base.match(event) : []
        if !outdated.isEmpty { names.removeAll(where: outdated.contains) }
        if hasRecent { names += try recent.match(event) }
        return names
    }

    private mutating func renew() {
        let snapshot = set.snapshot
        version = snapshot.version
        if snapshot.base.version != baseVersion {
            baseVersion = snapshot.base.version
            base = MatchSession(snapshot.base.matcher)
        }
        recent = MatchSession(snapshot.recent)
        outdated = snapshot.outdated
        hasRecent = snapshot.recent.count > 0
        hasBase = snapshot.base.matcher.count > 0
    }
}
