/// A node of a `SortedMap`: a leaf with keys and values, or a branch with children and the least key of each.
///
/// An object, so that a copy of the node above counts one reference for each child. `@unchecked Sendable`: it is only changed by `modify`,
/// `set` and `remove`, which are called on a node that nobody else refers to (`makeUnique`), and by who makes it.
final class SortedMapNode<Key: Comparable & Sendable, Value: Sendable>: @unchecked Sendable {
    /// A branch's only part its children: each is above all keys of the children before and not above those of its own child and the later
    /// ones. So its first says nothing: what parts the branch from its neighbours is known to the branch above.
    private(set) var keys: [Key]
    private(set) var values: [Value]
    private(set) var children: [SortedMapNode]

    /// Most entries of a node. A change copies one node of each level: 64 made a push to a large repository half as slow again,
    /// 16 gained a little more for a third more memory.
    static var capacity: Int { 32 }

    init(keys: [Key], values: [Value]) {
        self.keys = keys
        self.values = values
        children = []
    }

    /// - Parameter children: not empty, and each with at least one key.
    init(children: [SortedMapNode]) {
        keys = children.compactMap(\.keys.first)
        values = []
        self.children = children
    }

    private init(copying node: SortedMapNode) {
        keys = node.keys
        values = node.values
        children = node.children
    }

    /// Makes `node` one that only its place refers to.
    static func makeUnique(_ node: inout SortedMapNode) {
        if !isKnownUniquelyReferenced(&node) { node = SortedMapNode(copying: node) }
    }

    private var isLeaf: Bool { children.isEmpty }

    func value(of key: Key) -> Value? {
        if isLeaf {
            let index = leafIndex(of: key)
            return index < keys.count && keys[index] == key ? values[index] : nil
        }
        return children[childIndex(of: key)].value(of: key)
    }

    func modify<R>(_ key: Key, _ body: (inout Value) -> R) -> R? {
        if isLeaf {
            let index = leafIndex(of: key)
            return index < keys.count && keys[index] == key ? body(&values[index]) : nil
        }
        let index = childIndex(of: key)
        Self.makeUnique(&children[index])
        return children[index].modify(key, body)
    }

    /// - Returns: the value that was there, and where the node became too large its upper part, which is not in it any more.
    func set(_ key: Key, _ value: Value) -> (old: Value?, split: SortedMapNode?) {
        if isLeaf {
            let index = leafIndex(of: key)
            if index < keys.count, keys[index] == key {
                let old = values[index]
                values[index] = value
                return (old, nil)
            }
            keys = keys.inserting(key, at: index)
            values = values.inserting(value, at: index)
            return (nil, split(after: index))
        }
        let index = childIndex(of: key)
        Self.makeUnique(&children[index])
        let (old, upper) = children[index].set(key, value)
        guard let upper, let least = upper.keys.first else { return (old, nil) }
        keys.insert(least, at: index + 1)
        children.insert(upper, at: index + 1)
        return (old, split(after: index + 1))
    }

    func remove(_ key: Key) -> Value? {
        if isLeaf {
            let index = leafIndex(of: key)
            guard index < keys.count, keys[index] == key else { return nil }
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
    func visit(from reaches: (Key) -> Bool, _ body: (Key, Value) -> Bool) -> Bool {
        if isLeaf {
            for index in firstIndex(where: reaches)..<keys.count {
                guard body(keys[index], values[index]) else { return false }
            }
            return true
        }
        // The child before the first that reaches the start may hold its end.
        let start = max(firstIndex(where: reaches) - 1, 0)
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
        let upper = SortedMapNode(keys: Array(keys[middle...]), values: [])
        if isLeaf {
            upper.values = Array(values[middle...])
            values.removeSubrange(middle...)
        } else {
            upper.children = Array(children[middle...])
            children.removeSubrange(middle...)
        }
        keys.removeSubrange(middle...)
        return upper
    }

    /// Joins a child that became small with a neighbour, where both fit half a node.
    private func merge(around index: Int) {
        if children[index].keys.isEmpty, children.count > 1 {
            children.remove(at: index)
            keys.remove(at: index)
            return
        }
        let left = index > 0 ? index - 1 : index
        guard left + 1 < children.count, children[left].keys.count + children[left + 1].keys.count <= Self.capacity / 2
        else { return }
        let right = children.remove(at: left + 1)
        let least = keys.remove(at: left + 1)
        Self.makeUnique(&children[left])
        children[left].keys += right.isLeaf ? right.keys : [least] + right.keys.dropFirst()
        children[left].values += right.values
        children[left].children += right.children
    }

    /// The first key that is not before `key`.
    private func leafIndex(of key: Key) -> Int { firstIndex { $0 >= key } }

    /// The last child whose least key is not after `key`, or the first.
    private func childIndex(of key: Key) -> Int { max(firstIndex { $0 > key } - 1, 0) }

    private func firstIndex(where reaches: (Key) -> Bool) -> Int {
        var low = 0
        var high = keys.count
        while low < high {
            let middle = (low + high) / 2
            if reaches(keys[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// A tree of full nodes, built from its leaves upwards.
    static func build(_ keys: [Key], _ values: [Value]) -> SortedMapNode? {
        var level: [SortedMapNode] = stride(from: 0, to: keys.count, by: capacity).map { start in
            let end = min(start + capacity, keys.count)
            return SortedMapNode(keys: Array(keys[start..<end]), values: Array(values[start..<end]))
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
    /// A copy that has room for its elements and no more. A node is shared with the state before it, so an insertion copies in any
    /// case; letting the array grow by itself would leave a third of a large state's memory unused.
    fileprivate func inserting(_ element: Element, at index: Int) -> [Element] {
        var result: [Element] = []
        result.reserveCapacity(count + 1)
        result.append(contentsOf: self[..<index])
        result.append(element)
        result.append(contentsOf: self[index...])
        return result
    }
}
