import JSON
import OCI

/// The members of an object in an event, read strictly: a missing field or one of the wrong type is an error that names it.
struct Fields {
    private let object: JSONObject
    private let path: String

    init(_ value: JSONValue, path: String) throws(EventError) {
        guard let object = value.object else { throw EventError(.malformed, "\(path) must be an object") }
        self.object = object
        self.path = path
    }

    func wrong(_ key: String, _ reason: String) -> EventError {
        EventError(.malformed, "the event's field \(path).\(key) \(reason)")
    }

    func value(_ key: String) -> JSONValue? { object[key] }

    func string(_ key: String) throws(EventError) -> String {
        guard let text = try optionalString(key) else { throw wrong(key, "is missing") }
        return text
    }

    func optionalString(_ key: String) throws(EventError) -> String? {
        guard let value = object[key] else { return nil }
        guard let text = value.string else { throw wrong(key, "is not a string") }
        return text
    }

    func bool(_ key: String) throws(EventError) -> Bool {
        guard let value = object[key]?.bool else { throw wrong(key, "is not a boolean") }
        return value
    }

    func size(_ key: String) throws(EventError) -> Int64 {
        guard let value = object[key]?.int, value >= 0 else { throw wrong(key, "is not a size") }
        return value
    }

    func fields(_ key: String) throws(EventError) -> Fields {
        guard let value = object[key] else { throw wrong(key, "is missing") }
        return try Fields(value, path: "\(path).\(key)")
    }

    func strings(_ key: String) throws(EventError) -> [String] {
        guard let value = object[key] else { return [] }
        guard let elements = value.array else { throw wrong(key, "is not an array") }
        var strings: [String] = []
        for element in elements {
            guard let text = element.string else { throw wrong(key, "holds something that is not a string") }
            strings.append(text)
        }
        return strings
    }

    func parsed<T: LosslessStringConvertible>(_ key: String, as type: T.Type = T.self) throws(EventError) -> T {
        guard let value = try optionalParsed(key, as: type) else { throw wrong(key, "is missing") }
        return value
    }

    func optionalParsed<T: LosslessStringConvertible>(
        _ key: String, as type: T.Type = T.self
    ) throws(EventError) -> T? {
        guard let text = try optionalString(key) else { return nil }
        guard let value = T(text) else { throw wrong(key, "is not valid") }
        return value
    }
}
