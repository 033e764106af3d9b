/// Many patterns compiled into one automaton: an immutable value that any number of threads can share.
package struct PatternMatcher<Name: Sendable>: Sendable {
    let automaton: Automaton
    let names: [Name]

    package init(_ patterns: [(name: Name, pattern: Pattern)]) {
        automaton = Automaton(patterns.map(\.pattern))
        names = patterns.map(\.name)
    }

    package var count: Int { names.count }

    /// The names of the patterns that match, in no particular order. For more than a few events keep a `MatchSession`.
    package func match(_ event: [UInt8]) throws(EventError) -> [Name] {
        var session = MatchSession(self)
        return try session.match(event)
    }
}

/// Matches one event after another on one thread, without locks and, once warm, without allocations.
package struct MatchSession<Name: Sendable>: ~Copyable {
    private let matcher: PatternMatcher<Name>
    private var workspace: Workspace

    package init(_ matcher: PatternMatcher<Name>) {
        self.matcher = matcher
        workspace = Workspace(matcher.automaton)
    }

    /// The names of the patterns that match, each once and in no particular order.
    package mutating func match(_ event: Span<UInt8>) throws(EventError) -> [Name] {
        try workspace.match(event, matcher.automaton)
        return workspace.matched.map { matcher.names[Int($0)] }
    }

    package mutating func match(_ event: [UInt8]) throws(EventError) -> [Name] {
        try match(event.span)
    }
}

extension Pattern {
    /// Whether the pattern matches the event. This compiles the pattern: for many events keep a `MatchSession`.
    package func matches(_ event: [UInt8]) throws(EventError) -> Bool {
        let automaton = Automaton([self])
        var workspace = Workspace(automaton)
        try workspace.match(event.span, automaton)
        return !workspace.matched.isEmpty
    }

    package func matches(_ event: ArraySlice<UInt8>) throws(EventError) -> Bool {
        try matches(Array(event))
    }
}
