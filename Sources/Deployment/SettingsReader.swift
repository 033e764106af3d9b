package import JSON

/// Reads the members of one JSON object with their types. Keys that are not known are refused, since a misspelt key must not
/// pass in silence. Errors name the member by JSON pointer (RFC 6901).
package struct SettingsReader {
    package let object: JSONObject
    package let pointer: String

    /// - Parameter keys: the keys that there may be.
    package init(_ value: JSONValue, at pointer: String, keys: [String]) throws(DeploymentError) {
        guard let object = value.object else {
            throw DeploymentError(.invalid, "\(Self.name(pointer)) must be an object, not \(value.kind)", pointer: pointer)
        }
        self.object = object
        self.pointer = pointer
        for member in object.members where !keys.contains(member.key) {
            throw failure(member.key, "is not a known key; allowed: \(keys.joined(separator: ", "))")
        }
    }

    package static func place(of key: String, in pointer: String) -> String {
        pointer + "/" + key.replacing("~", with: "~0").replacing("/", with: "~1")
    }

    package func place(of key: String) -> String { Self.place(of: key, in: pointer) }

    /// An error about the object itself.
    package func failure(_ reason: String) -> DeploymentError {
        DeploymentError(.invalid, "\(Self.name(pointer)) \(reason)", pointer: pointer)
    }

    package func failure(_ key: String, _ reason: String) -> DeploymentError {
        DeploymentError(.invalid, "\(Self.name(place(of: key))) \(reason)", pointer: place(of: key))
    }

    private static func name(_ pointer: String) -> String {
        pointer.isEmpty ? "the text" : "\"\(pointer.dropFirst())\""
    }

    /// Null counts as missing.
    package func value(_ key: String) -> JSONValue? {
        let value = object[key]
        return value == .null ? nil : value
    }

    package func string(_ key: String) throws(DeploymentError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw failure(key, "must be a string, not \(value.kind)") }
        guard !text.utf8.contains(0) else { throw failure(key, "must not have a zero byte") }
        return text
    }

    package func required(_ key: String) throws(DeploymentError) -> String {
        guard let text = try string(key) else { throw failure(key, "is required") }
        guard !text.isEmpty else { throw failure(key, "must not be empty") }
        return text
    }

    package func bool(_ key: String) throws(DeploymentError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else { throw failure(key, "must be true or false, not \(value.kind)") }
        return flag
    }

    package func int(_ key: String, in range: ClosedRange<Int>) throws(DeploymentError) -> Int? {
        guard let value = value(key) else { return nil }
        guard let number = value.int, let int = Int(exactly: number), range.contains(int) else {
            throw failure(key, "must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return int
    }

    /// The value under `key`, which must be one of `allowed`.
    package func choice(_ key: String, of allowed: [String]) throws(DeploymentError) -> String? {
        guard let text = try string(key) else { return nil }
        guard allowed.contains(text) else { throw failure(key, "must be one of \(allowed.joined(separator: ", "))") }
        return text
    }

    package func array(_ key: String, limit: Int) throws(DeploymentError) -> [JSONValue]? {
        guard let value = value(key) else { return nil }
        guard let array = value.array else { throw failure(key, "must be a list, not \(value.kind)") }
        guard array.count <= limit else { throw failure(key, "may have at most \(limit) elements") }
        return array
    }

    /// The members of the object under `key`, whatever their names.
    package func members(_ key: String, limit: Int) throws(DeploymentError) -> [JSONObject.Member]? {
        guard let value = value(key) else { return nil }
        guard let object = value.object else { throw failure(key, "must be an object, not \(value.kind)") }
        guard object.count <= limit else { throw failure(key, "may have at most \(limit) members") }
        return object.members
    }

    /// The object under `key`, to be read by a reader of its own.
    package func object(_ key: String, keys: [String]) throws(DeploymentError) -> SettingsReader? {
        guard let value = value(key) else { return nil }
        return try SettingsReader(value, at: place(of: key), keys: keys)
    }
}
