/// Makes `GlobAutomaton` deterministic as far as events need: a state is a set of nodes, made when an event first
/// reaches it. What is kept is bounded. Once the bound is reached, what is not known is simulated node by node, and after
/// enough of that the states are forgotten and made anew from what events are like by then. So a byte costs at most one
/// look at each node that is active, however patterns and text are chosen.
struct GlobMachine {
    private struct State {
        let nodes: Run
        /// Atoms that hold from here on, and atoms that hold if the string ends here: in `outputs`.
        let now: Run
        let end: Run
    }

    private static let unknown: UInt32 = 0
    private static let dead: UInt32 = 1
    private static let firstState: UInt32 = 2

    private let automaton: GlobAutomaton
    private let capacity: Int
    private let patience: Int
    private var transitions: [UInt32] = []
    private var states: [State] = []
    private var nodes: [UInt32] = []
    private var outputs: [UInt32] = []
    private var known: [[UInt32]: UInt32] = [:]
    private var starts: [UInt32]
    private var simulatedBytes = 0
    private var current: [UInt32] = []
    private var next: [UInt32] = []
    /// By node: the step in which it was added to `next` last.
    private var added: [UInt64]
    private var steps: UInt64 = 0

    /// `capacity` counts words of four bytes; `patience` is how many bytes are simulated before states are made anew.
    init(_ automaton: GlobAutomaton, capacity: Int = 2 << 20, patience: Int = 1 << 20) {
        self.automaton = automaton
        self.capacity = capacity
        self.patience = patience
        starts = Array(repeating: Self.unknown, count: automaton.starts.count)
        added = Array(repeating: 0, count: automaton.nodes.count)
    }

    /// Calls `fire` with each atom that holds for the text; an atom can come more than once.
    @inline(__always)
    mutating func run(_ text: Span<UInt8>, _ range: Range<Int>, field: Int, _ fire: (UInt32) -> Void) {
        if starts[field] == Self.unknown { begin(field) }
        var state = starts[field]
        guard state >= Self.firstState else { return }
        emit(states[Int(state - Self.firstState)].now, fire)
        for index in range {
            let byte = text[index]
            let place = Int(state - Self.firstState) * automaton.classCount + Int(automaton.classOfByte[Int(byte)])
            var target = transitions[place]
            if target == Self.unknown { target = step(state, byte, place) }
            if target == Self.dead { return }
            if target == Self.unknown { return simulate(text, index + 1..<range.upperBound, fire) }
            state = target
            emit(states[Int(state - Self.firstState)].now, fire)
        }
        emit(states[Int(state - Self.firstState)].end, fire)
    }

    @inline(__always)
    private func emit(_ run: Run, _ fire: (UInt32) -> Void) {
        guard !run.isEmpty else { return }
        for index in run.range { fire(outputs[index]) }
    }

    /// Between two texts is the time to forget: no state is in use.
    private mutating func begin(_ field: Int) {
        guard let start = automaton.starts[field] else { return starts[field] = Self.dead }
        steps += 1
        next.removeAll(keepingCapacity: true)
        enter(start)
        if !hasRoom { forget() }
        starts[field] = state(for: next.sorted())
    }

    /// The next state; `unknown` when there is no room for it, and then `next` has its nodes.
    private mutating func step(_ state: UInt32, _ byte: UInt8, _ place: Int) -> UInt32 {
        current.removeAll(keepingCapacity: true)
        current.append(contentsOf: nodes[states[Int(state - Self.firstState)].nodes.range])
        advance(byte)
        let key = next.sorted()
        guard !key.isEmpty else {
            transitions[place] = Self.dead
            return Self.dead
        }
        guard known[key] != nil || hasRoom else { return Self.unknown }
        transitions[place] = self.state(for: key)
        return transitions[place]
    }

    /// From the nodes in `current` to those in `next`.
    private mutating func advance(_ byte: UInt8) {
        steps += 1
        next.removeAll(keepingCapacity: true)
        for number in current {
            if automaton.nodes[Int(number)].loops { add(number) }
            for edge in automaton.nodes[Int(number)].edges where edge.byte == byte { enter(edge.target) }
        }
    }

    private mutating func enter(_ node: UInt32) {
        var entered: UInt32? = node
        while let number = entered {
            add(number)
            entered = automaton.nodes[Int(number)].star
        }
    }

    private mutating func add(_ node: UInt32) {
        guard added[Int(node)] != steps else { return }
        added[Int(node)] = steps
        next.append(node)
    }

    /// Goes on from the nodes in `next`.
    private mutating func simulate(_ text: Span<UInt8>, _ rest: Range<Int>, _ fire: (UInt32) -> Void) {
        fireAll(\.now, fire)
        for index in rest where !next.isEmpty {
            swap(&current, &next)
            advance(text[index])
            fireAll(\.now, fire)
        }
        fireAll(\.end, fire)
        simulatedBytes += rest.count + 1
        if simulatedBytes > patience { forget() }
    }

    private func fireAll(_ outputs: KeyPath<GlobAutomaton.Node, [UInt32]>, _ fire: (UInt32) -> Void) {
        for number in next {
            for atom in automaton.nodes[Int(number)][keyPath: outputs] { fire(atom) }
        }
    }

    /// Room for one more state of any size.
    private var hasRoom: Bool {
        transitions.count + nodes.count + outputs.count + automaton.classCount < capacity
    }

    private mutating func state(for key: [UInt32]) -> UInt32 {
        if let number = known[key] { return number }
        let number = UInt32(truncatingIfNeeded: states.count) + Self.firstState
        let run = Run(start: UInt32(truncatingIfNeeded: nodes.count), count: UInt32(truncatingIfNeeded: key.count))
        nodes += key
        let now = collect(key, \.now)
        states.append(State(nodes: run, now: now, end: collect(key, \.end)))
        transitions.append(contentsOf: repeatElement(Self.unknown, count: automaton.classCount))
        known[key] = number
        return number
    }

    private mutating func collect(_ key: [UInt32], _ atoms: KeyPath<GlobAutomaton.Node, [UInt32]>) -> Run {
        let start = outputs.count
        for number in key { outputs += automaton.nodes[Int(number)][keyPath: atoms] }
        return Run(start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: outputs.count - start))
    }

    private mutating func forget() {
        simulatedBytes = 0
        transitions.removeAll(keepingCapacity: true)
        states.removeAll(keepingCapacity: true)
        nodes.removeAll(keepingCapacity: true)
        outputs.removeAll(keepingCapacity: true)
        known.removeAll(keepingCapacity: true)
        for index in starts.indices { starts[index] = Self.unknown }
    }
}
