extension PatternParser {
    /// One element of a field's array.
    mutating func value(_ value: SourceValue, into constraint: inout Constraint) throws(PatternError) {
        switch value.kind {
        case .null: constraint.tests.append(.literal(.null))
        case .bool(let flag): constraint.tests.append(.literal(flag ? .yes : .no))
        case .number(let text): constraint.tests.append(.number(DecimalKey(text)))
        case .string(let text):
            constraint.tests.append(.string(text))
            // An address is the same address in every way of writing it.
            if let address = Address(text.span) {
                constraint.tests.append(.network(Network(address, length: address.width)))
            }
        case .array: throw error("an array inside a field's array has no meaning", value.offset)
        case .object(let members):
            let member = try onlyMember(members, at: value.offset)
            let name = String(decoding: member.key, as: UTF8.self)
            try at(name) { (parser) throws(PatternError) in try parser.operation(name, member, into: &constraint) }
        }
    }

    func onlyMember(_ members: [SourceMember], at offset: Int) throws(PatternError) -> SourceMember {
        guard let member = members.first, members.count == 1 else {
            throw error("an operator is an object with exactly one key", members.count > 1 ? members[1].keyOffset : offset)
        }
        return member
    }

    private mutating func operation(
        _ name: String, _ member: SourceMember, into constraint: inout Constraint
    ) throws(PatternError) {
        let value = member.value
        switch name {
        case "exactly": constraint.tests.append(.string(try string(value)))
        case "prefix": constraint.tests.append(try affix(value, anchor: .start))
        case "suffix": constraint.tests.append(try affix(value, anchor: .end))
        case "equals-ignore-case":
            constraint.tests.append(try test(Glob(try string(value), ignoringCase: true, anchor: .whole), at: value.offset))
        case "wildcard": constraint.tests.append(try wildcard(value))
        case "anything-but": constraint.excluded.append(try anythingBut(value))
        case "numeric": constraint.tests.append(try numeric(value))
        case "cidr": constraint.tests.append(.network(try network(value)))
        case "exists":
            guard case .bool(let flag) = value.kind else { throw error("exists is true or false", value.offset) }
            if flag { constraint.tests.append(.present) } else { constraint.absent = true }
        default: throw error("there is no operator \"\(name)\"", member.keyOffset)
        }
    }

    func string(_ value: SourceValue) throws(PatternError) -> [UInt8] {
        guard case .string(let text) = value.kind else { throw error("a string is expected", value.offset) }
        return text
    }

    /// `prefix` and `suffix`: a string, or `equals-ignore-case` with one.
    private mutating func affix(_ value: SourceValue, anchor: Glob.Anchor) throws(PatternError) -> Test {
        guard case .object(let members) = value.kind else {
            return try test(Glob(try string(value), ignoringCase: false, anchor: anchor), at: value.offset)
        }
        let member = try onlyMember(members, at: value.offset)
        let name = String(decoding: member.key, as: UTF8.self)
        return try at(name) { (parser) throws(PatternError) in
            guard name == "equals-ignore-case" else {
                throw parser.error("only equals-ignore-case can stand inside prefix and suffix", member.keyOffset)
            }
            let text = try parser.string(member.value)
            return try parser.test(Glob(text, ignoringCase: true, anchor: anchor), at: member.value.offset)
        }
    }

    mutating func wildcard(_ value: SourceValue) throws(PatternError) -> Test {
        let text = try string(value)
        let glob: Glob
        do {
            glob = try Glob(wildcard: text)
        } catch {
            throw self.error(error.reason, value.offset)
        }
        return try test(glob, at: value.offset)
    }

    private func network(_ value: SourceValue) throws(PatternError) -> Network {
        let text = try string(value)
        do {
            return try Network(cidr: text)
        } catch {
            throw self.error(error.reason, value.offset)
        }
    }
}
