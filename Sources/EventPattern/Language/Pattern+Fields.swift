/// What can be told of a pattern without an event.
extension Pattern {
    /// What events of one kind have.
    package struct Fields: Sendable {
        private let known: Set<String>
        private let present: Set<String>
        private let constants: [String: String]

        /// - Parameters:
        ///   - known: the paths there may be, keys joined by dots.
        ///   - present: those of them that each event has.
        ///   - constants: texts that are the same in all, by their keys, which stand at the top.
        package init(known: Set<String>, present: Set<String>, constants: [String: String]) {
            self.known = known
            self.present = present
            self.constants = constants
        }

        /// Whether a constraint can be met by some event, as far as can be told without its values.
        func allows(_ field: FieldConstraint) -> Bool {
            let path = Pattern.text(field.path)
            if let constant = constants[path] { return Pattern(alternatives: [[field]]).isMet(by: constant, at: path) }
            let isAbsentOnly = field.constraint.absent && field.constraint.tests.isEmpty && field.constraint.excluded.isEmpty
            return isAbsentOnly ? !present.contains(path) : field.constraint.absent || known.contains(path)
        }
    }

    /// A field because of which it matches no event of a kind; nil where it may match one.
    package func obstacle(_ fields: Fields) -> String? {
        var first: String?
        for alternative in alternatives {
            guard let obstacle = alternative.first(where: { !fields.allows($0) }) else { return nil }
            first = first ?? Self.text(obstacle.path)
        }
        return first
    }

    /// - Parameter value: without characters that JSON escapes.
    private func isMet(by value: String, at key: String) -> Bool {
        (try? matches(Array("{\"\(key)\":\"\(value)\"}".utf8))) ?? true
    }

    /// The texts of a field that it can match, where these are all that it can match.
    package func texts(of path: String) -> [String]? {
        var texts: [String] = []
        for alternative in alternatives {
            guard let constraint = alternative.first(where: { Self.text($0.path) == path })?.constraint, !constraint.absent,
                constraint.excluded.isEmpty
            else { return nil }
            for test in constraint.tests {
                guard case .string(let bytes) = test else { return nil }
                texts.append(String(decoding: bytes, as: UTF8.self))
            }
        }
        return texts
    }

    private static func text(_ path: FieldPath) -> String {
        path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: ".")
    }
}
