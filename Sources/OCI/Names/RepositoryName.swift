/// The name of a repository, checked against the grammar of the distribution specification ("Pulling manifests"):
/// parts of `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`, joined by `/`. At most 255 bytes.
package struct RepositoryName: Hashable, Sendable, Comparable, LosslessStringConvertible {
    package let text: String

    package static let maximumLength = 255

    package init?(_ text: String) {
        self.init(checking: text)
    }

    package init?(_ text: Substring) {
        self.init(checking: String(text))
    }

    private init?(checking text: String) {
        guard text.utf8.count <= Self.maximumLength else { return nil }
        guard Self.isName(text.utf8) else { return nil }
        self.text = text
    }

    /// - Parameter text: of a name that was checked before.
    package init(checked text: String) { self.text = text }

    package var description: String { text }

    package static func < (left: RepositoryName, right: RepositoryName) -> Bool { left.text < right.text }

    /// Each part has letters and digits at both ends, and between them single separators: `.`, `_`, `__` or any run of `-`.
    private static func isName(_ text: String.UTF8View) -> Bool {
        var separator: (byte: UInt8, count: Int)?
        var afterLetter = false
        for byte in text {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                separator = nil
                afterLetter = true
            case UInt8(ascii: "/"):
                guard afterLetter, separator == nil else { return false }
                afterLetter = false
            case UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                guard afterLetter else { return false }
                let count: Int
                if let before = separator {
                    guard before.byte == byte else { return false }
                    count = before.count + 1
                } else {
                    count = 1
                }
                guard byte == UInt8(ascii: "-") || count == 1 || (byte == UInt8(ascii: "_") && count == 2) else {
                    return false
                }
                separator = (byte, count)
            default:
                return false
            }
        }
        return afterLetter && separator == nil
    }
}
