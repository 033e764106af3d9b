/// The paths that patterns name, as a tree of keys. Whatever an event has beside them is skipped.
struct PathTable: Sendable {
    struct Node: Sendable {
        /// The field at this path, or -1 where patterns only name something below.
        var field: Int32 = -1
        var hasChildren = false
    }

    private(set) var nodes = [Node()]
    private(set) var children = KeyTable()
    private(set) var fieldCount = 0

    static let root = 0

    /// The field's number, new or known.
    mutating func insert(_ path: FieldPath) -> Int {
        var node = Self.root
        for key in path {
            let child = Int(children.insert(UInt32(node), key, UInt32(nodes.count)))
            if child == nodes.count {
                nodes.append(Node())
                nodes[node].hasChildren = true
            }
            node = child
        }
        if nodes[node].field < 0 {
            nodes[node].field = Int32(fieldCount)
            fieldCount += 1
        }
        return Int(nodes[node].field)
    }
}
