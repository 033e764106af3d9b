/// Which atoms hold for the leaves of a field; asked once for each field and event, and only when a rule needs it.
extension Workspace {
    mutating func evaluate(_ field: Int, _ event: Span<UInt8>, _ automaton: Automaton) throws(EventError) {
        let first = Int(fields[field].first)
        guard first >= 0, !fields[field].isEvaluated else { return }
        fields[field].isEvaluated = true
        var leaf = first
        while leaf >= 0 {
            let start = held.count
            try evaluate(leaf: leaf, of: field, event, automaton)
            leaves[leaf].held = Run(
                start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: held.count - start))
            leaf = Int(leaves[leaf].next)
        }
        fields[field].held = leaves[first].next < 0 ? leaves[first].held : union(from: first)
    }

    /// Each atom once. Marks cannot serve here: they are needed to tell what holds for any leaf.
    private mutating func union(from first: Int) -> Run {
        var atoms: Set<UInt32> = []
        var leaf = first
        while leaf >= 0 {
            atoms.formUnion(held[leaves[leaf].held.range])
            leaf = Int(leaves[leaf].next)
        }
        let start = held.count
        held.append(contentsOf: atoms)
        return Run(start: UInt32(truncatingIfNeeded: start), count: UInt32(truncatingIfNeeded: atoms.count))
    }

    private mutating func evaluate(
        leaf number: Int, of field: Int, _ event: Span<UInt8>, _ automaton: Automaton
    ) throws(EventError) {
        leafSerial += 1
        let leaf = leaves[number]
        let range = Int(leaf.start)..<Int(leaf.end)
        switch leaf.kind {
        case .null: hold(automaton.fields[field].literals[Literal.null.rawValue])
        case .no: hold(automaton.fields[field].literals[Literal.no.rawValue])
        case .yes: hold(automaton.fields[field].literals[Literal.yes.rawValue])
        case .number: evaluate(number: event, range, field, automaton)
        case .string: evaluate(string: event, range, field, automaton)
        case .escapedString:
            text.removeAll(keepingCapacity: true)
            try JSONScan.unescape(event, range, into: &text)
            let decoded = text
            evaluate(string: decoded.span, 0..<decoded.count, field, automaton)
        }
    }

    @inline(__always)
    private mutating func hold(_ atom: Int32) {
        if atom >= 0 { hold(UInt32(truncatingIfNeeded: atom)) }
    }

    @inline(__always)
    private mutating func hold(_ atom: UInt32) {
        guard marks[Int(atom)] != leafSerial else { return }
        marks[Int(atom)] = leafSerial
        held.append(atom)
    }

    @inline(__always)
    private mutating func evaluate(string text: Span<UInt8>, _ range: Range<Int>, _ field: Int, _ automaton: Automaton) {
        if automaton.fields[field].hasStrings,
            let atom = automaton.values.find(UInt32(truncatingIfNeeded: field * 2), text, range)
        {
            hold(atom)
        }
        if automaton.fields[field].hasGlobs {
            let serial = leafSerial
            globs.run(text, range, field: field) { atom in
                guard marks[Int(atom)] != serial else { return }
                marks[Int(atom)] = serial
                held.append(atom)
            }
        }
        let networks = automaton.fields[field].networks
        if networks >= 0, let address = Address(text.extracting(range)) {
            automaton.networks[Int(networks)].forEachContaining(address) { hold($0) }
        }
    }

    private mutating func evaluate(number text: Span<UInt8>, _ range: Range<Int>, _ field: Int, _ automaton: Automaton) {
        let ranges = automaton.fields[field].ranges
        guard automaton.fields[field].hasNumbers || ranges >= 0 else { return }
        var key: [UInt8] = []
        DecimalKey.append(text.extracting(range), to: &key)
        if automaton.fields[field].hasNumbers,
            let atom = automaton.values.find(UInt32(truncatingIfNeeded: field * 2 + 1), key.span, 0..<key.count)
        {
            hold(atom)
        }
        if ranges >= 0 { automaton.ranges[Int(ranges)].forEachContaining(key) { hold($0) } }
    }
}
