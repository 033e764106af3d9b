import JSON

/// Go's `encoding/json` as the receivers below use it: a missing or null member is the zero value, a member of another
/// kind is an error, a whole number is one without a fraction, unknown members are passed over.
struct GoJSON {
    struct WrongKind: Error {
        let key: String
    }

    let value: JSONValue?

    func member(_ key: String) throws -> GoJSON {
        guard let value, value != .null else { return GoJSON(value: nil) }
        guard value.object != nil else { throw WrongKind(key: key) }
        return GoJSON(value: value[key])
    }

    func string(_ key: String) throws -> String {
        guard let value = try member(key).value, value != .null else { return "" }
        guard let text = value.string else { throw WrongKind(key: key) }
        return text
    }

    func int(_ key: String) throws -> Int64 {
        guard let value = try member(key).value, value != .null else { return 0 }
        guard let number = value.int else { throw WrongKind(key: key) }
        return number
    }

    func bool(_ key: String) throws -> Bool {
        guard let value = try member(key).value, value != .null else { return false }
        guard let flag = value.bool else { throw WrongKind(key: key) }
        return flag
    }

    func array(_ key: String) throws -> [GoJSON] {
        guard let value = try member(key).value, value != .null else { return [] }
        guard let elements = value.array else { throw WrongKind(key: key) }
        return elements.map { GoJSON(value: $0) }
    }

    /// Reads members for their kind alone.
    func check(strings: [String] = [], ints: [String] = [], bools: [String] = []) throws {
        for key in strings { _ = try string(key) }
        for key in ints { _ = try int(key) }
        for key in bools { _ = try bool(key) }
    }
}

/// What a receiver took from a request: an image that is new.
struct SeenImage: Equatable {
    var repository: String
    var tag: String
    var digest = ""
}

/// Why a receiver answers 400.
struct BadRequest: Error {
    let reason: String
}
