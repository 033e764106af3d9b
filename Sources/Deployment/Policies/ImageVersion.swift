package import OCI

/// One image that can be deployed, as far as policies look at it.
package struct ImageVersion: Sendable, Hashable {
    /// Nil for a push by digest.
    package var tag: String?
    package var digest: Digest
    /// When the tag was set, or the manifest pushed: Unix milliseconds.
    package var pushed: Int64

    package init(tag: String?, digest: Digest, pushed: Int64) {
        self.tag = tag
        self.digest = digest
        self.pushed = pushed
    }

    /// The tag, or else the digest: what a reason calls it.
    var name: String { tag ?? digest.description }
}
