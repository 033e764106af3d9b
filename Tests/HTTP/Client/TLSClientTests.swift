import HTTP
import IO
import Testing

@Suite("The HTTP client over TLS", .enabled(if: Certificates.isAvailable))
struct TLSClientTests {
    private func server(_ certificates: Certificates) async throws -> ScriptedServer {
        let context = try TLSContext.server(certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
        return try await ScriptedServer.start(tls: context) { number, peer in
            while let (head, _) = try await peer.request() { try await peer.answer("\(number) \(head.authority ?? "-")") }
        }
    }

    private func client(_ certificates: Certificates, trusting authority: String?) throws -> HTTPClient {
        let tls = try authority.map { try TLSContext.client(authorities: certificates.path($0)) }
        return try makeClient { $0.tls = tls }
    }

    @Test("a certificate by a trusted authority is accepted for its names and addresses, and the connection is kept")
    func trusted() async throws {
        let certificates = try Certificates(names: "DNS:localhost,IP:127.0.0.1")
        let server = try await server(certificates)
        let client = try client(certificates, trusting: "ca.pem")
        for _ in 0..<3 {
            #expect(try await client.text(server.url("/", scheme: "https")) == "1 127.0.0.1:\(server.address.port)")
        }
        #expect(try await client.text(server.url("/", scheme: "https", host: "localhost")) == "2 localhost:\(server.address.port)")
    }

    @Test("certificates by others, by nobody known, and for other names are refused", arguments: [
        ("other.pem", "localhost"), (nil, "localhost"), ("ca.pem", "127.0.0.1"),
    ])
    func refused(authority: String?, host: String) async throws {
        let certificates = try Certificates(names: "DNS:localhost")
        let server = try await server(certificates)
        let client = try client(certificates, trusting: authority)
        let url = try server.url("/", scheme: "https", host: host)
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .tls)
    }

    @Test("a server that does not speak TLS is an error, not a wait")
    func plainServer() async throws {
        let server = try await ScriptedServer.start { _, peer in
            try await peer.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            try await peer.untilClosed()
        }
        let client = try makeClient()
        let url = try server.url("/", scheme: "https")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .tls)
    }

    @Test("a handshake that hangs ends at its own deadline")
    func hangingHandshake() async throws {
        let server = try await ScriptedServer.start { _, peer in try await peer.untilClosed() }
        let client = try makeClient { $0.handshakeTimeout = 30 }
        let url = try server.url("/", scheme: "https")
        #expect(await code { () throws(HTTPClientError) in _ = try await client.text(url) } == .timedOut)
    }
}
