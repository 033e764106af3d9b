import IO
import Synchronization

extension HTTPClient {
    /// A new connection: the name resolved, each address held against the policy, and for `https` the certificate checked.
    func connect(to origin: Origin, until deadline: Int64) async throws(HTTPClientError) -> ByteStream {
        let addresses = try await resolve(origin)
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
                return origin.scheme == .https ? try await secure(stream, origin, until: deadline) : stream
            } catch {
                lastError = error
                if Task.isCancelled || error.code == .tls { break }
            }
        }
        throw lastError
    }

    private func resolve(_ origin: Origin) async throws(HTTPClientError) -> [SocketAddress] {
        if let ip = IPAddress(origin.host) { return [SocketAddress(ip: ip, port: origin.port)] }
        do throws(StreamError) {
            return try await resolver.run { () throws(StreamError) in
                try Resolver.addresses(of: origin.host, port: origin.port)
            }
        } catch {
            throw HTTPClientError(.unresolved, error.description)
        }
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

    private func secure(_ stream: ByteStream, _ origin: Origin, until deadline: Int64) async throws(HTTPClientError) -> ByteStream {
        do throws(StreamError) {
            let context = try await tlsContext()
            return try await stream.startTLS(
                context, host: origin.host, until: Deadline.soonest(deadline, in: options.handshakeTimeout))
        } catch {
            stream.close()
            throw error.code == .timedOut
                ? HTTPClientError(.timedOut, "the TLS handshake with \(origin) took too long")
                : HTTPClientError(.tls, "cannot talk TLS with \(origin): \(error)")
        }
    }

    /// The system's authorities are a large file: read once, when first needed, where blocking is allowed.
    private func tlsContext() async throws(StreamError) -> TLSContext {
        if let context = state.withLock({ $0.tls }) { return context }
        let context = try await resolver.run { () throws(StreamError) in try TLSContext.client() }
        return state.withLock { state in
            let first = state.tls ?? context
            state.tls = first
            return first
        }
    }
}
