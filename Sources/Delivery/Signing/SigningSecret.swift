package import Crypto

/// A secret that deliveries are signed with, in the forms of Standard Webhooks: `whsec_` and base64 of 24 to 64 bytes
/// for HMAC-SHA256, or `whsk_` and base64 of an Ed25519 key.
package struct SigningSecret: Sendable, CustomStringConvertible, CustomReflectable {
    /// How it signs; the raw value is what stands before the comma in `webhook-signature`.
    package enum Kind: String, Sendable, CaseIterable {
        case symmetric = "v1"
        case asymmetric = "v1a"
    }

    enum Key: Sendable {
        case symmetric([UInt8])
        case asymmetric(Ed25519PrivateKey)
    }

    let key: Key

    private static let symmetricPrefix = "whsec_"
    private static let privatePrefix = "whsk_"
    private static let publicPrefix = "whpk_"

    /// A new one, from 32 random bytes.
    package static func random(_ kind: Kind = .symmetric) throws(CryptoError) -> SigningSecret {
        switch kind {
        case .symmetric: SigningSecret(bytes: try SecureRandom.bytes(32))
        case .asymmetric: SigningSecret(key: .asymmetric(try .random()))
        }
    }

    init(key: Key) { self.key = key }

    init(bytes: [UInt8]) { self.init(key: .symmetric(bytes)) }

    /// Reads a text form; nil where it is none. An Ed25519 key is the seed and the public key (64 bytes, as Svix and the
    /// reference libraries write it; the two must belong together) or the seed alone.
    package init?(_ text: String) {
        if let bytes = Self.bytes(of: text, after: Self.symmetricPrefix), (24...64).contains(bytes.count) {
            self.init(bytes: bytes)
        } else if let bytes = Self.bytes(of: text, after: Self.privatePrefix), [32, 64].contains(bytes.count),
            let key = try? Ed25519PrivateKey(seed: Array(bytes.prefix(32))),
            bytes.count == 32 || Array(bytes.dropFirst(32)) == key.publicKey.bytes
        {
            self.init(key: .asymmetric(key))
        } else {
            return nil
        }
    }

    private static func bytes(of text: String, after prefix: String) -> [UInt8]? {
        text.hasPrefix(prefix) ? Base64.decode(String(text.dropFirst(prefix.count))) : nil
    }

    package var kind: Kind {
        switch key {
        case .symmetric: .symmetric
        case .asymmetric: .asymmetric
        }
    }

    /// The key's bytes: the shared ones, or the seed.
    var bytes: [UInt8] {
        switch key {
        case .symmetric(let bytes): bytes
        case .asymmetric(let key): key.seed
        }
    }

    /// The text form, to be shown once.
    package var revealed: String {
        switch key {
        case .symmetric(let bytes): Self.symmetricPrefix + Base64.encode(bytes)
        case .asymmetric(let key): Self.privatePrefix + Base64.encode(key.seed + key.publicKey.bytes)
        }
    }

    /// What a receiver verifies with, where that is no secret: `whpk_` and the base64 of the public key.
    package var publicKey: String? {
        switch key {
        case .symmetric: nil
        case .asymmetric(let key): Self.publicPrefix + Base64.encode(key.publicKey.bytes)
        }
    }

    /// Never the secret: this is what a log line or an error would print.
    package var description: String {
        switch key {
        case .symmetric: "whsec_(hidden)"
        case .asymmetric: "whsk_(hidden)"
        }
    }

    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

extension SigningSecret: Equatable {
    package static func == (left: SigningSecret, right: SigningSecret) -> Bool {
        left.kind == right.kind && constantTimeEqual(left.bytes, right.bytes)
    }
}
