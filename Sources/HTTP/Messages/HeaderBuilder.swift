/// Fields to be sent, kept as the bytes that go out.
///
/// A value with CR, LF, NUL or another control character (tab excepted), and a name that is not a token, could write
/// further fields or a second message: such a field is left out whole, and `append` says so by returning false.
/// Framing (`Content-Length`, `Transfer-Encoding`, `Connection`, `Keep-Alive`, `Trailer`) belongs to the encoder;
/// fields of these names are left out too.
package struct HeaderBuilder: Sendable {
    /// Complete lines, each with its CRLF.
    package private(set) var bytes: [UInt8] = []
    /// One bit for each known name that is present.
    private var present: UInt64 = 0

    package init() {}

    package init(_ fields: KeyValuePairs<HeaderName, String>) {
        for (name, value) in fields { append(name, value) }
    }

    package func contains(_ name: HeaderName) -> Bool {
        present & Self.bit(name) != 0
    }

    package var isEmpty: Bool { bytes.isEmpty }

    @discardableResult
    package mutating func append(_ name: HeaderName, _ value: String) -> Bool {
        append(name, bytes: value.utf8.span)
    }

    @discardableResult
    package mutating func append(_ name: HeaderName, bytes value: Span<UInt8>) -> Bool {
        switch name {
        case .contentLength, .transferEncoding, .connection, .keepAlive, .trailer: return false
        default: break
        }
        guard write(name.text, value) else { return false }
        present |= Self.bit(name)
        return true
    }

    /// A number, in decimal.
    @discardableResult
    package mutating func append(_ name: HeaderName, _ value: some BinaryInteger) -> Bool {
        append(name, String(value))
    }

    /// A field of any name.
    @discardableResult
    package mutating func append(_ name: String, _ value: String) -> Bool {
        if let known = HeaderNameTable.shared.name(name) { return append(known, value) }
        return ByteClass.isToken(name.utf8) && write(name, value.utf8.span)
    }

    /// All fields of `other`, after those that are here.
    package mutating func append(contentsOf other: HeaderBuilder) {
        bytes.append(contentsOf: other.bytes)
        present |= other.present
    }

    /// False, and nothing written, where the value could write more than itself.
    private mutating func write(_ name: String, _ value: Span<UInt8>) -> Bool {
        guard ByteClass.firstForbidden(value, from: 0, to: value.count) == value.count else { return false }
        if bytes.isEmpty { bytes.reserveCapacity(512) }
        let name = name.utf8.span
        bytes.append(addingCapacity: name.count + value.count + 4) { out in
            out.append(copying: name)
            out.append(UInt8(ascii: ":"))
            out.append(ByteClass.space)
            out.append(copying: value)
            out.append(ByteClass.cr)
            out.append(ByteClass.lf)
        }
        return true
    }

    /// There are fewer than 64 known names; the shift yields 0 for any beyond.
    private static func bit(_ name: HeaderName) -> UInt64 {
        1 << UInt64(name.rawValue)
    }
}
