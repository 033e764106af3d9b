import Synchronization

/// Patterns that change while others match. A change compiles all patterns anew and then swaps one reference; whoever is
/// matching goes on with the old ones until its event is done, and never waits.
package final class PatternSet<Name: Hashable & Sendable>: Sendable {
    struct Snapshot: Sendable {
        let version: UInt64
        let matcher: PatternMatcher<Name>
    }

    /// Held while compiling, so that changes come one after the other.
    private let patterns: Mutex<[Name: Pattern]>
    /// Held only to copy the reference in and out.
    private let published: Mutex<Snapshot>
    /// The published version, so that sessions see without a lock that nothing has changed.
    let version: Atomic<UInt64>

    package init(_ patterns: [Name: Pattern] = [:]) {
        self.patterns = Mutex(patterns)
        published = Mutex(Snapshot(version: 1, matcher: PatternMatcher(patterns)))
        version = Atomic(1)
    }

    /// Makes several changes at the price of one. Sessions see all of them or none.
    package func update(_ change: (inout [Name: Pattern]) -> Void) {
        patterns.withLock { patterns in
            change(&patterns)
            let matcher = PatternMatcher(patterns)
            published.withLock { published in
                published = Snapshot(version: published.version &+ 1, matcher: matcher)
                version.store(published.version, ordering: .releasing)
            }
        }
    }

    package func set(_ pattern: Pattern, for name: Name) {
        update { $0[name] = pattern }
    }

    package func remove(_ name: Name) {
        update { $0[name] = nil }
    }

    /// The patterns as they are now, compiled.
    package var matcher: PatternMatcher<Name> { snapshot.matcher }

    var snapshot: Snapshot { published.withLock { $0 } }

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
    private var session: MatchSession<Name>

    init(_ set: PatternSet<Name>) {
        let snapshot = set.snapshot
        self.set = set
        version = snapshot.version
        session = MatchSession(snapshot.matcher)
    }

    /// The names of the patterns that match, each once and in no particular order.
    package mutating func match(_ event: [UInt8]) throws(EventError) -> [Name] {
        if set.version.load(ordering: .acquiring) != version {
            let snapshot = set.snapshot
            version = snapshot.version
            session = MatchSession(snapshot.matcher)
        }
        return try session.match(event)
    }
}
