/// All globs of all fields as one nondeterministic automaton over bytes. Globs of a field that begin alike share their
/// nodes, so few nodes are active at a time; `GlobMachine` makes it deterministic as far as events need.
struct GlobAutomaton: Sendable {
    struct Edge: Sendable {
        let byte: UInt8
        let target: UInt32
    }

    struct Node: Sendable {
        var edges: [Edge] = []
        /// The node that is entered together with this one: what follows a `*`.
        var star: UInt32?
        /// Any byte leads back here.
        var loops = false
        /// Atoms that hold once this node is entered, whatever follows (the glob ends with `*`).
        var now: [UInt32] = []
        /// Atoms that hold when the string ends here.
        var end: [UInt32] = []
    }

    private(set) var nodes: [Node] = []
    /// By field: the first node, where the field has globs.
    private(set) var starts: [UInt32?] = []
    /// Bytes that no glob names are all alike: class 0.
    private(set) var classOfByte = [UInt8](repeating: 0, count: 256)
    private(set) var classCount = 1
    private var known: [Label: UInt32] = [:]

    private struct Label: Hashable {
        let node: UInt32
        let step: Glob.Step
        let last: Bool
    }

    init(fields: Int) {
        starts = Array(repeating: nil, count: fields)
    }

    mutating func insert(_ glob: Glob, field: Int, atom: UInt32) {
        var node = starts[field] ?? add()
        starts[field] = node
        for (index, step) in glob.steps.enumerated() {
            node = next(node, step, last: index == glob.steps.count - 1)
        }
        if glob.steps.last == .star { nodes[Int(node)].now.append(atom) } else { nodes[Int(node)].end.append(atom) }
    }

    /// Frees what only building needs.
    mutating func finish() {
        known = [:]
    }

    private mutating func add() -> UInt32 {
        nodes.append(Node())
        return UInt32(nodes.count - 1)
    }

    private mutating func next(_ node: UInt32, _ step: Glob.Step, last: Bool) -> UInt32 {
        let label = Label(node: node, step: step, last: last && step == .star)
        if let target = known[label] { return target }
        let target = add()
        known[label] = target
        switch step {
        case .byte(let byte): connect(node, byte, target)
        case .oneOf(let forms):
            for form in forms {
                var place = node
                for byte in form.dropLast() {
                    let between = add()
                    connect(place, byte, between)
                    place = between
                }
                if let byte = form.last { connect(place, byte, target) }
            }
        case .star: attach(target, to: node, last: last)
        }
        return target
    }

    /// A `*` that ends a glob is left as soon as it is entered; one in the middle stays active to the string's end.
    /// A node can have one of each, so they form a chain.
    private mutating func attach(_ star: UInt32, to node: UInt32, last: Bool) {
        nodes[Int(star)].loops = !last
        nodes[Int(star)].star = nodes[Int(node)].star
        nodes[Int(node)].star = star
    }

    private mutating func connect(_ node: UInt32, _ byte: UInt8, _ target: UInt32) {
        if classOfByte[Int(byte)] == 0, classCount < 256 {
            classOfByte[Int(byte)] = UInt8(classCount)
            classCount += 1
        }
        nodes[Int(node)].edges.append(Edge(byte: byte, target: target))
    }
}
