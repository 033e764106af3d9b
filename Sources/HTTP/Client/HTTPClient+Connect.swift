import IO
import Synchronization

extension HTTPClient {
    /// A new connection: the name resolved, each address held against the policy, and for `https` the certificate checked.
    func connect(to destination: Destination, until deadline: Int64) async throws(HTTPClientError) -> ByteStream {
        let origin = destination.origin
        let addresses = try await names.addresses(of: origin.host, port: origin.port, until: deadline)
        var lastError = HTTPClientError(.forbiddenAddress, "\(origin.host) has no address")
        var isForbidden = true
        for (index, address) in addresses.enumerated() {
            if let refusal = options.policy.refusal(of: address.ip) {
                if isForbidden {
                    lastError = HTTPClientError(.forbiddenAddress, "\(origin) must not be connected to: \(refusal)")
                }
                continue
            }
            isForbidden = false
            do throws(HTTPClientError) {
                let share = try Deadline.left(deadline, "connecting to \(origin)") / Int64(addresses.count - index)
                let stream = try await open(address, origin, until: Deadline.soonest(deadline, in: min(share, options.connectTimeout)))
                return origin.scheme == .https ? try await secure(stream, destination, until: deadline) : stream
            } catch {
                lastError = error
                if Task.isCancelled || error.code == .tls { break }
            }
        }
        throw lastError
    }

    private func open(_ address: SocketAddress, _ origin: Origin, until deadline: Int64) async throws(HTTPClientError) -> ByteStream {
        do throws(StreamError) {
            return try await ByteStream.connect(to: address, on: loop, until: deadline)
        } catch {
            throw error.code == .timedOut
                ? HTTPClientError(.timedOut, "connecting to \(origin) took too long")
                : HTTPClientError(.cannotConnect, error.description)
        }
    }

    private func secure(
        _ stream: ByteStream, _ destination: Destination, until deadline: Int64
    ) async throws(HTTPClientError) -> ByteStream {
        let origin = destination.origin
        let resumption = state.withLock { $0.resumptions.value(for: destination) }
        do throws(StreamError) {
            let context = try await context(destination.tls)
            return try await stream.startTLS(
                context, host: origin.host, resumption: resumption, until: Deadline.soonest(deadline, in: options.handshakeTimeout))
        } catch {
            stream.close()
            if resumption != nil { state.withLock { $0.resumptions.remove(destination) } }
            throw error.code == .timedOut
                ? HTTPClientError(.timedOut, "the TLS handshake with \(origin) took too long")
                : HTTPClientError(.tls, "cannot talk TLS with \(origin): \(error)")
        }
    }

    /// Certificates are read and checked where blocking is allowed, once for as long as their context is kept.
    private func context(_ identity: TLSIdentity?) async throws(StreamError) -> TLSContext {
        if let known = contexts.known(identity) { return known }
        let contexts = contexts
        return try await pool.run { () throws(StreamError) in try contexts.context(for: identity) }
    }

    /// Keeps what the server gave for the next handshake, once for each connection.
    func keepResumption(of connection: ClientConnection, _ destination: Destination) {
        guard connection.stream.isTLS, !connection.hasGivenResumption, let resumption = connection.stream.tlsResumption else { return }
        connection.hasGivenResumption = true
        state.withLock { $0.resumptions.set(resumption, for: destination) }
    }
}
