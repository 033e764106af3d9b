/// Two keys as one, ordered by the first and then the second: a sorted set of pairs is an index from the first to all the
/// seconds that go with it.
struct Pair<First: Comparable & Sendable, Second: Comparable & Sendable>: Comparable, Sendable {
    let first: First
    let second: Second

    init(_ first: First, _ second: Second) {
        self.first = first
        self.second = second
    }

    static func < (left: Pair, right: Pair) -> Bool {
        left.first == right.first ? left.second < right.second : left.first < right.first
    }
}

extension SortedMap {
    /// Visits the seconds that go with `first`, in order, after `last` where it is given, until `body` returns false.
    func visit<First, Second>(
        _ first: First, after last: Second? = nil, _ body: (Second) -> Bool
    ) where Key == Pair<First, Second> {
        let reaches = { (pair: Key) -> Bool in
            guard pair.first == first, let last else { return pair.first >= first }
            return pair.second > last
        }
        visit(from: reaches) { pair, _ in
            guard pair.first == first else { return false }
            return body(pair.second)
        }
    }
}
