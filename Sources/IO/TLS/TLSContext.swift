import COpenSSL
import Crypto

/// TLS settings shared by many connections: TLS 1.2 and later, OpenSSL's own choice of ciphers.
///
/// `@unchecked Sendable`: an `SSL_CTX` that is no longer changed may be used from many threads (OpenSSL, "threads").
@safe package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer

    private init(_ method: OpaquePointer?) throws(StreamError) {
        ERR_clear_error()
        guard let pointer = unsafe SSL_CTX_new(method) else { throw TLSSession.failure("set up TLS") }
        unsafe self.pointer = pointer
        _ = unsafe sb_ssl_ctx_min_tls12(pointer)
        unsafe sb_ssl_ctx_options(pointer)
    }

    deinit {
        unsafe SSL_CTX_free(pointer)
    }

    /// For a server with its certificate chain and private key, both PEM files.
    package static func server(certificate: String, key: String) throws(StreamError) -> TLSContext {
        let context = unsafe try TLSContext(TLS_server_method())
        guard unsafe SSL_CTX_use_certificate_chain_file(context.pointer, certificate) == 1 else {
            throw TLSSession.failure("read the certificate \(certificate)")
        }
        guard unsafe SSL_CTX_use_PrivateKey_file(context.pointer, key, SSL_FILETYPE_PEM) == 1 else {
            throw TLSSession.failure("read the private key \(key)")
        }
        guard unsafe SSL_CTX_check_private_key(context.pointer) == 1 else {
            throw TLSSession.failure("use the private key \(key) with the certificate \(certificate)")
        }
        let name: [UInt8] = Array("signalbox".utf8)
        _ = unsafe SSL_CTX_set_session_id_context(context.pointer, name, UInt32(name.count))
        return context
    }

    /// For a client that checks certificates against the system's authorities, or those of one PEM file.
    package static func client(authorities: String? = nil) throws(StreamError) -> TLSContext {
        let context = unsafe try TLSContext(TLS_client_method())
        if let authorities {
            guard unsafe SSL_CTX_load_verify_locations(context.pointer, authorities, nil) == 1 else {
                throw TLSSession.failure("read the certificate authorities \(authorities)")
            }
        } else {
            guard unsafe SSL_CTX_set_default_verify_paths(context.pointer) == 1 else {
                throw TLSSession.failure("read the system's certificate authorities")
            }
        }
        unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        return context
    }

    /// For a client with an identity of its own.
    /// - Parameter store: whose authorities count where the identity has none; their memory is shared.
    package static func client(_ identity: TLSIdentity, store: TLSContext?) throws(StreamError) -> TLSContext {
        let context = unsafe try TLSContext(TLS_client_method())
        if let authorities = identity.authorities {
            try context.trust(PEM.certificates(authorities, "the certificate authorities"))
        } else if let store {
            unsafe SSL_CTX_set1_cert_store(context.pointer, SSL_CTX_get_cert_store(store.pointer))
        }
        if let certificate = identity.certificate, let key = identity.key {
            try context.present(
                PEM.certificates(certificate, "the client certificate"), PEM.key(key, "the client key"))
        }
        unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER, nil)
        return context
    }

    /// A certificate in the list counts whoever signed it, so that a receiver's own can be given as well as its authority's.
    private func trust(_ authorities: [PEM.Certificate]) throws(StreamError) {
        let store = unsafe SSL_CTX_get_cert_store(pointer)
        for authority in authorities {
            guard unsafe X509_STORE_add_cert(store, authority.pointer) == 1 else {
                throw TLSSession.failure("use the certificate authorities")
            }
        }
        _ = unsafe X509_STORE_set_flags(store, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    }

    private func present(_ chain: [PEM.Certificate], _ key: PEM.PrivateKey) throws(StreamError) {
        for (index, certificate) in chain.enumerated() {
            let done = index == 0
                ? unsafe SSL_CTX_use_certificate(pointer, certificate.pointer)
                : unsafe sb_ssl_ctx_add1_chain_cert(pointer, certificate.pointer)
            guard done == 1 else { throw TLSSession.failure("use the client certificate") }
        }
        guard unsafe SSL_CTX_use_PrivateKey(pointer, key.pointer) == 1, unsafe SSL_CTX_check_private_key(pointer) == 1 else {
            ERR_clear_error()
            throw StreamError(.tls, "the client key does not belong to the client certificate")
        }
    }
}
