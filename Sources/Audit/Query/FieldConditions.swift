import JSON

/// Conditions on single fields as an event pattern, so that there is one way to match events.
struct FieldConditions {
    private var values: [EventFilter.Field: [JSONValue]] = [:]
    private var outcomes: Set<Outcome> = []

    mutating func add(_ field: EventFilter.Field, _ text: String) throws(AuditError) {
        switch field {
        case .outcome:
            guard let outcome = Outcome(rawValue: text) else {
                let allowed = Outcome.allCases.map(\.rawValue).joined(separator: ", ")
                throw AuditError(.invalid, "\"outcome\" must be one of \(allowed)", pointer: "outcome")
            }
            outcomes.insert(outcome)
        case .address where text.contains("/"): values[field, default: []].append(Self.object("cidr", .string(text)))
        // An address is meant however it is written.
        case .address where !text.contains("*"): values[field, default: []].append(.string(text))
        default: values[field, default: []].append(Self.matcher(text))
        }
    }

    /// A `*` in a value stands for anything; without one the value is meant to the letter.
    private static func matcher(_ text: String) -> JSONValue {
        guard text.contains("*") else { return object("exactly", .string(text)) }
        var shape = ""
        for character in text {
            if character == "*", shape.hasSuffix("*") { continue }
            shape += character == "\\" ? "\\\\" : String(character)
        }
        return object("wildcard", .string(shape))
    }

    static func object(_ key: String, _ value: JSONValue) -> JSONValue {
        var object = JSONObject()
        object[key] = value
        return .object(object)
    }

    /// Nil where there are no conditions but on the outcome.
    var pattern: JSONValue? {
        guard !values.isEmpty else { return nil }
        var root = JSONObject()
        var data = JSONObject()
        var request = JSONObject()
        for (field, list) in values.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            switch field {
            case .id, .type: root[field.rawValue] = .array(list)
            case .repository, .tag, .digest: data[field.rawValue] = .array(list)
            case .actor: data["actor"] = Self.object("name", .array(list))
            case .address: request["address"] = .array(list)
            case .request: request["id"] = .array(list)
            case .outcome, .mentions: break
            }
        }
        if !request.isEmpty { data["request"] = .object(request) }
        if !data.isEmpty { root["data"] = .object(data) }
        return .object(root)
    }

    /// The outcome is the last word of the type.
    var outcomePattern: JSONValue? {
        guard !outcomes.isEmpty, outcomes.count < Outcome.allCases.count else { return nil }
        func suffixes(_ outcome: Outcome) -> [JSONValue] {
            let words = switch outcome {
            case .success: [String]()
            case .refused: Outcome.refusals
            case .failed: Outcome.failures
            }
            return words.map { .string("." + $0) }
        }
        let alternatives: [JSONValue]
        if outcomes.contains(.success) {
            let others = Outcome.allCases.filter { !outcomes.contains($0) }.flatMap(suffixes)
            alternatives = [Self.object("anything-but", Self.object("suffix", .array(others)))]
        } else {
            alternatives = outcomes.sorted { $0.rawValue < $1.rawValue }.flatMap(suffixes).map { Self.object("suffix", $0) }
        }
        return Self.object("type", .array(alternatives))
    }

    /// The index has the outcomes that are not a success.
    var outcomeTerms: [UInt64]? {
        guard !outcomes.isEmpty, !outcomes.contains(.success) else { return nil }
        return outcomes.map { EventTerm.of(.outcome, $0.rawValue) }
    }
}
