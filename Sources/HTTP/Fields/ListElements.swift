/// The elements of a comma-separated list in a field's value (RFC 9110, section 5.6.1), without the space around them
/// and without empty ones. Commas within quoted strings do not separate.
struct ListElements {
    private let bytes: ArraySlice<UInt8>
    private var position: Int
    private let separator: UInt8

    init(_ bytes: ArraySlice<UInt8>, separator: UInt8 = UInt8(ascii: ",")) {
        self.bytes = bytes
        self.separator = separator
        position = bytes.startIndex
    }

    mutating func next() -> ArraySlice<UInt8>? {
        while position < bytes.endIndex {
            let element = trimmed(position..<end())
            if !element.isEmpty { return element }
        }
        return nil
    }

    /// Where the element at hand ends; moves on past its separator.
    private mutating func end() -> Int {
        var quoted = false
        while position < bytes.endIndex {
            let byte = bytes[position]
            position += 1
            if quoted, byte == UInt8(ascii: "\\"), position < bytes.endIndex {
                position += 1
            } else if byte == UInt8(ascii: "\"") {
                quoted.toggle()
            } else if byte == separator, !quoted {
                return position - 1
            }
        }
        return position
    }

    private func trimmed(_ range: Range<Int>) -> ArraySlice<UInt8> {
        ByteClass.trimmed(bytes[range])
    }
}
