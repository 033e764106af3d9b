extension EventHeader {
    /// The bytes of `data.repository` of a record's body, without parsing the rest; nil where there is none.
    package static func repository(scanning body: [UInt8]) -> ArraySlice<UInt8>? { member("repository", scanning: body) }

    /// The same of `data.digest`.
    package static func digest(scanning body: [UInt8]) -> ArraySlice<UInt8>? { member("digest", scanning: body) }

    private static func member(_ name: String, scanning body: [UInt8]) -> ArraySlice<UInt8>? {
        var scanner = MemberScanner(body)
        guard scanner.enterObject(member: "data"), scanner.enter(member: name) else { return nil }
        return scanner.plainString()
    }
}

/// Steps over the members of objects. It trusts that the bytes are JSON, as records are, and gives up where they are not.
private struct MemberScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    private static let quote = UInt8(ascii: "\"")
    private static let backslash = UInt8(ascii: "\\")

    /// From before an object to the value of one of its members.
    mutating func enter(member name: String) -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        while let key = string() {
            guard take(UInt8(ascii: ":")) else { return false }
            if key.elementsEqual(name.utf8) { return true }
            guard skipValue(), take(UInt8(ascii: ",")) else { return false }
        }
        return false
    }

    mutating func enterObject(member name: String) -> Bool {
        enter(member: name) && position < bytes.count && bytes[position] == UInt8(ascii: "{")
    }

    /// A string without escapes.
    mutating func plainString() -> ArraySlice<UInt8>? {
        guard let text = string(), !text.contains(Self.backslash) else { return nil }
        return text
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    /// What stands between two quotes, escapes and all.
    private mutating func string() -> ArraySlice<UInt8>? {
        guard take(Self.quote) else { return nil }
        let start = position
        while position < bytes.count {
            switch bytes[position] {
            case Self.backslash: position += 2
            case Self.quote:
                position += 1
                return bytes[start..<position - 1]
            default: position += 1
            }
        }
        return nil
    }

    private mutating func skipValue() -> Bool {
        var depth = 0
        while position < bytes.count {
            switch bytes[position] {
            case Self.quote: guard string() != nil else { return false }
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                position += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if depth == 0 { return true }
                depth -= 1
                position += 1
            case UInt8(ascii: ",") where depth == 0: return true
            default: position += 1
            }
        }
        return false
    }
}
