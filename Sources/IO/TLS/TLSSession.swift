import COpenSSL
import Glibc

/// The TLS state of one connection, over its non-blocking socket.
///
/// `@unchecked Sendable`: used by the connection's one task, on the loop's thread.
@safe final class TLSSession: @unchecked Sendable {
    private let pointer: OpaquePointer
    private var failed = false

    init(_ context: TLSContext, descriptor: Int32) throws(StreamError) {
        ERR_clear_error()
        guard let pointer = unsafe SSL_new(context.pointer) else { throw Self.failure("start TLS") }
        unsafe self.pointer = pointer
        guard unsafe SSL_set_fd(pointer, descriptor) == 1 else { throw Self.failure("start TLS") }
    }

    deinit {
        unsafe SSL_free(pointer)
    }

    func acceptHandshake() -> ByteStream.Outcome {
        attempt("complete the TLS handshake") { unsafe SSL_accept(pointer) }
    }

    func connectHandshake() -> ByteStream.Outcome {
        let outcome = attempt("complete the TLS handshake") { unsafe SSL_connect(pointer) }
        guard case .failed(let error) = outcome else { return outcome }
        let verdict = unsafe SSL_get_verify_result(pointer)
        guard verdict != Int(X509_V_OK), let reason = unsafe X509_verify_cert_error_string(verdict) else { return outcome }
        return .failed(StreamError(.tls, unsafe "\(error): \(String(cString: reason))"))
    }

    /// The name that the certificate must carry; an address is checked as an address.
    func expect(host: String) throws(StreamError) {
        if IPAddress(host) != nil {
            guard unsafe X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(pointer), host) == 1 else {
                throw Self.failure("check the certificate of \(host)")
            }
            return
        }
        guard unsafe SSL_set1_host(pointer, host) == 1, unsafe sb_ssl_set_hostname(pointer, host) == 1 else {
            throw Self.failure("check the certificate of \(host)")
        }
    }

    /// Offers what an earlier connection to the same host left; a server that does not know it makes a full handshake.
    func offer(_ resumption: TLSResumption) {
        guard unsafe SSL_set_session(pointer, resumption.pointer) == 1 else { return ERR_clear_error() }
    }

    var resumption: TLSResumption? { unsafe TLSResumption(of: pointer) }
    var isResumed: Bool { unsafe SSL_session_reused(pointer) == 1 }

    func read(_ bytes: UnsafeMutableRawBufferPointer) -> ByteStream.Outcome {
        attempt("read over TLS") { unsafe SSL_read(pointer, bytes.baseAddress, Int32(clamping: bytes.count)) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) -> ByteStream.Outcome {
        attempt("write over TLS") { unsafe SSL_write(pointer, bytes.baseAddress, Int32(clamping: bytes.count)) }
    }

    /// Sends close_notify where the connection still works, and does not wait for the other side's.
    func sayGoodbye() {
        guard !failed, unsafe SSL_is_init_finished(pointer) == 1 else { return }
        ERR_clear_error()
        _ = unsafe SSL_shutdown(pointer)
    }

    private func attempt(_ operation: String, _ call: () -> Int32) -> ByteStream.Outcome {
        ERR_clear_error()
        let result = call()
        if result > 0 { return .done(Int(result)) }
        switch unsafe SSL_get_error(pointer, result) {
        case SSL_ERROR_WANT_READ: return .wait(.read)
        case SSL_ERROR_WANT_WRITE: return .wait(.write)
        case SSL_ERROR_ZERO_RETURN: return .done(0)
        case SSL_ERROR_SYSCALL:
            failed = true
            return errno == 0 ? .failed(StreamError(.closed, "the peer closed the connection")) : .failed(.system(errno, operation))
        default:
            failed = true
            return .failed(Self.failure(operation))
        }
    }

    /// OpenSSL's newest reason on this thread, as an error in words.
    static func failure(_ operation: String) -> StreamError {
        let code = ERR_peek_last_error()
        var text = [CChar](repeating: 0, count: 256)
        unsafe ERR_error_string_n(code, &text, text.count)
        ERR_clear_error()
        let reason = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // "error:0A000086:SSL routines::certificate verify failed": the last part is for people.
        let words = reason.split(separator: ":", omittingEmptySubsequences: true).last.map(String.init) ?? reason
        return StreamError(.tls, "cannot \(operation): \(words)")
    }
}

extension ByteStream {
    /// The same connection as the server's side of TLS. On failure the connection is closed.
    package func startTLS(_ context: TLSContext, until deadline: Int64) async throws(StreamError) -> ByteStream {
        let session = try orClose { () throws(StreamError) in try TLSSession(context, descriptor: channel.descriptor) }
        return try await handshake(session, until: deadline) { session.acceptHandshake() }
    }

    /// The same connection as the client's side of TLS with `host`, whose certificate is checked.
    /// - Parameter resumption: of an earlier connection to `host` with the same context.
    package func startTLS(
        _ context: TLSContext, host: String, resumption: TLSResumption? = nil, until deadline: Int64
    ) async throws(StreamError) -> ByteStream {
        let session = try orClose { () throws(StreamError) in
            let session = try TLSSession(context, descriptor: channel.descriptor)
            try session.expect(host: host)
            if let resumption { session.offer(resumption) }
            return session
        }
        return try await handshake(session, until: deadline) { session.connectHandshake() }
    }

    private func orClose<R>(_ body: () throws(StreamError) -> R) throws(StreamError) -> R {
        do throws(StreamError) {
            return try body()
        } catch {
            channel.close()
            throw error
        }
    }

    private func handshake(
        _ session: TLSSession, until deadline: Int64, _ step: () -> Outcome
    ) async throws(StreamError) -> ByteStream {
        do throws(StreamError) {
            while true {
                switch step() {
                case .done(let result):
                    guard result > 0 else { throw StreamError(.closed, "\(peer) closed the connection during the TLS handshake") }
                    return ByteStream(channel: channel, peer: peer, tls: session)
                case .wait(let direction): try await wait(direction, until: deadline)
                case .failed(let error): throw error
                }
            }
        } catch {
            channel.close()
            throw error
        }
    }
}
