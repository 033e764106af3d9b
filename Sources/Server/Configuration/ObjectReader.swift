package import JSON

/// Reads the members of one object with their types, after it has refused keys that are not known: a misspelt key
/// must not pass in silence, and is a better clue than what is missing because of it.
/// Errors name the member by JSON pointer (RFC 6901).
package struct ObjectReader {
    let object: JSONObject
    private let pointer: String

    package struct Failure: Error, Sendable {
        package let pointer: String
        package let reason: String

        package init(pointer: String, reason: String) {
            self.pointer = pointer
            self.reason = reason
        }
    }

    /// - Parameter keys: the keys that there may be.
    package init(_ value: JSONValue, at pointer: String = "", keys: [String]) throws(Failure) {
        guard let object = value.object else {
            throw Failure(pointer: pointer, reason: "must be an object, not \(value.kind)")
        }
        self.object = object
        self.pointer = pointer
        for member in object.members where !keys.contains(member.key) {
            throw failure(member.key, "is not a known key; allowed: \(keys.joined(separator: ", "))")
        }
    }

    /// All members, for a reader of another kind.
    package var members: JSONObject { object }

    private func take(_ key: String) -> JSONValue? {
        let value = object[key]
        return value == .null ? nil : value
    }

    package func failure(_ key: String, _ reason: String) -> Failure {
        Failure(pointer: place(of: key), reason: reason)
    }

    package func place(of key: String) -> String {
        pointer + "/" + key.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    package func value(_ key: String) -> JSONValue? { take(key) }

    package func string(_ key: String) throws(Failure) -> String? {
        guard let value = take(key) else { return nil }
        guard let text = value.string else { throw failure(key, "must be a string, not \(value.kind)") }
        return text
    }

    package func bool(_ key: String) throws(Failure) -> Bool? {
        guard let value = take(key) else { return nil }
        guard let flag = value.bool else { throw failure(key, "must be true or false, not \(value.kind)") }
        return flag
    }

    package func int(_ key: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let value = take(key) else { return nil }
        guard let number = value.int, let int = Int(exactly: number), range.contains(int) else {
            throw failure(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return int
    }

    package func strings(_ key: String) throws(Failure) -> [String]? {
        guard let value = take(key) else { return nil }
        guard let array = value.array else { throw failure(key, "must be a list of strings, not \(value.kind)") }
        var strings: [String] = []
        for (index, element) in array.enumerated() {
            guard let text = element.string else {
                throw Failure(pointer: "\(place(of: key))/\(index)", reason: "must be a string, not \(element.kind)")
            }
            strings.append(text)
        }
        return strings
    }

    /// The object under `key`, to be read by a reader of its own.
    package func object(_ key: String, keys: [String]) throws(Failure) -> ObjectReader? {
        guard let value = take(key) else { return nil }
        return try ObjectReader(value, at: place(of: key), keys: keys)
    }

    package func objects(_ key: String, keys: [String]) throws(Failure) -> [ObjectReader]? {
        guard let value = take(key) else { return nil }
        guard let array = value.array else { throw failure(key, "must be a list of objects, not \(value.kind)") }
        var readers: [ObjectReader] = []
        for (index, element) in array.enumerated() {
            readers.append(try ObjectReader(element, at: "\(place(of: key))/\(index)", keys: keys))
        }
        return readers
    }

    /// A required member that was missing, in the words of an error.
    package func missing(_ key: String) -> Failure {
        failure(key, "is required")
    }
}
