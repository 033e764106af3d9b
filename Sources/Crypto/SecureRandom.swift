internal import COpenSSL

/// Unpredictable bytes for identifiers, nonces and keys, from libcrypto's generator (seeded by the kernel, safe after fork).
package enum SecureRandom {
    package static func bytes(_ count: Int) throws(CryptoError) -> [UInt8] {
        guard count > 0, let length = Int32(exactly: count) else { return [] }
        var bytes = [UInt8](repeating: 0, count: count)
        guard unsafe RAND_bytes(&bytes, length) == 1 else {
            throw CryptoError(.random, "the system's random number generator gave no bytes")
        }
        return bytes
    }
}
