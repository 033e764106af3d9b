/// A JSON text as a value (RFC 8259). Objects keep the order of their members, numbers keep their digits.
package enum JSONValue: Sendable, Hashable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
    case array([JSONValue])
    case object(JSONObject)
}

extension JSONValue {
    package var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The number as a whole one; `nil` where it has a fraction or does not fit 64 bits.
    package var int: Int64? {
        if case .number(let value) = self { value.int } else { nil }
    }

    package var array: [JSONValue]? {
        if case .array(let value) = self { value } else { nil }
    }

    package var object: JSONObject? {
        if case .object(let value) = self { value } else { nil }
    }

    /// The member of that name, where this is an object that has one.
    package subscript(_ key: String) -> JSONValue? {
        object?[key]
    }

    /// What the value is, in the words of an error message.
    package var kind: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}

/// A number with the digits it was written with, so that nothing is lost by reading it.
package struct JSONNumber: Sendable, Hashable {
    package let text: String

    /// Text that is known to follow the grammar of RFC 8259, section 6.
    init(validated text: String) {
        self.text = text
    }

    package init(_ value: some BinaryInteger) {
        text = String(value)
    }

    package var int: Int64? { Int64(text) }

    /// The nearest double; `nil` beyond its range.
    package var double: Double? {
        guard let value = Double(text), value.isFinite else { return nil }
        return value
    }
}

/// The members of an object in the order they were written; keys are unique.
package struct JSONObject: Sendable, Hashable {
    package private(set) var members: [Member]

    package struct Member: Sendable, Hashable {
        package let key: String
        package var value: JSONValue
    }

    package init() {
        members = []
    }

    /// Members whose keys are known to differ (the parser has checked).
    init(unique members: [Member]) {
        self.members = members
    }

    package var isEmpty: Bool { members.isEmpty }
    package var count: Int { members.count }

    package subscript(_ key: String) -> JSONValue? {
        get { members.first { $0.key == key }?.value }
        set {
            let index = members.firstIndex { $0.key == key }
            switch (index, newValue) {
            case (let index?, let value?): members[index].value = value
            case (let index?, nil): members.remove(at: index)
            case (nil, let value?): members.append(Member(key: key, value: value))
            case (nil, nil): break
            }
        }
    }
}

extension JSONNumber {
    /// `nil` for what JSON cannot say: infinities and not-a-number.
    package init?(_ value: Double) {
        guard value.isFinite else { return nil }
        text = "\(value)"
    }
}
