/// Many patterns compiled: read-only, shared by any number of threads.
///
/// - An **atom** is one test of one field; equal tests of different patterns are one atom. A leaf of an event yields the
///   few atoms that hold for it (hash tables, `GlobAutomaton`, `RangeIndex`, `NetworkIndex`), at a cost that does not
///   depend on how many atoms do not hold.
/// - The **tree** joins the fields: the way from its root to a node is the fields that have been satisfied so far, and
///   a node carries the rules that are complete there. A step goes by hash from (node, atom) to the next nodes.
final class Automaton: Sendable {
    struct Field: Sendable {
        var hasStrings = false
        var hasNumbers = false
        var hasGlobs = false
        var ranges: Int32 = -1
        var networks: Int32 = -1
        /// Atoms for null, false and true, or -1.
        var literals: InlineArray<3, Int32> = [-1, -1, -1]
    }

    let paths: PathTable
    let fields: [Field]
    /// Owner `2 * field` for strings, `2 * field + 1` for numbers.
    let values: KeyTable
    let globs: GlobAutomaton
    let ranges: [RangeIndex]
    let networks: [NetworkIndex]
    let atomCount: Int
    let constraints: ConstraintTable
    let tree: JoinTree
    let nameCount: Int

    /// `patterns[i]` has the name number `i`.
    init(_ patterns: [Pattern]) {
        var builder = AutomatonBuilder()
        for (name, pattern) in patterns.enumerated() {
            for alternative in pattern.alternatives { builder.add(alternative, name: UInt32(name)) }
        }
        paths = builder.paths
        nameCount = patterns.count
        constraints = builder.constraints
        tree = builder.buildTree()
        let atoms = builder.atoms
        let tables = ValueTables(atoms, fieldCount: builder.paths.fieldCount)
        fields = tables.fields
        values = tables.values
        globs = tables.globs
        ranges = tables.ranges
        networks = tables.networks
        atomCount = atoms.count
    }
}
