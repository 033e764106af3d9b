@testable import EventPattern

/// The language said as plainly as possible: flatten the event to leaves, then try every choice of leaves. Exponential,
/// and made of none of the automaton's parts.
struct NaiveMatcher {
    struct Leaf {
        let path: FieldPath
        let value: SourceValue.Kind
        /// Which element of which array it is in.
        let elements: [Int: Int]
    }

    private var leaves: [Leaf] = []
    private var arrays = 0

    static func matches(_ pattern: Pattern, _ event: [UInt8]) throws -> Bool {
        var matcher = NaiveMatcher()
        var reader = SourceReader(event, depth: 64)
        matcher.flatten(try reader.document(), path: [], elements: [:])
        return pattern.alternatives.contains { matcher.satisfies($0[...], chosen: [:], missing: []) }
    }

    private mutating func flatten(_ value: SourceValue, path: FieldPath, elements: [Int: Int]) {
        switch value.kind {
        case .object(let members):
            for member in members {
                let keys = member.key.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init)
                flatten(member.value, path: path + keys, elements: elements)
            }
        case .array(let values):
            let array = arrays
            arrays += 1
            for (index, value) in values.enumerated() {
                flatten(value, path: path, elements: elements.merging([array: index]) { $1 })
            }
        default: leaves.append(Leaf(path: path, value: value.kind, elements: elements))
        }
    }

    private func isConsistent(_ a: [Int: Int], _ b: [Int: Int]) -> Bool {
        a.allSatisfy { b[$0.key] == nil || b[$0.key] == $0.value }
    }

    private func satisfies(_ fields: ArraySlice<FieldConstraint>, chosen: [Int: Int], missing: [FieldPath]) -> Bool {
        guard let field = fields.first else {
            return missing.allSatisfy { path in !leaves.contains { $0.path == path && isConsistent($0.elements, chosen) } }
        }
        if field.constraint.absent, satisfies(fields.dropFirst(), chosen: chosen, missing: missing + [field.path]) {
            return true
        }
        return leaves.contains { leaf in
            leaf.path == field.path && isConsistent(leaf.elements, chosen) && holds(field.constraint, leaf.value)
                && satisfies(fields.dropFirst(), chosen: chosen.merging(leaf.elements) { $1 }, missing: missing)
        }
    }

    private func holds(_ constraint: Constraint, _ value: SourceValue.Kind) -> Bool {
        constraint.tests.contains { passes($0, value) }
            || constraint.excluded.contains { list in !list.contains { passes($0, value) } }
    }

    private func passes(_ test: Test, _ value: SourceValue.Kind) -> Bool {
        switch (test, value) {
        case (.present, _): true
        case (.string(let wanted), .string(let text)): wanted == text
        case (.number(let wanted), .number(let text)): wanted == DecimalKey(text)
        case (.literal(.null), .null): true
        case (.literal(let wanted), .bool(let flag)): wanted == (flag ? .yes : .no)
        case (.glob(let glob), .string(let text)): Self.matches(glob.steps[...], text[...])
        case (.network(let network), .string(let text)):
            Address(text.span).map { Network($0, length: min(network.length, $0.width)) == network } ?? false
        case (.range(let range), .number(let text)): Self.contains(range, DecimalKey(text))
        default: false
        }
    }

    private static func contains(_ range: NumericRange, _ key: DecimalKey) -> Bool {
        if let low = range.low, key < low.key || key == low.key && !low.included { return false }
        if let high = range.high, high.key < key || key == high.key && !high.included { return false }
        return true
    }

    static func matches(_ steps: ArraySlice<Glob.Step>, _ text: ArraySlice<UInt8>) -> Bool {
        guard let step = steps.first else { return text.isEmpty }
        switch step {
        case .byte(let byte): return text.first == byte && matches(steps.dropFirst(), text.dropFirst())
        case .oneOf(let forms):
            return forms.contains { text.starts(with: $0) && matches(steps.dropFirst(), text.dropFirst($0.count)) }
        case .star:
            return matches(steps.dropFirst(), text) || !text.isEmpty && matches(steps, text.dropFirst())
        }
    }
}
