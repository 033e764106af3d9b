/// The fields of a received head: its bytes, copied once, and where each name and value stands in them.
/// Looking a field up allocates nothing; text is made only where it is asked for.
package struct HTTPHeaders: Sendable {
    /// The whole head, first line included.
    let bytes: [UInt8]
    let fields: [HeaderField]

    package var count: Int { fields.count }

    /// The first value of that name as text; bytes that are not UTF-8 become U+FFFD.
    package subscript(_ name: HeaderName) -> String? {
        slice(name).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The first value of that name, in whatever case.
    package subscript(_ name: String) -> String? {
        for field in fields where matches(field, name) { return String(decoding: value(of: field), as: UTF8.self) }
        return nil
    }

    package func contains(_ name: HeaderName) -> Bool {
        fields.contains { $0.known == name }
    }

    package func contains(_ name: String) -> Bool {
        fields.contains { matches($0, name) }
    }

    /// How many lines have that name. Credentials and the like are refused where it is more than one.
    package func count(of name: HeaderName) -> Int {
        fields.count { $0.known == name }
    }

    /// The first value's bytes, in place.
    package func slice(_ name: HeaderName) -> ArraySlice<UInt8>? {
        for field in fields where field.known == name { return value(of: field) }
        return nil
    }

    /// Every line's value, in order. A list may be spread over several lines (RFC 9110, section 5.3).
    package func slices(of name: HeaderName) -> some Sequence<ArraySlice<UInt8>> {
        fields.lazy.filter { $0.known == name }.map { value(of: $0) }
    }

    package func values(of name: HeaderName) -> [String] {
        slices(of: name).map { String(decoding: $0, as: UTF8.self) }
    }

    package func values(of name: String) -> [String] {
        fields.filter { matches($0, name) }.map { String(decoding: value(of: $0), as: UTF8.self) }
    }

    /// Every field with its name as received, in order: for signatures and logs.
    package var all: [(name: String, value: String)] {
        fields.map { field in
            (
                String(decoding: bytes[field.nameRange], as: UTF8.self),
                String(decoding: value(of: field), as: UTF8.self)
            )
        }
    }

    private func value(of field: HeaderField) -> ArraySlice<UInt8> {
        bytes[field.valueRange]
    }

    private func matches(_ field: HeaderField, _ name: String) -> Bool {
        ByteClass.equalsIgnoringCase(bytes[field.nameRange], name)
    }
}

/// One field line: offsets from the start of the head.
struct HeaderField: Sendable {
    var nameStart: UInt32
    var valueStart: UInt32
    var valueCount: UInt32
    var nameCount: UInt16
    var known: HeaderName?

    var nameRange: Range<Int> { Int(nameStart)..<Int(nameStart) + Int(nameCount) }
    var valueRange: Range<Int> { Int(valueStart)..<Int(valueStart) + Int(valueCount) }
}
