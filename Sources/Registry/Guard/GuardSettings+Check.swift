package import Events
import OCI

extension GuardSettings {
    package static let maximumPatterns = 100
    package static let maximumNameLength = 64

    /// What is wrong with the settings: the field, and the end of a sentence about it.
    package struct Problem: Error, Equatable {
        /// `tags/0`, as in a JSON pointer.
        package let pointer: String
        package let reason: String
    }

    /// Settings are checked before they become a record. A guard with nothing to match would protect nothing and look as if it did,
    /// so that is refused too.
    package func check() throws(Problem) {
        guard Self.isName(name) else {
            throw Problem(
                pointer: "name",
                reason: "must be 1 to \(Self.maximumNameLength) letters, digits, \".\", \"_\" or \"-\", the first a letter or digit")
        }
        try Self.check("repositories", repositories, isRequired: true)
        try Self.check("tags", tags, isRequired: true)
        try Self.check("except", except, isRequired: false)
        guard !protect.isEmpty else {
            throw Problem(pointer: "protect", reason: "must name what to protect from: \"overwrite\", \"delete\" or both")
        }
        guard Set(protect).count == protect.count else {
            throw Problem(pointer: "protect", reason: "must name each protection once")
        }
    }

    private static func check(_ field: String, _ patterns: [String], isRequired: Bool) throws(Problem) {
        guard !isRequired || !patterns.isEmpty else { throw Problem(pointer: field, reason: "must hold at least one pattern") }
        guard patterns.count <= maximumPatterns else {
            throw Problem(pointer: field, reason: "must hold at most \(maximumPatterns) patterns")
        }
        for (index, pattern) in patterns.enumerated() {
            do throws(Glob.Invalid) {
                _ = try Glob(pattern)
            } catch {
                throw Problem(pointer: "\(field)/\(index)", reason: error.reason)
            }
        }
    }

    private static func isName(_ name: String) -> Bool {
        guard name.utf8.count <= maximumNameLength, let tag = Tag(name), let first = tag.text.utf8.first else { return false }
        return first != UInt8(ascii: "_")
    }
}
