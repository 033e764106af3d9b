/// Bounds for texts that strangers send. Recursion is bounded by `depth`; size is the caller's to bound before it parses.
package struct JSONLimits: Sendable {
    package var depth: Int

    package init(depth: Int = 64) {
        self.depth = depth
    }
}

extension JSONValue {
    /// Reads one JSON text, strictly: RFC 8259 to the letter, UTF-8 checked, no byte order mark, no duplicate keys,
    /// nothing after the value. (Foundation's decoder takes trailing commas, a BOM and duplicate keys, and two readers
    /// that disagree about a manifest or a policy are a security hole.)
    package static func parse(_ bytes: ArraySlice<UInt8>, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        var parser = JSONParser(bytes: bytes, limits: limits)
        return try parser.document()
    }

    package static func parse(_ bytes: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try parse(bytes[...], limits: limits)
    }

    package static func parse(_ text: String, limits: JSONLimits = JSONLimits()) throws(JSONError) -> JSONValue {
        try parse(Array(text.utf8), limits: limits)
    }
}

/// Recursive descent over the bytes; every read is checked against the end.
struct JSONParser {
    let bytes: ArraySlice<UInt8>
    let limits: JSONLimits
    var position: Int
    private var depth = 0

    init(bytes: ArraySlice<UInt8>, limits: JSONLimits) {
        self.bytes = bytes
        self.limits = limits
        position = bytes.startIndex
    }

    mutating func document() throws(JSONError) -> JSONValue {
        skipSpace()
        let value = try value()
        skipSpace()
        guard position == bytes.endIndex else { throw error("more text after the value") }
        return value
    }

    func error(_ reason: String) -> JSONError {
        JSONError(offset: position - bytes.startIndex, reason: reason)
    }

    var current: UInt8? {
        position < bytes.endIndex ? bytes[position] : nil
    }

    mutating func skipSpace() {
        while position < bytes.endIndex {
            switch bytes[position] {
            case 0x20, 0x0A, 0x0D, 0x09: position += 1
            default: return
            }
        }
    }

    private mutating func value() throws(JSONError) -> JSONValue {
        guard let current else { throw error("the text ends where a value is expected") }
        switch current {
        case UInt8(ascii: "{"): return try nested { (parser) throws(JSONError) in try parser.objectBody() }
        case UInt8(ascii: "["): return try nested { (parser) throws(JSONError) in try parser.arrayBody() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
        default: throw error("a value is expected here")
        }
    }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard depth < limits.depth else { throw error("nested deeper than \(limits.depth) levels") }
        depth += 1
        position += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let expected = Array(word.description.utf8)
        guard bytes[position...].starts(with: expected) else { throw error("expected \(word)") }
        position += expected.count
        return value
    }

    private mutating func arrayBody() throws(JSONError) -> JSONValue {
        var elements: [JSONValue] = []
        skipSpace()
        if take(UInt8(ascii: "]")) { return .array(elements) }
        while true {
            skipSpace()
            elements.append(try value())
            skipSpace()
            if take(UInt8(ascii: "]")) { return .array(elements) }
            guard take(UInt8(ascii: ",")) else { throw error("expected a comma or the end of the array") }
        }
    }

    private mutating func objectBody() throws(JSONError) -> JSONValue {
        var members = UniqueMembers()
        skipSpace()
        if take(UInt8(ascii: "}")) { return .object(JSONObject()) }
        while true {
            skipSpace()
            guard current == UInt8(ascii: "\"") else { throw error("expected a key in double quotes") }
            let start = position
            let key = try string()
            skipSpace()
            guard take(UInt8(ascii: ":")) else { throw error("expected a colon after the key") }
            skipSpace()
            let value = try value()
            guard members.add(key, value) else {
                throw JSONError(offset: start - bytes.startIndex, reason: "the key \"\(key)\" stands twice in one object")
            }
            skipSpace()
            if take(UInt8(ascii: "}")) { return .object(members.object) }
            guard take(UInt8(ascii: ",")) else { throw error("expected a comma or the end of the object") }
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }
}

/// Collects members and notices a repeated key in constant time, so that a hostile object cannot cost quadratic time.
private struct UniqueMembers {
    private var members: [JSONObject.Member] = []
    private var keys: Set<String> = []
    private static let linear = 8

    mutating func add(_ key: String, _ value: JSONValue) -> Bool {
        if members.count < Self.linear {
            guard !members.contains(where: { $0.key == key }) else { return false }
        } else {
            if keys.isEmpty { keys = Set(members.map(\.key)) }
            guard keys.insert(key).inserted else { return false }
        }
        // Most objects have a few members; growing from one would copy them twice.
        if members.isEmpty { members.reserveCapacity(4) }
        members.append(JSONObject.Member(key: key, value: value))
        return true
    }

    var object: JSONObject { JSONObject(unique: members) }
}
