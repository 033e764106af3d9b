/// The places in a report that are looked at, as a tree. The rest of the report is checked to be JSON and passed over.
///
/// Fields are written as paths: `Results[].Vulnerabilities[].Severity`.
struct ReportShape<Field: RawRepresentable & CaseIterable & Sendable>: Sendable where Field.RawValue == String {
    struct Node: Sendable {
        var name: String
        var members: [(key: [UInt8], node: Int)] = []
        /// Of an array.
        var element: Int?
        var field: Field?

        var isLeaf: Bool { members.isEmpty && element == nil }
    }

    private(set) var nodes = [Node(name: "the report")]

    init() {
        for field in Field.allCases { add(field) }
    }

    private mutating func add(_ field: Field) {
        var node = 0
        var path = ""
        for part in field.rawValue.split(separator: ".") {
            let brackets = part.hasSuffix("[]") ? 1 : 0
            let key = String(part.dropLast(2 * brackets))
            path += path.isEmpty ? key : ".\(key)"
            node = member(key, of: node, path)
            if brackets == 1 {
                path += "[]"
                node = element(of: node, path)
            }
        }
        nodes[node].field = field
    }

    private mutating func member(_ key: String, of node: Int, _ path: String) -> Int {
        let bytes = Array(key.utf8)
        if let known = nodes[node].members.first(where: { $0.key == bytes }) { return known.node }
        nodes.append(Node(name: path))
        nodes[node].members.append((bytes, nodes.count - 1))
        return nodes.count - 1
    }

    private mutating func element(of node: Int, _ path: String) -> Int {
        if let known = nodes[node].element { return known }
        nodes.append(Node(name: path))
        nodes[node].element = nodes.count - 1
        return nodes.count - 1
    }
}
