internal import Crypto

/// Names an upload: 128 random bits as 32 lower-case hexadecimal digits. Whoever knows one can write to the upload
/// (within its repository), so it is unguessable; it is safe in URLs and file names.
package struct UploadID: Hashable, Sendable, LosslessStringConvertible {
    private let text: String

    /// Nil for anything that cannot be an identifier of ours.
    package init?(_ text: String) {
        guard Hex.decode(text)?.count == Self.byteCount else { return nil }
        self.text = text
    }

    private init(bytes: [UInt8]) {
        text = Hex.encode(bytes)
    }

    static func random() throws(BlobError) -> UploadID {
        do throws(CryptoError) {
            return UploadID(bytes: try SecureRandom.bytes(byteCount))
        } catch {
            throw BlobError(.unavailable, "an upload could not be named", cause: error)
        }
    }

    package var description: String { text }

    private static let byteCount = 16
}
