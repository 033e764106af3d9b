import COpenSSL

/// What a server gave us to shorten the next handshake with it. It holds what that server's certificate was checked against,
/// so it must only be offered to the same host under the same context.
///
/// `@unchecked Sendable`: an `SSL_SESSION` is counted with atomics and not changed once it is taken out of its connection.
@safe package final class TLSResumption: @unchecked Sendable {
    let pointer: OpaquePointer

    init?(of connection: OpaquePointer) {
        guard unsafe SSL_get_verify_result(connection) == Int(X509_V_OK), let session = unsafe SSL_get1_session(connection) else { return nil }
        guard unsafe SSL_SESSION_is_resumable(session) == 1 else {
            unsafe SSL_SESSION_free(session)
            return nil
        }
        unsafe pointer = session
    }

    deinit {
        unsafe SSL_SESSION_free(pointer)
    }
}

extension ByteStream {
    /// For the next connection to the same host; nil where the server gave nothing so far. TLS 1.3 servers give it
    /// behind the handshake, so it is there after the first answer at the latest.
    package var tlsResumption: TLSResumption? { tls?.resumption }

    /// Whether the handshake was a shortened one.
    package var isTLSResumed: Bool { tls?.isResumed ?? false }
}
