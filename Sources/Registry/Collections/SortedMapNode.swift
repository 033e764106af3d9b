/// A node of a `SortedMap`, which the nodes above in this and other states share.
///
/// An object, so that a copy of the node above counts one reference for each child. `@unchecked Sendable`: its entries are only changed
/// through a map, on a node that nobody else refers to (`makeUnique`), and by who makes it.
final class SortedMapNode<Value: Sendable>: @unchecked Sendable {
    var entries: SortedMapEntries<Value>

    init(_ entries: SortedMapEntries<Value>) { self.entries = entries }

    /// Makes `node` one that only its place refers to.
    static func makeUnique(_ node: inout SortedMapNode) {
        if !isKnownUniquelyReferenced(&node) { node = SortedMapNode(node.entries) }
    }
}

/// What a node of a `SortedMap` has: a leaf keys and values, a branch children and the least key of each.
struct SortedMapEntries<Value: Sendable>: Sendable {
    typealias Node = SortedMapNode<Value>

    /// A branch's only part its children: each is above all keys of the children before and not above those of its own child and the later
    /// ones. So its first says nothing: what parts the branch from its neighbours is known to the branch above.
    private(set) var keys: KeyColumn
    private(set) var values: [Value]
    private(set) var children: [Node]

    /// Most entries of a node. A change copies one node of each level: with fewer there are more of them.
    private static var capacity: Int { 32 }

    private init(keys: KeyColumn, values: [Value] = [], children: [Node] = []) {
        self.keys = keys
        self.values = values
        self.children = children
    }

    /// A leaf with one entry.
    init(_ key: Span<UInt8>, _ value: Value) {
        var keys = KeyColumn()
        keys.append(key)
        self.init(keys: keys, values: [value])
    }

    /// - Parameter children: not empty, and each with at least one key.
    init(children: [Node]) {
        var keys = KeyColumn()
        for child in children { child.entries.keys.withKey(at: 0) { keys.append($0) } }
        self.init(keys: keys, children: children)
    }

    private var isLeaf: Bool { children.isEmpty }

    func value(of key: Span<UInt8>) -> Value? {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            return isThere ? values[index] : nil
        }
        return children[childIndex(of: key)].entries.value(of: key)
    }

    mutating func modify<R>(_ key: Span<UInt8>, _ body: (inout Value) -> R) -> R? {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            return isThere ? body(&values[index]) : nil
        }
        let index = childIndex(of: key)
        Node.makeUnique(&children[index])
        return children[index].entries.modify(key, body)
    }

    /// - Returns: the value that was there, and where the node became too large its upper part, which is not in it any more.
    mutating func set(_ key: Span<UInt8>, _ value: Value) -> (old: Value?, split: Node?) {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            if isThere {
                let old = values[index]
                values[index] = value
                return (old, nil)
            }
            keys.insert(key, at: index)
            values = values.inserting(value, at: index)
            return (nil, split(after: index))
        }
        let index = childIndex(of: key)
        Node.makeUnique(&children[index])
        let (old, upper) = children[index].entries.set(key, value)
        guard let upper else { return (old, nil) }
        upper.entries.keys.withKey(at: 0) { keys.insert($0, at: index + 1) }
        children.insert(upper, at: index + 1)
        return (old, split(after: index + 1))
    }

    mutating func remove(_ key: Span<UInt8>) -> Value? {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            guard isThere else { return nil }
            keys.remove(at: index)
            return values.remove(at: index)
        }
        let index = childIndex(of: key)
        Node.makeUnique(&children[index])
        guard let old = children[index].entries.remove(key) else { return nil }
        merge(around: index)
        return old
    }

    /// - Returns: false when `body` wanted no more.
    func visit(from reaches: (Span<UInt8>) -> Bool, _ body: (Span<UInt8>, Value) -> Bool) -> Bool {
        if isLeaf {
            for index in keys.partition(reaches)..<keys.count {
                guard keys.withKey(at: index, { body($0, values[index]) }) else { return false }
            }
            return true
        }
        // The child before the first that reaches the start may hold its end.
        let start = max(keys.partition(reaches) - 1, 0)
        for index in start..<children.count {
            guard children[index].entries.visit(from: index == start ? reaches : { _ in true }, body) else { return false }
        }
        return true
    }

    /// Where a full node is parted: in the middle, but for a key that came last at the end, so that keys which arrive in order
    /// (as versions and dates do) leave full nodes behind.
    private mutating func split(after inserted: Int) -> Node? {
        guard keys.count > Self.capacity else { return nil }
        let middle = inserted == keys.count - 1 ? keys.count - 1 : keys.count / 2
        var upper = SortedMapEntries(keys: keys.split(at: middle))
        if isLeaf {
            upper.values = Array(values[middle...])
            values = Array(values[..<middle])
        } else {
            upper.children = Array(children[middle...])
            children = Array(children[..<middle])
        }
        return Node(upper)
    }

    /// Joins a child that became small with a neighbour, where both fit half a node.
    private mutating func merge(around index: Int) {
        if children[index].entries.keys.count == 0, children.count > 1 {
            children.remove(at: index)
            keys.remove(at: index)
            return
        }
        let left = index > 0 ? index - 1 : index
        guard left + 1 < children.count else { return }
        let (lower, upper) = (children[left].entries, children[left + 1].entries)
        guard lower.keys.count + upper.keys.count <= Self.capacity / 2 else { return }
        // What parts the two is known here, and not to the upper one.
        let joined = keys.withKey(at: left + 1) { lower.joined(with: upper, from: $0) }
        children[left] = Node(joined)
        children.remove(at: left + 1)
        keys.remove(at: left + 1)
    }

    private func joined(with upper: SortedMapEntries, from least: Span<UInt8>) -> SortedMapEntries {
        var joined = self
        if upper.isLeaf {
            joined.keys.append(upper.keys)
        } else {
            joined.keys.append(least)
            joined.keys.append(upper.keys, from: 1)
        }
        joined.values += upper.values
        joined.children += upper.children
        return joined
    }

    /// The last child whose least key is not after `key`, or the first.
    private func childIndex(of key: Span<UInt8>) -> Int { max(keys.firstIndex(after: key) - 1, 0) }
}

extension SortedMapNode {
    /// A tree of full nodes, built from its leaves upwards.
    /// - Parameter keys: rising, without repetition. One value for each.
    static func build(_ keys: [some SortedKey], _ values: [Value]) -> SortedMapNode? {
        var level = SortedMapEntries.leaves(keys, values).map { SortedMapNode($0) }
        while level.count > 1 { level = SortedMapEntries.branches(level).map { SortedMapNode($0) } }
        return level.first
    }

    /// The root of a tree that shrank, as low as it can be.
    var collapsed: SortedMapNode {
        var node = self
        while node.entries.children.count == 1 { node = node.entries.children[0] }
        return node
    }
}

extension SortedMapEntries {
    fileprivate static func leaves(_ keys: [some SortedKey], _ values: [Value]) -> [SortedMapEntries] {
        stride(from: 0, to: keys.count, by: capacity).map { start in
            let range = start..<min(start + capacity, keys.count)
            return SortedMapEntries(keys: KeyColumn(keys[range]), values: Array(values[range]))
        }
    }

    fileprivate static func branches(_ level: [Node]) -> [SortedMapEntries] {
        stride(from: 0, to: level.count, by: capacity).map { start in
            SortedMapEntries(children: Array(level[start..<min(start + capacity, level.count)]))
        }
    }
}

extension Array {
    /// A copy that has room for its elements and no more, as `KeyColumn` has.
    fileprivate func inserting(_ element: Element, at index: Int) -> [Element] {
        var result: [Element] = []
        result.reserveCapacity(count + 1)
        result.append(contentsOf: self[..<index])
        result.append(element)
        result.append(contentsOf: self[index...])
        return result
    }
}
