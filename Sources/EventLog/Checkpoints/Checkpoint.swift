import Crypto

/// A tree's head at one size: the text of the note that the log signs (C2SP tlog-checkpoint).
package struct Checkpoint: Sendable, Hashable {
    /// Names the log for good.
    package let origin: String
    package let size: UInt64
    package let root: TreeHash

    package init(origin: String, size: UInt64, root: TreeHash) {
        self.origin = origin
        self.size = size
        self.root = root
    }

    package var text: String { "\(origin)\n\(size)\n\(Base64.encode(root.bytes))\n" }

    /// Reads a note's text. Lines after the third say nothing here.
    package init(text: String) throws(NoteError) {
        let lines = text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false).map { String(Substring($0)) }
        guard lines.count >= 4, lines.last == "", lines.dropLast().allSatisfy({ !$0.isEmpty }) else {
            throw NoteError("a checkpoint has three lines: origin, size and root")
        }
        guard let size = Self.number(lines[1]) else { throw NoteError("\"\(lines[1].prefix(40))\" is not the size of a tree") }
        guard let root = Base64.decode(lines[2]).flatMap({ TreeHash($0) }) else {
            throw NoteError("\"\(lines[2].prefix(80))\" is not a root hash")
        }
        self.init(origin: lines[0], size: size, root: root)
    }

    /// A number as these formats write it: decimal, without needless zeros.
    package static func number(_ text: some StringProtocol) -> UInt64? {
        guard let number = UInt64(text), String(number) == text else { return nil }
        return number
    }
}
