/// Makes `GlobAutomaton` deterministic while it reads: a state is a set of nodes, made when an event first reaches it.
/// What is kept is bounded; when the bound is reached everything is forgotten and made anew as needed. A byte then
/// costs at most one step of the nondeterministic automaton, however the patterns and the text are chosen.
struct GlobMachine {
    private struct State {
        var nodes: Run
        /// Atoms that hold from here on, and atoms that hold if the string ends here: in `outputs`.
        var now: Run
        var end: Run
    }

    private static let unknown: UInt32 = 0
    private static let dead: UInt32 = 1
    private static let firstState: UInt32 = 2

    private let automaton: GlobAutomaton
    private let capacity: Int
    private var transitions: [UInt32] = []
    private var states: [State] = []
    private var nodes: [UInt32] = []
    private var outputs: [UInt32] = []
    private var known: [[UInt32]: UInt32] = [:]
    private var starts: [UInt32]
    private var next: [UInt32] = []

    /// `capacity` counts words of four bytes in tables.
    init(_ automaton: GlobAutomaton, capacity: Int = 2 << 20) {
        self.automaton = automaton
        self.capacity = capacity
        starts = Array(repeating: Self.unknown, count: automaton.starts.count)
    }

    /// Calls `fire` with each atom that holds for the text; an atom can come more than once.
    @inline(__always)
    mutating func run(_ text: Span<UInt8>, _ range: Range<Int>, field: Int, _ fire: (UInt32) -> Void) {
        var state = starts[field]
        if state == Self.unknown {
            guard let start = automaton.starts[field] else { return }
            state = make(closure(of: start), for: nil, field: field)
        }
        emit(states[Int(state - Self.firstState)].now, fire)
        for index in range {
            let byte = text[index]
            let column = Int(automaton.classOfByte[Int(byte)])
            let row = Int(state - Self.firstState) * automaton.classCount
            var target = transitions[row + column]
            if target == Self.unknown { target = step(state, byte, row + column) }
            if target == Self.dead { return }
            state = target
            emit(states[Int(state - Self.firstState)].now, fire)
        }
        emit(states[Int(state - Self.firstState)].end, fire)
    }

    @inline(__always)
    private func emit(_ run: Run, _ fire: (UInt32) -> Void) {
        guard run.count > 0 else { return }
        for index in run.range { fire(outputs[index]) }
    }

    private func closure(of node: UInt32) -> [UInt32] {
        var nodes = [node]
        var current = node
        while let star = automaton.nodes[Int(current)].star {
            nodes.append(star)
            current = star
        }
        return nodes
    }

    private mutating func step(_ state: UInt32, _ byte: UInt8, _ place: Int) -> UInt32 {
        next.removeAll(keepingCapacity: true)
        for index in states[Int(state - Self.firstState)].nodes.range {
            let number = nodes[index]
            let node = automaton.nodes[Int(number)]
            if node.loops { next.append(number) }
            for edge in node.edges where edge.byte == byte { next.append(contentsOf: closure(of: edge.target)) }
        }
        guard !next.isEmpty else {
            transitions[place] = Self.dead
            return Self.dead
        }
        return make(next, for: place, field: nil)
    }

    /// The state for a set of nodes, noted where it was asked for: as a transition, or as a field's first state.
    private mutating func make(_ members: [UInt32], for place: Int?, field: Int?) -> UInt32 {
        let key = Set(members).sorted()
        var number = known[key]
        if number == nil {
            if transitions.count + nodes.count + outputs.count + automaton.classCount + key.count > capacity { forget() }
            number = add(key)
        }
        let state = number ?? Self.dead
        // After `forget` the place is gone, and the transition is found again when it is next needed.
        if let place, place < transitions.count, transitions[place] == Self.unknown, number == state, !justForgot {
            transitions[place] = state
        }
        if let field { starts[field] = state }
        justForgot = false
        return state
    }

    private var justForgot = false

    private mutating func add(_ key: [UInt32]) -> UInt32 {
        let number = UInt32(states.count) + Self.firstState
        let run = Run(start: UInt32(nodes.count), count: UInt32(key.count))
        nodes += key
        let now = collect(key.lazy.flatMap { [automaton] in automaton.nodes[Int($0)].now })
        let end = collect(key.lazy.flatMap { [automaton] in automaton.nodes[Int($0)].end })
        states.append(State(nodes: run, now: now, end: end))
        transitions.append(contentsOf: repeatElement(Self.unknown, count: automaton.classCount))
        known[key] = number
        return number
    }

    private mutating func collect(_ atoms: some Sequence<UInt32>) -> Run {
        let start = outputs.count
        outputs.append(contentsOf: atoms)
        return Run(start: UInt32(start), count: UInt32(outputs.count - start))
    }

    private mutating func forget() {
        transitions.removeAll(keepingCapacity: true)
        states.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
        outputs.removeAll(keepingCapacity: true)
        known.removeAll(keepingCapacity: true)
        for index in starts.indices { starts[index] = Self.unknown }
        justForgot = true
    }
}
