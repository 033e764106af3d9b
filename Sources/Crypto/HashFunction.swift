internal import COpenSSL

/// The hash functions of registered OCI digests.
package enum HashFunction: Sendable, Hashable, CaseIterable {
    case sha256
    case sha512

    /// Length of a digest in bytes.
    package var digestLength: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        }
    }

    /// The implementation, looked up once: since OpenSSL 3 `EVP_sha256()` searches the providers at every use.
    @unsafe var algorithm: OpaquePointer? {
        switch self {
        case .sha256: unsafe Fetched.sha256.pointer
        case .sha512: unsafe Fetched.sha512.pointer
        }
    }
}

/// An `EVP_MD` that lives as long as the process.
@safe private struct Fetched: @unchecked Sendable {  // `EVP_MD` is immutable and reference counted with atomics
    static let sha256 = Fetched("SHA256")
    static let sha512 = Fetched("SHA512")

    let pointer: OpaquePointer?

    private init(_ name: String) {
        unsafe pointer = EVP_MD_fetch(nil, name, nil)
    }
}

/// Stops the process when libcrypto cannot even hash. No input leads here: it takes exhausted memory or an OpenSSL
/// installation without SHA-2, and going on would store content under a digest nobody computed.
@inline(__always)
func requireLibcrypto(_ done: Bool) {
    if !done { fatalError("libcrypto cannot compute digests: out of memory, or its SHA-2 is disabled") }
}
