/// Gives numbers to fields, atoms, constraints and rules.
struct AutomatonBuilder {
    private(set) var paths = PathTable()
    private(set) var atoms: [Atom] = []
    private(set) var constraints = ConstraintTable()
    private var knownAtoms: [Atom: UInt32] = [:]
    private var knownConstraints: [FieldConstraint: UInt32] = [:]
    /// How many different constraints each field has: the more, the fewer rules one of them keeps.
    private var variety: [UInt32] = []

    mutating func add(_ alternative: Alternative, name: UInt32) {
        let start = constraints.parts.count
        for field in alternative {
            constraints.parts.append(number(of: field))
        }
        let run = Run(start: UInt32(start), count: UInt32(constraints.parts.count - start))
        constraints.rules.append(ConstraintTable.Rule(name: name, parts: run))
    }

    private mutating func number(of field: FieldConstraint) -> UInt32 {
        if let known = knownConstraints[field] { return known }
        let number = UInt32(constraints.entries.count)
        knownConstraints[field] = number
        let id = paths.insert(field.path)
        while variety.count <= id { variety.append(0) }
        variety[id] += 1
        let tests = field.constraint.tests.filter { $0 != .present }
        let anyOf = add(tests, field: id)
        let lists = field.constraint.excluded.map { add($0, field: id) }
        let excluded = Run(start: UInt32(constraints.exclusions.count), count: UInt32(lists.count))
        constraints.exclusions += lists
        constraints.entries.append(
            ConstraintTable.Entry(
                field: UInt32(id), anyOf: anyOf, excluded: excluded,
                present: tests.count != field.constraint.tests.count, absent: field.constraint.absent))
        return number
    }

    private mutating func add(_ tests: [Test], field: Int) -> Run {
        var numbers: Set<UInt32> = []
        for test in tests {
            let atom = Atom(field: field, test: test.simplified)
            let number = knownAtoms[atom] ?? UInt32(atoms.count)
            if number == UInt32(atoms.count) {
                knownAtoms[atom] = number
                atoms.append(atom)
            }
            numbers.insert(number)
        }
        let start = constraints.atoms.count
        constraints.atoms += numbers.sorted()
        return Run(start: UInt32(start), count: UInt32(numbers.count))
    }

    /// Every rule's constraints are taken in an order that leaves few rules early: plain tests before exclusions and
    /// absences, and fields of many different constraints before those of few.
    func buildTree() -> JoinTree {
        var builder = JoinTreeBuilder()
        let ranks = constraints.entries.map { entry in
            let isPlain = entry.excluded.isEmpty && !entry.present && !entry.absent
            return (isPlain ? 0 : entry.absent ? 2 : 1, UInt32.max - variety[Int(entry.field)], entry.field)
        }
        for (number, rule) in constraints.rules.enumerated() {
            let parts = constraints.parts[rule.parts.range].sorted { ranks[Int($0)] < ranks[Int($1)] }
            builder.add(parts, rule: UInt32(number))
        }
        return builder.build(constraints)
    }
}

extension Test {
    /// A glob without a choice is a plain string, which is found faster.
    fileprivate var simplified: Test {
        if case .glob(let glob) = self, let literal = glob.literal { return .string(literal) }
        return self
    }
}
