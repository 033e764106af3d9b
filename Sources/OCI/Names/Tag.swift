/// A tag, checked against `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`. Ordered by its bytes, as listings must be.
package struct Tag: Hashable, Sendable, Comparable, LosslessStringConvertible {
    package let text: String

    package static let maximumLength = 128

    package init?(_ text: String) {
        guard let first = text.utf8.first, text.utf8.count <= Self.maximumLength, Self.mayStart(first) else { return nil }
        for byte in text.utf8.dropFirst() {
            guard Self.mayStart(byte) || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") else { return nil }
        }
        self.text = text
    }

    package init?(_ text: Substring) {
        self.init(String(text))
    }

    /// - Parameter text: of a tag that was checked before.
    package init(checked text: String) { self.text = text }

    package var description: String { text }

    package static func < (left: Tag, right: Tag) -> Bool { left.text < right.text }

    private static func mayStart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
