package import OCI

/// One image that can be deployed, as far as policies look at it.
package struct ImageVersion: Sendable, Hashable {
    /// Nil for a push by digest.
    package var tag: String?
    package var digest: Digest
    /// When the tag was set, or the manifest pushed: Unix milliseconds.
    package var pushed: Int64
    /// The record of that, which tells two pushes of one millisecond apart; 0 where it is not known.
    package var sequence: UInt64

    package init(tag: String?, digest: Digest, pushed: Int64, sequence: UInt64 = 0) {
        self.tag = tag
        self.digest = digest
        self.pushed = pushed
        self.sequence = sequence
    }

    /// Whether it was pushed before `other`.
    func wasPushed(before other: ImageVersion) -> Bool {
        sequence > 0 && other.sequence > 0 ? sequence < other.sequence : pushed < other.pushed
    }

    /// The tag, or else the digest: what a reason calls it.
    var name: String { tag ?? digest.description }
}
