/// What stands after `/manifests/`: a tag or a digest, never anything else. The colon tells them apart.
package enum Reference: Hashable, Sendable, LosslessStringConvertible {
    case tag(Tag)
    case digest(Digest)

    package init?(_ text: String) {
        if text.utf8.contains(UInt8(ascii: ":")) {
            guard let digest = Digest(text) else { return nil }
            self = .digest(digest)
        } else {
            guard let tag = Tag(text) else { return nil }
            self = .tag(tag)
        }
    }

    package init?(_ text: Substring) {
        self.init(String(text))
    }

    package var description: String {
        switch self {
        case .tag(let tag): tag.text
        case .digest(let digest): digest.description
        }
    }
}
