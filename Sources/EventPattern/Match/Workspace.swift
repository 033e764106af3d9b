/// What one thread needs while it matches; kept between events, so that matching allocates nothing once it is warm.
struct Workspace: ~Copyable {
    /// A value of the event that a pattern names.
    struct Leaf {
        enum Kind: UInt8 {
            case string, escapedString, number, null, no, yes
        }

        let kind: Kind
        let start: UInt32
        let end: UInt32
        /// The element of an array of objects that it is in, or 0.
        let scope: UInt32
        /// The next leaf of the same field, or -1.
        var next: Int32 = -1
        /// Atoms that hold for it, in `held`.
        var held = Run()
    }

    struct FieldState {
        var first: Int32 = -1
        var last: Int32 = -1
        var isEvaluated = false
        /// A leaf of it is in an element of an array of objects.
        var isScoped = false
        /// Atoms that hold for any of the field's leaves, in `held`.
        var held = Run()
    }

    /// One element of an array whose elements can have fields.
    struct Scope {
        let parent: UInt32
        let array: UInt32
    }

    var leaves: [Leaf] = []
    var fields: [FieldState]
    var touched: [UInt32] = []
    var scopes: [Scope] = []
    var arrayCount: UInt32 = 0
    var held: [UInt32] = []
    /// By atom: the leaf, counted over all events, for which it held last.
    var marks: [UInt32]
    var leafSerial: UInt32 = 0
    /// `leafSerial` before this event: an atom with a greater mark holds for one of its leaves.
    var eventSerial: UInt32 = 0
    /// By node and by name: the event in which it was reached last.
    var nodeMarks: [UInt32]
    var nameMarks: [UInt32]
    var eventCount: UInt32 = 0
    var pending: [UInt32] = []
    var matched: [UInt32] = []
    var text: [UInt8] = []
    var globs: GlobMachine

    init(_ automaton: Automaton) {
        fields = Array(repeating: FieldState(), count: automaton.paths.fieldCount)
        marks = Array(repeating: 0, count: automaton.atomCount)
        nodeMarks = Array(repeating: 0, count: automaton.tree.nodes.count)
        nameMarks = Array(repeating: 0, count: automaton.nameCount)
        globs = GlobMachine(automaton.globs)
    }

    /// Forgets the last event. The counters start over long before they could wrap.
    mutating func begin() {
        for field in touched { fields[Int(field)] = FieldState() }
        touched.removeAll(keepingCapacity: true)
        leaves.removeAll(keepingCapacity: true)
        scopes.removeAll(keepingCapacity: true)
        held.removeAll(keepingCapacity: true)
        matched.removeAll(keepingCapacity: true)
        arrayCount = 0
        if leafSerial > .max / 2 || eventCount == .max {
            for index in marks.indices { marks[index] = 0 }
            for index in nodeMarks.indices { nodeMarks[index] = 0 }
            for index in nameMarks.indices { nameMarks[index] = 0 }
            leafSerial = 0
            eventCount = 0
        }
        eventCount += 1
        eventSerial = leafSerial
    }

    /// Numbers in `matched`: the names of the patterns that match the event, each once.
    mutating func match(_ event: Span<UInt8>, _ automaton: Automaton) throws(EventError) {
        guard event.count <= Int32.max else { throw EventError(offset: 0, reason: "an event of more than 2 GiB") }
        begin()
        try scan(event, automaton.paths)
        try join(event, automaton)
    }
}
