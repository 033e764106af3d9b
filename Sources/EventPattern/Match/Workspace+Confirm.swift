/// Arrays of objects: the fields that a rule finds inside one array must come from one and the same element of it, and
/// a field that must be absent must be absent there. The tree does not know elements, so a rule it proposes for an event
/// with such arrays is looked at again here, at a cost linear in the leaves of the rule's fields.
extension Workspace {
    /// One part of a rule and those of its leaves that are still in question.
    private struct Item {
        let entry: ConstraintTable.Entry
        var leaves: [Int]
    }

    private enum Outcome {
        /// Something is missing, or is there that must not be.
        case fails
        /// Nothing speaks against it, but no leaf was used: only absences.
        case vacuous
        case holds
    }

    mutating func confirm(
        _ rule: ConstraintTable.Rule, _ event: Span<UInt8>, _ automaton: Automaton
    ) throws(EventError) -> Bool {
        var items: [Item] = []
        for index in rule.parts.range {
            let entry = automaton.constraints.entries[Int(automaton.constraints.parts[index])]
            try evaluate(Int(entry.field), event, automaton)
            var item = Item(entry: entry, leaves: [])
            var leaf = Int(fields[Int(entry.field)].first)
            while leaf >= 0 {
                item.leaves.append(leaf)
                leaf = Int(leaves[leaf].next)
            }
            items.append(item)
        }
        return outcome(items, in: 0, automaton.constraints) != .fails
    }

    private func outcome(_ items: [Item], in scope: UInt32, _ constraints: ConstraintTable) -> Outcome {
        var outcome = Outcome.vacuous
        var groups: [UInt32: ElementGroup] = [:]
        for (number, item) in items.enumerated() {
            var below: [(element: UInt32, leaf: Int)] = []
            var isSatisfied = false
            var isHere = false
            for leaf in item.leaves {
                guard leaves[leaf].scope == scope else {
                    below.append((element(of: leaf, below: scope), leaf))
                    continue
                }
                isHere = true
                if constraints.holds(item.entry, held[leaves[leaf].held.range]) { isSatisfied = true }
            }
            if isSatisfied {
                outcome = .holds
            } else if let first = below.first {
                let array = scopes[Int(first.element)].array
                groups[array, default: ElementGroup()].add(number, below.filter { scopes[Int($0.element)].array == array })
            } else if isHere || !item.entry.absent {
                return .fails
            }
        }
        for group in groups.values {
            guard isSatisfiable(group, items, constraints) else { return .fails }
            outcome = .holds
        }
        return outcome
    }

    /// The items whose leaves are in one array, and by element which leaf of which item is there.
    private struct ElementGroup {
        var items: [Int] = []
        var elements: [UInt32: [Int: [Int]]] = [:]

        mutating func add(_ item: Int, _ found: [(element: UInt32, leaf: Int)]) {
            items.append(item)
            for (element, leaf) in found { elements[element, default: [:]][item, default: []].append(leaf) }
        }
    }

    /// Whether one element satisfies all of the group's items.
    private func isSatisfiable(_ group: ElementGroup, _ items: [Item], _ constraints: ConstraintTable) -> Bool {
        group.elements.contains { element, found in
            let inside = group.items.map { Item(entry: items[$0].entry, leaves: found[$0] ?? []) }
            return outcome(inside, in: element, constraints) == .holds
        }
    }

    /// The element around the leaf whose array stands directly in `scope`.
    private func element(of leaf: Int, below scope: UInt32) -> UInt32 {
        var element = leaves[leaf].scope
        while element != 0, scopes[Int(element)].parent != scope { element = scopes[Int(element)].parent }
        return element
    }
}
