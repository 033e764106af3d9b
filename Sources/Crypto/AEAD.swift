internal import COpenSSL

/// Authenticated encryption of secrets at rest: AES-256-GCM (NIST SP 800-38D).
///
/// A sealed message is `nonce (12 bytes) || ciphertext || tag (16 bytes)`. Nonces are random, so one key is good for
/// about 2^32 messages. Associated data (which record the secret belongs to) is authenticated, not stored: a sealed
/// message moved to another place does not open there.
package enum AEAD {
    static let nonceLength = 12
    static let tagLength = 16

    package static func seal(
        _ plaintext: [UInt8], key: SecretKey, associatedData: [UInt8] = []
    ) throws(CryptoError) -> [UInt8] {
        try seal(plaintext, key: key, associatedData: associatedData, nonce: SecureRandom.bytes(nonceLength))
    }

    /// For test vectors: a nonce used twice with one key gives the key stream away.
    static func seal(
        _ plaintext: [UInt8], key: SecretKey, associatedData: [UInt8], nonce: [UInt8]
    ) throws(CryptoError) -> [UInt8] {
        let context = CipherContext()
        var tag = [UInt8](repeating: 0, count: tagLength)
        guard nonce.count == nonceLength,
            let ciphertext = context.run(plaintext, key, nonce, associatedData, encrypt: true),
            context.finish(), context.tag(.get, &tag)
        else { throw CryptoError(.library, "libcrypto could not seal a message") }
        return nonce + ciphertext + tag
    }

    package static func open(
        _ sealed: [UInt8], key: SecretKey, associatedData: [UInt8] = []
    ) throws(CryptoError) -> [UInt8] {
        let damaged = CryptoError(.notAuthentic, "a sealed message is damaged or was sealed with another key")
        guard sealed.count >= nonceLength + tagLength else { throw damaged }
        let context = CipherContext()
        var tag = Array(sealed.suffix(tagLength))
        guard
            let plaintext = context.run(
                Array(sealed.dropFirst(nonceLength).dropLast(tagLength)), key, Array(sealed.prefix(nonceLength)),
                associatedData, encrypt: false),
            context.tag(.set, &tag), context.finish()
        else { throw damaged }
        return plaintext
    }
}

/// One `EVP_CIPHER_CTX`, freed with its owner.
@safe private struct CipherContext: ~Copyable {
    enum TagAction: Int32 {
        case get = 0x10  // EVP_CTRL_AEAD_GET_TAG
        case set = 0x11  // EVP_CTRL_AEAD_SET_TAG
    }

    private let pointer: OpaquePointer?

    init() {
        unsafe pointer = EVP_CIPHER_CTX_new()
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(pointer)
    }

    /// The text through the cipher; nil when libcrypto refuses or the sizes are beyond its `int`.
    func run(_ text: [UInt8], _ key: SecretKey, _ nonce: [UInt8], _ associatedData: [UInt8], encrypt: Bool) -> [UInt8]? {
        guard let length = Int32(exactly: text.count), let dataLength = Int32(exactly: associatedData.count),
            unsafe pointer != nil,
            unsafe EVP_CipherInit_ex2(pointer, EVP_aes_256_gcm(), key.bytes, nonce, encrypt ? 1 : 0, nil) == 1
        else { return nil }
        var written: Int32 = 0
        if dataLength > 0 {
            guard unsafe EVP_CipherUpdate(pointer, nil, &written, associatedData, dataLength) == 1 else { return nil }
        }
        var out = [UInt8](repeating: 0, count: text.count)
        if length > 0 {
            guard unsafe EVP_CipherUpdate(pointer, &out, &written, text, length) == 1, written == length else { return nil }
        }
        return out
    }

    func finish() -> Bool {
        var block = [UInt8](repeating: 0, count: 16)  // GCM writes nothing here
        var written: Int32 = 0
        return unsafe EVP_CipherFinal_ex(pointer, &block, &written) == 1
    }

    func tag(_ action: TagAction, _ tag: inout [UInt8]) -> Bool {
        let length = Int32(truncatingIfNeeded: tag.count)
        return unsafe tag.withUnsafeMutableBytes {
            unsafe EVP_CIPHER_CTX_ctrl(pointer, action.rawValue, length, $0.baseAddress) == 1
        }
    }
}
