/// What a format makes of the fields of a report.
protocol ReportContent: Sendable {
    /// The paths that are looked at.
    associatedtype Field: RawRepresentable<String>, CaseIterable, Sendable

    /// Whether an object that is looked into may be a plain value instead.
    static func mayBePlain(_ field: Field) -> Bool

    init()
    mutating func begin(_ field: Field) throws(ScanError)
    /// `text` is nil for `null`; numbers come as they are written.
    mutating func value(_ field: Field, _ text: String?) throws(ScanError)
    mutating func end(_ field: Field) throws(ScanError)
    /// All of the report has been read.
    func findings() throws(ScanError) -> ReportFindings
}

extension ReportContent {
    static func mayBePlain(_ field: Field) -> Bool { false }
}

/// Follows the tokens of a report through the shape of its format.
struct ReportParser<Content: ReportContent> {
    private var tokenizer = JSONTokenizer()
    private var walker = Walker()

    mutating func feed(_ bytes: ArraySlice<UInt8>) throws(ScanError) {
        try tokenizer.feed(bytes, &walker)
    }

    mutating func finish() throws(ScanError) -> ReportFindings {
        try tokenizer.finish(&walker)
        return try walker.content.findings()
    }

    private struct Walker: TokenSink {
        var content = Content()
        private let shape = ReportShape<Content.Field>()
        private var frames: [Frame] = []
        /// The node of the value that comes next; nil where nobody looks.
        private var next: Int? = 0

        struct Frame {
            let node: Int?
            let isArray: Bool
            /// The members that have been there, one bit each. A second one of the same name could hide the first.
            var seen: UInt64 = 0
        }

        func wantsText(ofKey isKey: Bool) -> Bool {
            isKey ? frames.last?.node != nil : next.map { shape.nodes[$0].isLeaf } ?? false
        }

        mutating func beginObject() throws(ScanError) { try begin(isArray: false) }
        mutating func beginArray() throws(ScanError) { try begin(isArray: true) }

        private mutating func begin(isArray: Bool) throws(ScanError) {
            if let node = next {
                let isExpected = isArray ? shape.nodes[node].element != nil : !shape.nodes[node].members.isEmpty
                guard isExpected else { throw wrong(node, isArray ? "an array" : "an object") }
                if let field = shape.nodes[node].field { try content.begin(field) }
            }
            frames.append(Frame(node: next, isArray: isArray))
            next = isArray ? next.flatMap { shape.nodes[$0].element } : nil
        }

        mutating func end() throws(ScanError) {
            guard let frame = frames.popLast() else { return }
            if let field = frame.node.flatMap({ shape.nodes[$0].field }) { try content.end(field) }
            valueEnded()
        }

        mutating func key(_ text: [UInt8]) throws(ScanError) {
            next = nil
            guard let frame = frames.last, let node = frame.node,
                let index = shape.nodes[node].members.firstIndex(where: { $0.key == text })
            else { return }
            let member = shape.nodes[node].members[index]
            let bit: UInt64 = 1 << UInt64(index)
            guard frame.seen & bit == 0 else { throw ScanError(.invalid, "\(shape.nodes[member.node].name) stands twice in the report") }
            frames[frames.count - 1].seen |= bit
            next = member.node
        }

        mutating func scalar(_ kind: ScalarKind, _ text: [UInt8]) throws(ScanError) {
            defer { valueEnded() }
            guard let node = next else { return }
            guard shape.nodes[node].isLeaf else {
                guard kind == .null || shape.nodes[node].field.map(Content.mayBePlain) ?? false else { throw wrong(node, "a plain value") }
                return
            }
            guard text.count <= JSONTokenizer.maximumText else {
                throw ScanError(.invalid, "\(shape.nodes[node].name) in the report is longer than \(JSONTokenizer.maximumText) bytes")
            }
            guard let field = shape.nodes[node].field else { return }
            try content.value(field, kind == .null ? nil : String(decoding: text, as: UTF8.self))
        }

        private mutating func valueEnded() {
            guard let frame = frames.last else { return next = nil }
            next = frame.isArray ? frame.node.flatMap { shape.nodes[$0].element } : nil
        }

        private func wrong(_ node: Int, _ what: String) -> ScanError {
            // The root is the report itself.
            let place = node == 0 ? shape.nodes[node].name : "\(shape.nodes[node].name) in the report"
            return ScanError(.invalid, "\(place) must not be \(what)")
        }
    }
}
