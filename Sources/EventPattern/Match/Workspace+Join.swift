/// From atoms to rules: walks the tree along everything that holds. Each node is visited at most once for an event.
extension Workspace {
    mutating func join(_ event: Span<UInt8>, _ automaton: Automaton) throws(EventError) {
        pending.removeAll(keepingCapacity: true)
        pending.append(0)
        while let node = pending.popLast() {
            let entry = automaton.tree.nodes[Int(node)]
            for index in entry.rules.range { try accept(Int(automaton.tree.rules[index]), event, automaton) }
            for index in entry.groups.range { try follow(automaton.tree.groups[index], of: node, event, automaton) }
        }
    }

    @inline(__always)
    private mutating func visit(_ node: UInt32) {
        guard nodeMarks[Int(node)] != eventCount else { return }
        nodeMarks[Int(node)] = eventCount
        pending.append(node)
    }

    private mutating func follow(
        _ group: JoinTree.Group, of node: UInt32, _ event: Span<UInt8>, _ automaton: Automaton
    ) throws(EventError) {
        let field = Int(group.field)
        let isPresent = fields[field].first >= 0
        // In an array of objects the field may be missing just where it matters; `confirm` looks closer.
        if !isPresent || fields[field].isScoped {
            for index in group.absent.range { visit(automaton.tree.targets[index]) }
        }
        guard isPresent else { return }
        for index in group.present.range { visit(automaton.tree.targets[index]) }
        guard !group.edges.isEmpty || !group.exclusions.isEmpty else { return }
        try evaluate(field, event, automaton)
        if group.edges.count <= EdgeIndex.searchedInPlace {
            for index in group.edges.range {
                let edge = automaton.tree.edges[index]
                if marks[Int(edge.atom)] > eventSerial { visit(edge.target) }
            }
        } else {
            for place in fields[field].held.range {
                guard let run = automaton.tree.index.find(node: node, atom: held[place]) else { continue }
                for index in run.range { visit(automaton.tree.edges[index].target) }
            }
        }
        for index in group.exclusions.range {
            let exclusion = automaton.tree.exclusions[index]
            if avoids(exclusion.list, field, automaton.constraints) { visit(exclusion.target) }
        }
    }

    /// Whether one of the field's leaves avoids the whole list.
    private func avoids(_ list: Run, _ field: Int, _ constraints: ConstraintTable) -> Bool {
        var leaf = Int(fields[field].first)
        while leaf >= 0 {
            if constraints.avoids(list, held[leaves[leaf].held.range]) { return true }
            leaf = Int(leaves[leaf].next)
        }
        return false
    }

    private mutating func accept(_ rule: Int, _ event: Span<UInt8>, _ automaton: Automaton) throws(EventError) {
        let rule = automaton.constraints.rules[rule]
        guard nameMarks[Int(rule.name)] != eventCount else { return }
        if !scopes.isEmpty, needsConfirmation(rule, automaton.constraints) {
            guard try confirm(rule, event, automaton) else { return }
        }
        nameMarks[Int(rule.name)] = eventCount
        matched.append(rule.name)
    }

    /// One field inside arrays of objects cannot contradict itself; two can, and so can one that may be absent.
    private func needsConfirmation(_ rule: ConstraintTable.Rule, _ constraints: ConstraintTable) -> Bool {
        var scoped = 0
        for part in constraints.parts[rule.parts.range] {
            let entry = constraints.entries[Int(part)]
            guard fields[Int(entry.field)].isScoped else { continue }
            scoped += entry.absent ? 2 : 1
        }
        return scoped >= 2
    }
}
