/// The digest algorithms of the image specification that must or may be supported.
package enum DigestAlgorithm: UInt8, Sendable, CaseIterable {
    case sha256 = 1
    case sha512 = 2

    package init?(name: some StringProtocol) {
        switch name {
        case "sha256": self = .sha256
        case "sha512": self = .sha512
        default: return nil
        }
    }

    /// As it stands before the colon of a digest.
    package var name: String {
        switch self {
        case .sha256: "sha256"
        case .sha512: "sha512"
        }
    }

    package var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        }
    }
}
