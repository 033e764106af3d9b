/// The tree that joins the fields of all rules (see `Automaton`), laid out in flat arrays.
struct JoinTree: Sendable {
    struct Node: Sendable {
        /// Rules that are complete here.
        var rules = Run()
        var groups = Run()
    }

    /// A node's steps by one field.
    struct Group: Sendable {
        var field: UInt32
        /// Steps by an atom that holds.
        var edges = Run()
        /// Steps by a list of atoms none of which holds.
        var exclusions = Run()
        /// Steps taken when the field has any leaf, and when it has none: runs of `targets`.
        var present = Run()
        var absent = Run()
    }

    struct Edge: Sendable {
        let atom: UInt32
        let target: UInt32
    }

    struct Exclusion: Sendable {
        let list: Run
        let target: UInt32
    }

    var nodes: [Node] = []
    var groups: [Group] = []
    var rules: [UInt32] = []
    /// Sorted by atom within a group.
    var edges: [Edge] = []
    var exclusions: [Exclusion] = []
    var targets: [UInt32] = []
    var index = EdgeIndex()
}

/// From (node, atom) to a run of edges. Groups of few edges are searched in place and are not in here.
struct EdgeIndex: Sendable {
    private struct Slot {
        var key: UInt64 = .max
        var run = Run()
    }

    static let searchedInPlace = 4

    private var slots = [Slot(), Slot()]
    private var count = 0

    mutating func insert(node: UInt32, atom: UInt32, _ run: Run) {
        count += 1
        if count * 2 > slots.count {
            let old = slots
            slots = Array(repeating: Slot(), count: old.count * 2)
            for slot in old where slot.key != .max { place(slot) }
        }
        place(Slot(key: UInt64(node) << 32 | UInt64(atom), run: run))
    }

    private mutating func place(_ slot: Slot) {
        var index = Self.mix(slot.key) & (slots.count - 1)
        while slots[index].key != .max { index = (index + 1) & (slots.count - 1) }
        slots[index] = slot
    }

    @inline(__always)
    private static func mix(_ key: UInt64) -> Int {
        let product = key.multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
        return Int(truncatingIfNeeded: product.high ^ product.low)
    }

    @inline(__always)
    func find(node: UInt32, atom: UInt32) -> Run? {
        let key = UInt64(node) << 32 | UInt64(atom)
        let slots = slots.span
        var index = Self.mix(key) & (slots.count - 1)
        while true {
            let slot = slots[index]
            if slot.key == key { return slot.run }
            if slot.key == .max { return nil }
            index = (index + 1) & (slots.count - 1)
        }
    }
}
