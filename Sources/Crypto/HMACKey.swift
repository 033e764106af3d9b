internal import COpenSSL
import Synchronization

/// A key for HMAC-SHA256 (RFC 2104).
///
/// The keyed context is kept and restarted for each message, which costs less than half of the one-shot `HMAC()`.
/// A mutex guards it because a context computes one message at a time; a computation takes about a microsecond.
package final class HMACKey: Sendable {
    private let context: Mutex<Context>

    /// Any key length is valid; RFC 2104 recommends 32 bytes or more.
    package init(_ key: [UInt8]) {
        context = Mutex(Context(key))
    }

    /// The 32-byte code of the parts, taken as one message without separators.
    package func sha256(_ message: [UInt8]...) -> [UInt8] {
        context.withLock { $0.code(of: message) }
    }
}

@safe private struct Context: ~Copyable {
    private let pointer: OpaquePointer?

    init(_ key: [UInt8]) {
        let algorithm = unsafe EVP_MAC_fetch(nil, "HMAC", nil)
        unsafe requireLibcrypto(algorithm != nil)
        unsafe pointer = EVP_MAC_CTX_new(algorithm)
        unsafe EVP_MAC_free(algorithm)  // the context keeps its own reference
        unsafe requireLibcrypto(Self.start(pointer, key))
    }

    /// `OSSL_PARAM` keeps pointers to both the parameter's name and its value, so both are held while it is used.
    @unsafe private static func start(_ pointer: OpaquePointer?, _ key: [UInt8]) -> Bool {
        let parameter = Array("digest".utf8CString)
        var value = Array("SHA256".utf8CString)
        let keyed = key + [0]  // an empty key needs an address too: a null key means "the key given before"
        return unsafe parameter.withUnsafeBufferPointer { parameter in
            unsafe value.withUnsafeMutableBufferPointer { value in
                let parameters = unsafe [
                    OSSL_PARAM_construct_utf8_string(parameter.baseAddress, value.baseAddress, 0),
                    OSSL_PARAM_construct_end(),
                ]
                return unsafe EVP_MAC_init(pointer, keyed, key.count, parameters) == 1
            }
        }
    }

    deinit {
        unsafe EVP_MAC_CTX_free(pointer)
    }

    mutating func code(of message: [[UInt8]]) -> [UInt8] {
        unsafe requireLibcrypto(EVP_MAC_init(pointer, nil, 0, nil) == 1)
        for part in message {
            unsafe requireLibcrypto(EVP_MAC_update(pointer, part, part.count) == 1)
        }
        return unsafe [UInt8](unsafeUninitializedCapacity: 32) { out, count in
            unsafe requireLibcrypto(EVP_MAC_final(pointer, out.baseAddress, &count, 32) == 1)
        }
    }
}
