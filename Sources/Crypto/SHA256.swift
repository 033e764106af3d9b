internal import COpenSSL

/// SHA-256 of many short messages: one context, started anew for each, which saves more than half of what a new one costs.
@safe package struct SHA256: ~Copyable, @unchecked Sendable {  // not copyable: the context has one owner at a time
    private let context: OpaquePointer?

    package init() {
        unsafe context = EVP_MD_CTX_new()
        unsafe requireLibcrypto(EVP_DigestInit_ex2(context, HashFunction.sha256.algorithm, nil) == 1)
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    /// The digest of one message as four words, the first bytes in the first.
    package mutating func digest(_ bytes: RawSpan) -> (UInt64, UInt64, UInt64, UInt64) {
        unsafe requireLibcrypto(EVP_DigestInit_ex2(context, nil, nil) == 1)
        unsafe bytes.withUnsafeBytes { buffer in
            guard let start = buffer.baseAddress, buffer.count > 0 else { return }
            unsafe requireLibcrypto(EVP_DigestUpdate(context, start, buffer.count) == 1)
        }
        var words: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
        unsafe withUnsafeMutableBytes(of: &words) { out in
            let start = unsafe out.baseAddress?.assumingMemoryBound(to: UInt8.self)
            unsafe requireLibcrypto(EVP_DigestFinal_ex(context, start, nil) == 1)
        }
        return (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    }
}
