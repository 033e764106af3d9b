internal import COpenSSL

/// A digest of bytes that arrive in pieces. Memory is constant; ``finalize()`` ends it.
@safe package struct StreamingHash: ~Copyable, @unchecked Sendable {  // not copyable: the context has one owner at a time
    private let context: OpaquePointer?
    private let function: HashFunction

    package init(_ function: HashFunction) {
        self.function = function
        unsafe context = EVP_MD_CTX_new()
        unsafe requireLibcrypto(EVP_DigestInit_ex2(context, function.algorithm, nil) == 1)
    }

    deinit {
        unsafe EVP_MD_CTX_free(context)
    }

    @unsafe package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return }
        unsafe requireLibcrypto(EVP_DigestUpdate(context, start, bytes.count) == 1)
    }

    package mutating func update(_ bytes: borrowing Span<UInt8>) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    package mutating func update(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe update($0) }
    }

    /// The digest of everything given so far, `function.digestLength` bytes.
    package consuming func finalize() -> [UInt8] {
        finish()
    }

    /// Borrows, so that the context outlives the call into libcrypto: `deinit` may run before a closure that captured
    /// only the pointer.
    private borrowing func finish() -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: function.digestLength)
        unsafe requireLibcrypto(EVP_DigestFinal_ex(context, &digest, nil) == 1)
        return digest
    }
}

/// The digest of `bytes` in one call.
package func hash(_ function: HashFunction, _ bytes: [UInt8]) -> [UInt8] {
    var state = StreamingHash(function)
    state.update(bytes)
    return state.finalize()
}

/// The digest of `bytes` in one call.
package func hash(_ function: HashFunction, _ bytes: borrowing Span<UInt8>) -> [UInt8] {
    var state = StreamingHash(function)
    state.update(bytes)
    return state.finalize()
}
