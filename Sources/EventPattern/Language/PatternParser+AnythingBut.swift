extension PatternParser {
    /// A string, a number, a list of one of the two, or one operator over a string or a list of strings.
    mutating func anythingBut(_ value: SourceValue) throws(PatternError) -> [Test] {
        switch value.kind {
        case .object(let members):
            let member = try onlyMember(members, at: value.offset)
            let name = String(decoding: member.key, as: UTF8.self)
            return try at(name) { (parser) throws(PatternError) in try parser.anythingBut(name, member) }
        case .array(let values): return try plainList(values, at: value.offset)
        default: return [try plain(value)]
        }
    }

    private func plain(_ value: SourceValue) throws(PatternError) -> Test {
        switch value.kind {
        case .string(let text): .string(text)
        case .number(let text): .number(try comparable(text, at: value.offset))
        default: throw error("anything-but takes strings or numbers", value.offset)
        }
    }

    private mutating func plainList(_ values: [SourceValue], at offset: Int) throws(PatternError) -> [Test] {
        guard !values.isEmpty else { throw error("anything-but needs something to exclude", offset) }
        var tests: [Test] = []
        var numbers = 0
        for (index, value) in values.enumerated() {
            try at(String(index)) { (parser) throws(PatternError) in
                tests.append(try parser.plain(value))
                if case .number = value.kind { numbers += 1 }
                guard numbers == 0 || numbers == tests.count else {
                    throw parser.error("a list of anything-but has only strings or only numbers", value.offset)
                }
            }
        }
        return tests
    }

    private mutating func anythingBut(_ name: String, _ member: SourceMember) throws(PatternError) -> [Test] {
        guard ["prefix", "suffix", "equals-ignore-case", "wildcard"].contains(name) else {
            throw error("\"\(name)\" cannot stand inside anything-but", member.keyOffset)
        }
        guard case .array(let values) = member.value.kind else { return [try shape(name, member.value)] }
        guard !values.isEmpty else { throw error("anything-but needs something to exclude", member.value.offset) }
        var tests: [Test] = []
        for (index, value) in values.enumerated() {
            tests.append(try at(String(index)) { (parser) throws(PatternError) in try parser.shape(name, value) })
        }
        return tests
    }

    private mutating func shape(_ name: String, _ value: SourceValue) throws(PatternError) -> Test {
        let text = try string(value)
        switch name {
        case "wildcard": return try wildcard(value)
        case "equals-ignore-case": return try test(Glob(text, ignoringCase: true, anchor: .whole), at: value.offset)
        default:
            guard !text.isEmpty else { throw error("an empty \(name) would exclude every string", value.offset) }
            return try test(Glob(text, ignoringCase: false, anchor: name == "prefix" ? .start : .end), at: value.offset)
        }
    }
}
