/// One pass over the event's text. Values at paths that patterns name are noted as leaves; all else is skipped.
extension Workspace {
    private static let depthLimit = 128

    mutating func scan(_ text: Span<UInt8>, _ paths: borrowing PathTable) throws(EventError) {
        let start = JSONScan.space(text, from: 0)
        guard start < text.count, text[start] == UInt8(ascii: "{") else {
            throw EventError(offset: start, reason: "an event is a JSON object")
        }
        let end = try object(text, start, paths, node: PathTable.root, scope: 0, depth: 0)
        let rest = JSONScan.space(text, from: end)
        guard rest == text.count else { throw EventError(offset: rest, reason: "more text after the event") }
    }

    private mutating func value(
        _ text: Span<UInt8>, _ start: Int, _ paths: borrowing PathTable, node: Int, scope: UInt32, depth: Int
    ) throws(EventError) -> Int {
        guard start < text.count else { throw EventError(offset: start, reason: "the text ends where a value is expected") }
        let field = paths.nodes[node].field
        switch text[start] {
        case UInt8(ascii: "\""):
            let (end, escaped) = try JSONScan.stringEnd(text, from: start + 1)
            if field >= 0 { add(escaped ? .escapedString : .string, start + 1, end, Int(field), scope) }
            return end + 1
        case UInt8(ascii: "{"):
            guard paths.nodes[node].hasChildren else { return try JSONScan.skip(text, from: start) }
            return try object(text, start, paths, node: node, scope: scope, depth: depth + 1)
        case UInt8(ascii: "["):
            return try array(text, start, paths, node: node, scope: scope, depth: depth + 1)
        default:
            let end = JSONScan.scalarEnd(text, from: start)
            if JSONScan.isNumber(text, start..<end) {
                if field >= 0 { add(.number, start, end, Int(field), scope) }
            } else if let word = JSONScan.word(text, start..<end) {
                if field >= 0 { add(word == .null ? .null : word == .no ? .no : .yes, start, end, Int(field), scope) }
            } else {
                throw EventError(offset: start, reason: "a value is expected here")
            }
            return end
        }
    }

    private mutating func add(_ kind: Leaf.Kind, _ start: Int, _ end: Int, _ field: Int, _ scope: UInt32) {
        let number = Int32(truncatingIfNeeded: leaves.count)
        leaves.append(
            Leaf(kind: kind, start: UInt32(truncatingIfNeeded: start), end: UInt32(truncatingIfNeeded: end), scope: scope))
        if fields[field].first < 0 {
            fields[field].first = number
            touched.append(UInt32(truncatingIfNeeded: field))
        } else {
            leaves[Int(fields[field].last)].next = number
        }
        fields[field].last = number
        if scope != 0 { fields[field].isScoped = true }
    }

    private mutating func object(
        _ text: Span<UInt8>, _ start: Int, _ paths: borrowing PathTable, node: Int, scope: UInt32, depth: Int
    ) throws(EventError) -> Int {
        guard depth <= Self.depthLimit else { throw EventError(offset: start, reason: "nested too deep") }
        var index = JSONScan.space(text, from: start + 1)
        if index < text.count, text[index] == UInt8(ascii: "}") { return index + 1 }
        while true {
            guard index < text.count, text[index] == UInt8(ascii: "\"") else {
                throw EventError(offset: index, reason: "expected a key in double quotes")
            }
            let (end, escaped) = try JSONScan.stringEnd(text, from: index + 1)
            let child = try child(of: node, text, index + 1..<end, escaped: escaped, paths)
            index = JSONScan.space(text, from: end + 1)
            guard index < text.count, text[index] == UInt8(ascii: ":") else {
                throw EventError(offset: index, reason: "expected a colon after the key")
            }
            index = JSONScan.space(text, from: index + 1)
            if let child {
                index = try value(text, index, paths, node: child, scope: scope, depth: depth)
            } else {
                index = try JSONScan.skip(text, from: index)
            }
            index = JSONScan.space(text, from: index)
            guard index < text.count else { throw EventError(offset: index, reason: "an object that does not end") }
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "}") { return index }
            guard byte == UInt8(ascii: ",") else {
                throw EventError(offset: index - 1, reason: "expected a comma or the end of the object")
            }
            index = JSONScan.space(text, from: index)
        }
    }

    private mutating func child(
        of node: Int, _ event: Span<UInt8>, _ key: Range<Int>, escaped: Bool, _ paths: borrowing PathTable
    ) throws(EventError) -> Int? {
        guard escaped else { return paths.child(of: node, event, key) }
        text.removeAll(keepingCapacity: true)
        try JSONScan.unescape(event, key, into: &text)
        return paths.child(of: node, text.span, 0..<text.count)
    }

    /// Elements of an array of plain values are values of the field itself. Where something below the path has a name,
    /// each element is a scope, so that fields of different elements can be told apart.
    private mutating func array(
        _ text: Span<UInt8>, _ start: Int, _ paths: borrowing PathTable, node: Int, scope: UInt32, depth: Int
    ) throws(EventError) -> Int {
        guard depth <= Self.depthLimit else { throw EventError(offset: start, reason: "nested too deep") }
        var index = JSONScan.space(text, from: start + 1)
        if index < text.count, text[index] == UInt8(ascii: "]") { return index + 1 }
        let isScoped = paths.nodes[node].hasChildren
        let array = arrayCount
        if isScoped { arrayCount += 1 }
        while true {
            var inner = scope
            if isScoped {
                if scopes.isEmpty { scopes.append(Scope(parent: 0, array: .max)) }
                inner = UInt32(truncatingIfNeeded: scopes.count)
                scopes.append(Scope(parent: scope, array: array))
            }
            index = try value(text, index, paths, node: node, scope: inner, depth: depth)
            index = JSONScan.space(text, from: index)
            guard index < text.count else { throw EventError(offset: index, reason: "an array that does not end") }
            let byte = text[index]
            index += 1
            if byte == UInt8(ascii: "]") { return index }
            guard byte == UInt8(ascii: ",") else {
                throw EventError(offset: index - 1, reason: "expected a comma or the end of the array")
            }
            index = JSONScan.space(text, from: index)
        }
    }
}
