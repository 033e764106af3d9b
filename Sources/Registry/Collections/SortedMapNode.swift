/// A node of a `SortedMap`: a leaf with keys and values, or a branch with children and the least key of each.
///
/// An object, so that a copy of the node above counts one reference for each child. `@unchecked Sendable`: it is only changed by `modify`,
/// `set` and `remove`, which are called on a node that nobody else refers to (`makeUnique`), and by who makes it.
final class SortedMapNode<Value: Sendable>: @unchecked Sendable {
    /// A branch's only part its children: each is above all keys of the children before and not above those of its own child and the later
    /// ones. So its first says nothing: what parts the branch from its neighbours is known to the branch above.
    private(set) var keys: KeyColumn
    private(set) var values: [Value]
    private(set) var children: [SortedMapNode]

    /// Most entries of a node. A change copies one node of each level: 64 made a push to a large repository half as slow again,
    /// 16 gained a little more for a third more memory.
    static var capacity: Int { 32 }

    private init(keys: KeyColumn, values: [Value], children: [SortedMapNode]) {
        self.keys = keys
        self.values = values
        self.children = children
    }

    /// A leaf with one entry.
    convenience init(_ key: Span<UInt8>, _ value: Value) {
        var keys = KeyColumn()
        keys.append(key)
        self.init(keys: keys, values: [value], children: [])
    }

    /// - Parameter children: not empty, and each with at least one key.
    convenience init(children: [SortedMapNode]) {
        var keys = KeyColumn()
        for child in children { child.keys.withKey(at: 0) { keys.append($0) } }
        self.init(keys: keys, values: [], children: children)
    }

    /// Makes `node` one that only its place refers to.
    static func makeUnique(_ node: inout SortedMapNode) {
        guard !isKnownUniquelyReferenced(&node) else { return }
        node = SortedMapNode(keys: node.keys, values: node.values, children: node.children)
    }

    private var isLeaf: Bool { children.isEmpty }

    func value(of key: Span<UInt8>) -> Value? {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            return isThere ? values[index] : nil
        }
        return children[childIndex(of: key)].value(of: key)
    }

    func modify<R>(_ key: Span<UInt8>, _ body: (inout Value) -> R) -> R? {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            return isThere ? body(&values[index]) : nil
        }
        let index = childIndex(of: key)
        Self.makeUnique(&children[index])
        return children[index].modify(key, body)
    }

    /// - Returns: the value that was there, and where the node became too large its upper part, which is not in it any more.
    func set(_ key: Span<UInt8>, _ value: Value) -> (old: Value?, split: SortedMapNode?) {
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
        Self.makeUnique(&children[index])
        let (old, upper) = children[index].set(key, value)
        guard let upper else { return (old, nil) }
        upper.keys.withKey(at: 0) { keys.insert($0, at: index + 1) }
        children.insert(upper, at: index + 1)
        return (old, split(after: index + 1))
    }

    func remove(_ key: Span<UInt8>) -> Value? {
        if isLeaf {
            let (index, isThere) = keys.find(key)
            guard isThere else { return nil }
            keys.remove(at: index)
            return values.remove(at: index)
        }
        let index = childIndex(of: key)
        Self.makeUnique(&children[index])
        guard let old = children[index].remove(key) else { return nil }
        merge(around: index)
        return old
    }

    /// The root of a tree that shrank, as low as it can be.
    var collapsed: SortedMapNode {
        var node = self
        while node.children.count == 1 { node = node.children[0] }
        return node
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
            guard children[index].visit(from: index == start ? reaches : { _ in true }, body) else { return false }
        }
        return true
    }

    /// Where a full node is parted: in the middle, but for a key that came last at the end, so that keys which arrive in order
    /// (as versions and dates do) leave full nodes behind.
    private func split(after inserted: Int) -> SortedMapNode? {
        guard keys.count > Self.capacity else { return nil }
        let middle = inserted == keys.count - 1 ? keys.count - 1 : keys.count / 2
        let upper = SortedMapNode(keys: keys.split(at: middle), values: [], children: [])
        if isLeaf {
            upper.values = Array(values[middle...])
            values = Array(values[..<middle])
        } else {
            upper.children = Array(children[middle...])
            children = Array(children[..<middle])
        }
        return upper
    }

    /// Joins a child that became small with a neighbour, where both fit half a node.
    private func merge(around index: Int) {
        if children[index].keys.count == 0, children.count > 1 {
            children.remove(at: index)
            keys.remove(at: index)
            return
        }
        let left = index > 0 ? index - 1 : index
        guard left + 1 < children.count, children[left].keys.count + children[left + 1].keys.count <= Self.capacity / 2
        else { return }
        let right = children.remove(at: left + 1)
        Self.makeUnique(&children[left])
        let joined = children[left]
        if right.isLeaf {
            joined.keys.append(right.keys)
        } else {
            // What parts the two is known here, and not to the right one.
            keys.withKey(at: left + 1) { joined.keys.append($0) }
            joined.keys.append(right.keys, from: 1)
        }
        keys.remove(at: left + 1)
        joined.values += right.values
        joined.children += right.children
    }

    /// The last child whose least key is not after `key`, or the first.
    private func childIndex(of key: Span<UInt8>) -> Int { max(keys.firstIndex(after: key) - 1, 0) }

    /// A tree of full nodes, built from its leaves upwards.
    /// - Parameter keys: rising, without repetition. One value for each.
    static func build(_ keys: [some SortedKey], _ values: [Value]) -> SortedMapNode? {
        var level: [SortedMapNode] = stride(from: 0, to: keys.count, by: capacity).map { start in
            let range = start..<min(start + capacity, keys.count)
            return SortedMapNode(keys: KeyColumn(keys[range]), values: Array(values[range]), children: [])
        }
        while level.count > 1 {
            level = stride(from: 0, to: level.count, by: capacity).map { start in
                SortedMapNode(children: Array(level[start..<min(start + capacity, level.count)]))
            }
        }
        return level.first
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
