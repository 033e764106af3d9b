/// Turns a JSON value into alternatives. `$or` is multiplied out as the text is read, from the first key to the last,
/// so that a later key overrides an equal one before it in every alternative.
struct PatternParser {
    let limits: PatternLimits
    let refusingDuplicates: Bool
    private var pointer: [String] = []
    private var path: FieldPath = []
    private var alternatives: [Draft] = [Draft()]
    private var floating = 0

    /// An alternative in the making: the fields in their order, and where each path stands among them.
    private struct Draft {
        var fields: Alternative = []
        var places: [FieldPath: Int] = [:]
    }

    init(limits: PatternLimits, refusingDuplicates: Bool) {
        self.limits = limits
        self.refusingDuplicates = refusingDuplicates
    }

    mutating func pattern(_ root: SourceValue) throws(PatternError) -> [Alternative] {
        guard case .object(let members) = root.kind else { throw error("a pattern is an object", root.offset) }
        try object(members, at: root.offset, insideOr: false)
        return alternatives.map(\.fields)
    }

    func error(_ reason: String, _ offset: Int) -> PatternError {
        PatternError(pointer: pointer.map { "/" + $0 }.joined(), offset: offset, reason: reason)
    }

    /// Runs `body` one step deeper; errors inside say that place.
    mutating func at<R>(
        _ step: String, _ body: (inout PatternParser) throws(PatternError) -> R
    ) throws(PatternError) -> R {
        pointer.append(step.escapedForPointer)
        defer { pointer.removeLast() }
        return try body(&self)
    }

    private mutating func object(
        _ members: [SourceMember], at offset: Int, insideOr: Bool
    ) throws(PatternError) {
        guard !members.isEmpty else { throw error("an empty object matches nothing that could be named", offset) }
        var last: [[UInt8]: Int] = [:]
        for (index, member) in members.enumerated() { last[member.key] = index }
        for (index, member) in members.enumerated() where refusingDuplicates || last[member.key] == index {
            let name = String(decoding: member.key, as: UTF8.self)
            try at(name) { (parser) throws(PatternError) in
                if name == "$or" {
                    try parser.or(member.value)
                } else {
                    try parser.member(member, name: name, insideOr: insideOr)
                }
            }
        }
    }

    private mutating func member(
        _ member: SourceMember, name: String, insideOr: Bool
    ) throws(PatternError) {
        if insideOr, Self.reserved.contains(name) {
            throw error("\"\(name)\" is an operator's name, which an alternative of $or cannot use as a field", member.keyOffset)
        }
        let depth = path.count
        path.append(contentsOf: member.key.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).map(Array.init))
        defer { path.removeSubrange(depth...) }
        switch member.value.kind {
        case .object(let members): try object(members, at: member.value.offset, insideOr: insideOr)
        case .array(let values): try field(values, at: member.value.offset)
        default: throw error("a field's value is an array of what it may be, or an object of fields", member.value.offset)
        }
    }

    private mutating func field(_ values: [SourceValue], at offset: Int) throws(PatternError) {
        guard !values.isEmpty else { throw error("an empty array matches nothing", offset) }
        var constraint = Constraint()
        for (index, value) in values.enumerated() {
            try at(String(index)) { (parser) throws(PatternError) in try parser.value(value, into: &constraint) }
        }
        var total = 0
        for index in alternatives.indices {
            try set(constraint, in: &alternatives[index], at: offset)
            total += alternatives[index].fields.count
        }
        guard total <= limits.fields else {
            throw error("the pattern has more than \(limits.fields) fields when every $or is multiplied out", offset)
        }
    }

    private func set(_ constraint: Constraint, in draft: inout Draft, at offset: Int) throws(PatternError) {
        if let place = draft.places[path] {
            guard !refusingDuplicates else { throw error("the same field stands twice in one pattern", offset) }
            draft.fields[place].constraint = constraint
        } else {
            draft.places[path] = draft.fields.count
            draft.fields.append(FieldConstraint(path: path, constraint: constraint))
        }
    }

    /// A glob as a test, if the pattern may have it.
    mutating func test(_ glob: Glob, at offset: Int) throws(PatternError) -> Test {
        floating += glob.floatingSteps
        guard floating <= limits.floating else {
            throw error("the pattern's wildcards and suffixes have more than \(limits.floating) characters after a *", offset)
        }
        return .glob(glob)
    }

    private mutating func or(_ value: SourceValue) throws(PatternError) {
        guard case .array(let branches) = value.kind else { throw error("$or is an array of objects", value.offset) }
        guard branches.count >= 2 else { throw error("$or needs at least two alternatives", value.offset) }
        let before = alternatives
        var after: [Draft] = []
        for (index, branch) in branches.enumerated() {
            alternatives = before
            try at(String(index)) { (parser) throws(PatternError) in
                guard case .object(let members) = branch.kind else {
                    throw parser.error("an alternative of $or is an object", branch.offset)
                }
                try parser.object(members, at: branch.offset, insideOr: true)
            }
            after += alternatives
            guard after.count <= limits.alternatives,
                after.reduce(0, { $0 + $1.fields.count }) <= limits.fields
            else {
                throw error("the pattern has more than \(limits.alternatives) alternatives when every $or is multiplied out", branch.offset)
            }
        }
        alternatives = after
    }

    /// Names that would make an operator out of a field, had an array been forgotten; as in the first implementation.
    private static let reserved: Set<String> = [
        "exactly", "equals-ignore-case", "prefix", "suffix", "anything-but", "exists", "wildcard", "numeric", "cidr",
        "=", "<", "<=", ">", ">=", "regex", "not-wildcard", "not-equals-ignore-case", "date-after", "date-on-or-after",
        "date-before", "date-on-or-before", "in-date-range", "ip-address-in-range", "ip-address-not-in-range",
    ]
}

extension String {
    /// RFC 6901, section 3.
    fileprivate var escapedForPointer: String {
        guard contains(where: { $0 == "~" || $0 == "/" }) else { return self }
        return map { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) }.joined()
    }
}
