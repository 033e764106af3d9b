/// A map in the order of its keys: a B-tree whose nodes are shared, so that a copy costs nothing and shares all nodes,
/// and a change to a copy makes new only the few nodes on the way to the key (about 3 in a map of a million).
///
/// That is what lets readers, the guard and the snapshot each hold a whole state of the registry of their own, while a push
/// changes the next one. Looking up, setting and removing are O(log n).
struct SortedMap<Key: SortedKey, Value: Sendable>: Sendable {
    /// None in an empty map: many repositories have nothing in most of theirs.
    private(set) var root: SortedMapNode<Value>?
    private(set) var count = 0

    init() {}

    /// - Parameter keys: rising, without repetition. One value for each.
    init(sortedKeys keys: [Key], values: [Value]) {
        root = SortedMapNode.build(keys, values)
        count = keys.count
    }

    var isEmpty: Bool { count == 0 }

    subscript(_ key: Key) -> Value? {
        guard let root else { return nil }
        return key.withBytes { root.entries.value(of: $0) }
    }

    func contains(_ key: Key) -> Bool { self[key] != nil }

    /// - Returns: the value that it replaces.
    @discardableResult
    mutating func set(_ key: Key, _ value: Value) -> Value? {
        guard let node = unique() else {
            root = key.withBytes { SortedMapNode(SortedMapEntries($0, value)) }
            count = 1
            return nil
        }
        let (old, split) = key.withBytes { node.entries.set($0, value) }
        if let split { root = SortedMapNode(SortedMapEntries(children: [node, split])) }
        if old == nil { count += 1 }
        return old
    }

    /// Changes a value where it stands, without a copy of it.
    /// - Returns: `nil` where there is no such key.
    mutating func modify<R>(_ key: Key, _ body: (inout Value) -> R) -> R? {
        guard let node = unique() else { return nil }
        return key.withBytes { node.entries.modify($0, body) }
    }

    @discardableResult
    mutating func remove(_ key: Key) -> Value? {
        guard let node = unique(), let old = key.withBytes({ node.entries.remove($0) }) else { return nil }
        count -= 1
        root = isEmpty ? nil : node.collapsed
        return old
    }

    /// Visits the entries in order, from the first whose key `reaches` the start, until `body` returns false.
    /// - Parameter reaches: false for all keys before the start and true for all others.
    func visit(from reaches: (Key) -> Bool, _ body: (Key, Value) -> Bool) {
        _ = root?.entries.visit(from: { reaches(Key(bytes: $0)) }) { body(Key(bytes: $0), $1) }
    }

    /// Visits the values in the order of their keys, until `body` returns false.
    func visitValues(_ body: (Value) -> Bool) {
        _ = root?.entries.visit(from: { _ in true }) { body($1) }
    }

    func forEach(_ body: (Key, Value) -> Void) {
        _ = root?.entries.visit(from: { _ in true }) { key, value in
            body(Key(bytes: key), value)
            return true
        }
    }

    var keys: [Key] {
        var keys: [Key] = []
        keys.reserveCapacity(count)
        forEach { key, _ in keys.append(key) }
        return keys
    }

    /// The root, which only this map refers to: it may be changed.
    private mutating func unique() -> SortedMapNode<Value>? {
        guard var node = root.take() else { return nil }
        SortedMapNode.makeUnique(&node)
        root = node
        return node
    }
}

extension SortedMap: Equatable where Value: Equatable {
    static func == (left: SortedMap, right: SortedMap) -> Bool {
        guard left.count == right.count else { return false }
        var entries: [(Key, Value)] = []
        entries.reserveCapacity(left.count)
        left.forEach { entries.append(($0, $1)) }
        var index = 0
        var equal = true
        right.visit(from: { _ in true }) { key, value in
            equal = index < entries.count && entries[index].0 == key && entries[index].1 == value
            index += 1
            return equal
        }
        return equal
    }
}

/// A set in the order of its members.
typealias SortedSet<Member: SortedKey> = SortedMap<Member, Present>

/// The value of a set's members, which say nothing but that they are there.
struct Present: Equatable, Sendable {}

extension SortedMap where Value == Present {
    /// - Parameter members: rising, without repetition.
    init(sorted members: [Key]) {
        self.init(sortedKeys: members, values: Array(repeating: Present(), count: members.count))
    }

    mutating func insert(_ member: Key) { set(member, Present()) }
}
