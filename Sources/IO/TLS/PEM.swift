import COpenSSL

/// Certificates and keys in PEM text (RFC 7468).
enum PEM {
    /// What one text may have: the system's own bundle of authorities has about 150 certificates and 220 KiB.
    static let maximumLength = 512 << 10
    static let maximumCertificates = 512

    /// The certificates of a text, in its order; whatever else is in it is passed over.
    /// - Parameter name: what the text is, for errors.
    static func certificates(_ text: String, _ name: String) throws(StreamError) -> [Certificate] {
        let bio = try MemoryBIO(text, name)
        var certificates: [Certificate] = []
        while let pointer = unsafe sb_pem_certificate(bio.pointer) {
            certificates.append(unsafe Certificate(pointer))
            guard certificates.count <= maximumCertificates else {
                throw StreamError(.tls, "\(name) has more than \(maximumCertificates) certificates")
            }
        }
        // What ends a text in order is that there is no further beginning of a PEM block.
        let code = ERR_peek_last_error()
        ERR_clear_error()
        guard sb_err_is_no_pem_start(code) == 1, !certificates.isEmpty else {
            throw StreamError(.tls, "\(name) must be one or more certificates in PEM (-----BEGIN CERTIFICATE-----)")
        }
        return certificates
    }

    static func key(_ text: String, _ name: String) throws(StreamError) -> PrivateKey {
        let bio = try MemoryBIO(text, name)
        guard let pointer = unsafe sb_pem_private_key(bio.pointer) else {
            // OpenSSL's reason is left out: it says no more, and nothing of a key must get into a message.
            ERR_clear_error()
            throw StreamError(.tls, "\(name) must be one private key in PEM, without a password (-----BEGIN PRIVATE KEY-----)")
        }
        return unsafe PrivateKey(pointer)
    }

    /// `@unchecked Sendable`: an `X509` that is only read may be used from many threads.
    @safe final class Certificate: @unchecked Sendable {
        let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
        deinit { unsafe X509_free(pointer) }

        /// SHA-256 of the certificate's DER.
        func fingerprint() throws(StreamError) -> [UInt8] {
            var digest = [UInt8](repeating: 0, count: 32)
            var length: UInt32 = 0
            guard unsafe X509_digest(pointer, EVP_sha256(), &digest, &length) == 1, length == 32 else {
                throw TLSSession.failure("compute a certificate's fingerprint")
            }
            return digest
        }
    }

    @safe final class PrivateKey {
        let pointer: OpaquePointer

        init(_ pointer: OpaquePointer) { unsafe self.pointer = pointer }
        deinit { unsafe EVP_PKEY_free(pointer) }
    }

    /// A text for OpenSSL to read, in memory of OpenSSL's own.
    @safe private final class MemoryBIO {
        let pointer: OpaquePointer

        init(_ text: String, _ name: String) throws(StreamError) {
            guard text.utf8.count <= PEM.maximumLength else {
                throw StreamError(.tls, "\(name) has more than \(PEM.maximumLength >> 10) KiB")
            }
            ERR_clear_error()
            guard let pointer = unsafe BIO_new(BIO_s_mem()) else { throw TLSSession.failure("read \(name)") }
            unsafe self.pointer = pointer
            let bytes = Array(text.utf8)
            let count = bytes.isEmpty ? 0 : unsafe BIO_write(pointer, bytes, Int32(bytes.count))
            guard count == bytes.count else { throw TLSSession.failure("read \(name)") }
        }

        deinit { unsafe BIO_free(pointer) }
    }
}
