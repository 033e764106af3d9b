/// Builds the tree as a trie over each rule's list of constraints, then lays it out.
struct JoinTreeBuilder {
    private struct Draft {
        var children: [(constraint: UInt32, node: UInt32)] = []
        var rules: [UInt32] = []
    }

    private struct Step: Hashable {
        let node: UInt32
        let constraint: UInt32
    }

    private var drafts = [Draft()]
    private var known: [Step: UInt32] = [:]

    mutating func add(_ parts: [UInt32], rule: UInt32) {
        var node: UInt32 = 0
        for constraint in parts {
            let step = Step(node: node, constraint: constraint)
            if let next = known[step] {
                node = next
            } else {
                let next = UInt32(drafts.count)
                drafts.append(Draft())
                drafts[Int(node)].children.append((constraint, next))
                known[step] = next
                node = next
            }
        }
        drafts[Int(node)].rules.append(rule)
    }

    func build(_ constraints: ConstraintTable) -> JoinTree {
        var tree = JoinTree()
        tree.nodes.reserveCapacity(drafts.count)
        for (number, draft) in drafts.enumerated() {
            var node = JoinTree.Node()
            node.rules = append(draft.rules, to: &tree.rules)
            node.groups.start = UInt32(tree.groups.count)
            let sorted = draft.children.sorted {
                constraints.entries[Int($0.constraint)].field < constraints.entries[Int($1.constraint)].field
            }
            for children in sorted.split(onChangeOf: { constraints.entries[Int($0.constraint)].field }) {
                addGroup(children, of: UInt32(number), constraints, &tree)
            }
            node.groups.count = UInt32(tree.groups.count) - node.groups.start
            tree.nodes.append(node)
        }
        return tree
    }

    private func addGroup(
        _ children: ArraySlice<(constraint: UInt32, node: UInt32)>, of node: UInt32, _ constraints: ConstraintTable,
        _ tree: inout JoinTree
    ) {
        guard let first = children.first else { return }
        var group = JoinTree.Group(field: constraints.entries[Int(first.constraint)].field)
        var edges: [JoinTree.Edge] = []
        var exclusions: [JoinTree.Exclusion] = []
        var present: [UInt32] = []
        var absent: [UInt32] = []
        for child in children {
            let entry = constraints.entries[Int(child.constraint)]
            for atom in constraints.atoms[entry.anyOf.range] { edges.append(.init(atom: atom, target: child.node)) }
            for list in constraints.exclusions[entry.excluded.range] { exclusions.append(.init(list: list, target: child.node)) }
            if entry.present { present.append(child.node) }
            if entry.absent { absent.append(child.node) }
        }
        edges.sort { ($0.atom, $0.target) < ($1.atom, $1.target) }
        group.edges = append(edges, to: &tree.edges)
        group.exclusions = append(exclusions, to: &tree.exclusions)
        group.present = append(present, to: &tree.targets)
        group.absent = append(absent, to: &tree.targets)
        if edges.count > EdgeIndex.searchedInPlace {
            for run in edges[...].split(onChangeOf: { $0.atom }) {
                let start = group.edges.start + UInt32(run.startIndex)
                tree.index.insert(node: node, atom: edges[run.startIndex].atom, Run(start: start, count: UInt32(run.count)))
            }
        }
        tree.groups.append(group)
    }

    private func append<T>(_ items: [T], to list: inout [T]) -> Run {
        let run = Run(start: UInt32(list.count), count: UInt32(items.count))
        list.append(contentsOf: items)
        return run
    }
}

extension RandomAccessCollection where Index == Int {
    /// Runs of neighbours with the same key.
    fileprivate func split<Key: Equatable>(onChangeOf key: (Element) -> Key) -> [SubSequence] {
        var runs: [SubSequence] = []
        var start = startIndex
        for index in indices where index > startIndex && key(self[index]) != key(self[index - 1]) {
            runs.append(self[start..<index])
            start = index
        }
        if start < endIndex { runs.append(self[start..<endIndex]) }
        return runs
    }
}
