internal import COpenSSL

/// A key that signs with Ed25519 (RFC 8032). Prints as nothing but its kind, so that it cannot reach a log line by accident.
package struct Ed25519PrivateKey: Sendable, CustomStringConvertible, CustomReflectable {
    package static let seedLength = 32

    /// What the key is made from; to be kept secret.
    package let seed: [UInt8]
    package let publicKey: Ed25519PublicKey
    private let key: EVPKey

    /// The key of a seed, which RFC 8032 calls the private key.
    package init(seed: [UInt8]) throws(CryptoError) {
        guard seed.count == Self.seedLength else {
            throw CryptoError(.keyLength, "an Ed25519 seed must be \(Self.seedLength) bytes long, not \(seed.count)")
        }
        guard let key = EVPKey(privateKey: seed), let publicBytes = key.publicBytes else {
            throw CryptoError(.library, "libcrypto could not make an Ed25519 key")
        }
        self.seed = seed
        self.key = key
        publicKey = try Ed25519PublicKey(publicBytes)
    }

    package static func random() throws(CryptoError) -> Ed25519PrivateKey {
        try Ed25519PrivateKey(seed: SecureRandom.bytes(seedLength))
    }

    /// The signature of a message, 64 bytes; the same for the same message.
    package func sign(_ message: [UInt8]) throws(CryptoError) -> [UInt8] {
        guard let signature = key.sign(message) else {
            throw CryptoError(.library, "libcrypto could not sign a message")
        }
        return signature
    }

    package var description: String { "Ed25519PrivateKey" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// A key that verifies Ed25519 signatures.
package struct Ed25519PublicKey: Sendable, Hashable {
    package static let length = 32
    package static let signatureLength = 64

    package let bytes: [UInt8]
    private let key: EVPKey

    /// Any 32 bytes are taken; those that are no point of the curve verify nothing.
    package init(_ bytes: [UInt8]) throws(CryptoError) {
        guard bytes.count == Self.length else {
            throw CryptoError(.keyLength, "an Ed25519 public key must be \(Self.length) bytes long, not \(bytes.count)")
        }
        guard let key = EVPKey(publicKey: bytes) else {
            throw CryptoError(.library, "libcrypto could not read an Ed25519 public key")
        }
        self.bytes = bytes
        self.key = key
    }

    /// Whether `signature` is this key's for `message`. A signature of another length is none.
    package func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        signature.count == Self.signatureLength && key.verifies(signature, of: message)
    }

    package static func == (left: Ed25519PublicKey, right: Ed25519PublicKey) -> Bool { left.bytes == right.bytes }
    package func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

/// An `EVP_PKEY`, freed with its last owner.
@safe private final class EVPKey: @unchecked Sendable {  // a key is not changed once it is made, and is counted with atomics
    private static let signatureLength = 64
    private let pointer: OpaquePointer

    init?(privateKey seed: [UInt8]) {
        guard let pointer = unsafe EVP_PKEY_new_raw_private_key_ex(nil, "ED25519", nil, seed, seed.count) else { return nil }
        unsafe self.pointer = pointer
    }

    init?(publicKey bytes: [UInt8]) {
        guard let pointer = unsafe EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, bytes, bytes.count) else { return nil }
        unsafe self.pointer = pointer
    }

    deinit {
        unsafe EVP_PKEY_free(pointer)
    }

    var publicBytes: [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: 32)
        var count = bytes.count
        guard unsafe EVP_PKEY_get_raw_public_key(pointer, &bytes, &count) == 1, count == bytes.count else { return nil }
        return bytes
    }

    func sign(_ message: [UInt8]) -> [UInt8]? {
        let context = unsafe EVP_MD_CTX_new()
        defer { unsafe EVP_MD_CTX_free(context) }
        guard unsafe context != nil, unsafe EVP_DigestSignInit_ex(context, nil, nil, nil, nil, pointer, nil) == 1 else {
            return nil
        }
        var signature = [UInt8](repeating: 0, count: Self.signatureLength)
        var count = signature.count
        guard unsafe EVP_DigestSign(context, &signature, &count, message, message.count) == 1, count == signature.count
        else { return nil }
        return signature
    }

    func verifies(_ signature: [UInt8], of message: [UInt8]) -> Bool {
        let context = unsafe EVP_MD_CTX_new()
        defer {
            unsafe EVP_MD_CTX_free(context)
            ERR_clear_error()  // a refusal leaves an entry in this thread's queue, which TLS on the same thread would read
        }
        guard unsafe context != nil, unsafe EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, pointer, nil) == 1 else {
            return false
        }
        return unsafe EVP_DigestVerify(context, signature, signature.count, message, message.count) == 1
    }
}
