import Crypto

/// The shared secret of a webhook in the form of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes.
package struct SigningSecret: Sendable, CustomStringConvertible {
    let bytes: [UInt8]

    private static let prefix = "whsec_"

    /// A new one, of 32 random bytes.
    static func random() throws(CryptoError) -> SigningSecret {
        SigningSecret(bytes: try SecureRandom.bytes(32))
    }

    init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Reads the text form; nil where it is not one.
    package init?(_ text: String) {
        guard text.hasPrefix(Self.prefix), let bytes = Base64.decode(String(text.dropFirst(Self.prefix.count))),
            (24...64).contains(bytes.count)
        else { return nil }
        self.bytes = bytes
    }

    /// The text form, to be shown once.
    package var revealed: String { Self.prefix + Base64.encode(bytes) }

    /// Never the secret: this is what a log line or an error would print.
    package var description: String { "whsec_(hidden)" }
}
