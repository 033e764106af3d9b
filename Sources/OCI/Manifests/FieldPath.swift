import JSON

/// Where in a manifest a value stands, so that an error can name it (`layers[3].size`), and the checked ways to read it.
struct FieldPath: Sendable {
    let text: String

    init(_ text: String = "") {
        self.text = text
    }

    func member(_ key: String) -> FieldPath { FieldPath(text.isEmpty ? key : "\(text).\(key)") }
    func element(_ index: Int) -> FieldPath { FieldPath("\(text)[\(index)]") }

    func invalid(_ reason: String) -> OCIError {
        OCIError(.manifestInvalid, text.isEmpty ? "the manifest \(reason)" : "\(text) \(reason)")
    }

    /// The member, where it is there and is not `null` (Go's encoder writes empty lists and maps as `null`).
    func optional(_ object: JSONObject, _ key: String) -> JSONValue? {
        switch object[key] {
        case nil, .null?: nil
        case let value?: value
        }
    }

    func optionalString(_ object: JSONObject, _ key: String) throws(OCIError) -> String? {
        guard let value = optional(object, key) else { return nil }
        guard let text = value.string else { throw member(key).invalid("must be a string, not \(value.kind)") }
        return text
    }

    func string(_ object: JSONObject, _ key: String) throws(OCIError) -> String {
        guard let text = try optionalString(object, key) else { throw member(key).invalid("is missing") }
        return text
    }

    func optionalObject(_ object: JSONObject, _ key: String) throws(OCIError) -> JSONObject? {
        guard let value = optional(object, key) else { return nil }
        guard let members = value.object else { throw member(key).invalid("must be an object, not \(value.kind)") }
        return members
    }

    /// A list that may be `null` but not missing.
    func array(_ object: JSONObject, _ key: String) throws(OCIError) -> [JSONValue] {
        switch object[key] {
        case nil: throw member(key).invalid("is missing")
        case .null?: return []
        case .array(let elements)?: return elements
        case let value?: throw member(key).invalid("must be an array, not \(value.kind)")
        }
    }

    /// Annotations: every value is a string (image specification, "Annotations").
    func annotations(_ object: JSONObject) throws(OCIError) -> JSONObject? {
        guard let annotations = try optionalObject(object, "annotations") else { return nil }
        for annotation in annotations.members {
            guard annotation.value.string != nil else {
                throw member("annotations").invalid("must map to strings, not to \(annotation.value.kind)")
            }
        }
        return annotations
    }
}
