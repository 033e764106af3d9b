/// One test of one field.
struct Atom: Hashable, Sendable {
    let field: Int
    let test: Test
}

/// A run of entries in one of the tables' arrays.
struct Run: Sendable {
    var start: UInt32 = 0
    var count: UInt32 = 0

    var range: Range<Int> { Int(start)..<Int(start) + Int(count) }
    var isEmpty: Bool { count == 0 }
}

/// The constraints and rules with their tests as numbers, for questions about one leaf.
struct ConstraintTable: Sendable {
    struct Entry: Sendable {
        let field: UInt32
        /// Atoms, sorted: one of them is enough.
        let anyOf: Run
        /// Lists of atoms: avoiding one list whole is enough.
        let excluded: Run
        let present: Bool
        let absent: Bool
    }

    struct Rule: Sendable {
        let name: UInt32
        /// Constraints, all of which must hold.
        let parts: Run
    }

    var entries: [Entry] = []
    var atoms: [UInt32] = []
    var exclusions: [Run] = []
    var rules: [Rule] = []
    var parts: [UInt32] = []

    func contains(_ run: Run, _ atom: UInt32) -> Bool {
        var low = Int(run.start)
        var high = run.range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if atoms[middle] == atom { return true }
            if atoms[middle] < atom { low = middle + 1 } else { high = middle }
        }
        return false
    }

    /// Whether a leaf for which `held` hold satisfies the constraint.
    func holds(_ entry: Entry, _ held: ArraySlice<UInt32>) -> Bool {
        entry.present || held.contains { contains(entry.anyOf, $0) }
            || entry.excluded.range.contains { avoids(exclusions[$0], held) }
    }

    func avoids(_ list: Run, _ held: ArraySlice<UInt32>) -> Bool {
        !held.contains { contains(list, $0) }
    }
}
