import JSON

extension JSONValue {
    /// An object of the members that have a value.
    static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
        var object = JSONObject()
        for member in members { object[member.key] = member.value }
        return .object(object)
    }

    static func strings(_ pairs: [(name: String, value: String)]) -> JSONValue {
        var object = JSONObject()
        for pair in pairs { object[pair.name] = .string(pair.value) }
        return .object(object)
    }

    static func int(_ value: Int64) -> JSONValue { .number(JSONNumber(value)) }

    /// The value at a JSON pointer (RFC 6901), if there is one.
    func value(at pointer: String) -> JSONValue? {
        var value = self
        for part in pointer.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            let key = String(part).replacing("~1", with: "/").replacing("~0", with: "~")
            switch value {
            case .object(let object):
                guard let member = object[key] else { return nil }
                value = member
            case .array(let elements):
                guard let index = Int(key), elements.indices.contains(index), String(index) == key else { return nil }
                value = elements[index]
            default: return nil
            }
        }
        return value
    }

    /// A scalar as text, for comparisons and messages.
    var scalarText: String? {
        switch self {
        case .string(let text): text
        case .number(let number): number.text
        case .bool(let value): value ? "true" : "false"
        default: nil
        }
    }
}
