import HTTP
import IO
import Testing

@Suite("TLS identities of the HTTP client", .enabled(if: Certificates.isAvailable))
struct TLSIdentityTests {
    private func answer(_ client: HTTPClient, _ url: HTTPURL, _ identity: TLSIdentity?) async throws(HTTPClientError) -> String {
        let request = HTTPRequest(.get, url, tls: identity)
        return String(decoding: try await client.execute(request, until: Monotonic.milliseconds + 300_000).content, as: UTF8.self)
    }

    @Test("a server that asks for a certificate is shown the request's own")
    func clientCertificate() async throws {
        let certificates = try Certificates()
        let server = try OpenSSLServer(certificates, ["-Verify", "1", "-verify_return_error"])
        let client = try makeClient()
        let url = try HTTPURL("https://localhost:\(server.port)/")
        for name in ["alice", "bob", "alice"] {
            let text = try await answer(client, url, certificates.identity(name))
            #expect(text.contains("Subject: CN = \(name)") || text.contains("Subject: CN=\(name)"))
        }
        let anonymous = try certificates.identity()
        let code = await code { () throws(HTTPClientError) in _ = try await answer(client, url, anonymous) }
        #expect(code == .tls || code == .closed)
    }

    @Test("connections and sessions of one identity are not used for another")
    func separation() async throws {
        let certificates = try Certificates()
        let context = try TLSContext.server(certificate: certificates.path("server.pem"), key: certificates.path("server.key"))
        let server = try await ScriptedServer.start(tls: context) { number, peer in
            while try await peer.request() != nil { try await peer.answer("\(number) \(peer.isResumed)") }
        }
        let client = try makeClient()
        let url = try server.url("/", scheme: "https")
        let (alice, bob) = (try certificates.identity("alice"), try certificates.identity("bob"))
        #expect(try await answer(client, url, alice) == "1 false")
        #expect(try await answer(client, url, bob) == "2 false")
        #expect(try await answer(client, url, alice) == "1 false")
        #expect(try await answer(client, url, certificates.identity("bob")) == "2 false", "the same texts are the same identity")
        #expect(try await answer(client, url, certificates.identity()) == "3 false")
    }

    @Test("the authorities of the request count instead of the client's")
    func authorities() async throws {
        let certificates = try Certificates()
        let server = try OpenSSLServer(certificates)
        let url = try HTTPURL("https://127.0.0.1:\(server.port)/")
        let trusting = try makeClient { $0.tls = try? TLSContext.client(authorities: certificates.path("ca.pem")) }
        #expect(try await answer(trusting, url, nil).contains("TLS"))
        #expect(try await answer(trusting, url, certificates.identity("alice", trusting: nil)).contains("TLS"))
        let other = try certificates.identity(trusting: "other.pem")
        #expect(await code { () throws(HTTPClientError) in _ = try await answer(trusting, url, other) } == .tls)
        let pinned = try certificates.identity(trusting: "server.pem")
        #expect(try await answer(makeClient(), url, pinned).contains("TLS"), "the server's own certificate is enough")
    }

    @Test("a name that the certificate does not have is refused whatever the identity")
    func hostname() async throws {
        let certificates = try Certificates(names: "DNS:elsewhere.example")
        let server = try OpenSSLServer(certificates)
        let client = try makeClient()
        for (host, authority) in [("localhost", "ca.pem"), ("127.0.0.1", "ca.pem"), ("localhost", "server.pem")] {
            let url = try HTTPURL("https://\(host):\(server.port)/")
            let identity = try certificates.identity("alice", trusting: authority)
            #expect(await code { () throws(HTTPClientError) in _ = try await answer(client, url, identity) } == .tls)
        }
    }

    @Test("the next connection resumes the session of the one before", arguments: ["-tls1_2", "-tls1_3"])
    func resumption(version: String) async throws {
        let certificates = try Certificates()
        let server = try OpenSSLServer(certificates, [version])
        let client = try makeClient()
        let url = try HTTPURL("https://localhost:\(server.port)/")
        // This server ends each connection with its answer.
        let alice = try certificates.identity("alice")
        #expect(try await answer(client, url, alice).contains("New, TLSv1."))
        for _ in 0..<3 { #expect(try await answer(client, url, alice).contains("Reused, TLSv1.")) }
        #expect(try await answer(client, url, certificates.identity("bob")).contains("New, TLSv1."))
        let ip = try HTTPURL("https://127.0.0.1:\(server.port)/")
        #expect(try await answer(client, ip, alice).contains("New, TLSv1."), "the certificate was checked for another name")
    }

    @Test("contexts are made once and kept up to a bound")
    func contexts() async throws {
        let certificates = try Certificates()
        let contexts = TLSContexts(standard: try .client(authorities: certificates.path("ca.pem")), limit: 2)
        let identities = [try certificates.identity("alice"), try certificates.identity("bob"), try certificates.identity()]
        let first = try contexts.context(for: identities[0])
        #expect(try contexts.context(for: identities[0]) === first)
        _ = try contexts.context(for: identities[1])
        _ = try contexts.context(for: identities[0])
        _ = try contexts.context(for: identities[2])
        #expect(contexts.known(identities[0]) === first)
        #expect(contexts.known(identities[1]) == nil, "the one that was not used the longest")
    }

    @Test("texts that cannot be used are refused with the one at fault, and never show the key")
    func refused() async throws {
        let certificates = try Certificates()
        let (pem, key, other) = (try certificates.text("alice.pem"), try certificates.text("alice.key"), try certificates.text("bob.key"))
        try certificates.run(["pkcs8", "-topk8", "-in", certificates.path("alice.key"), "-passout", "pass:x", "-out", certificates.path("locked.key")])
        let locked = try certificates.text("locked.key")
        let cases: [(authorities: String?, certificate: String?, key: String?, says: String)] = [
            ("", nil, nil, "authorities"), ("nonsense", nil, nil, "authorities"), (key, nil, nil, "authorities"),
            (pem + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", nil, nil, "authorities"),
            (String(repeating: "x", count: 600_000), nil, nil, "KiB"),
            (nil, pem, nil, "needs its key"), (nil, nil, key, "needs its certificate"), (nil, "x", key, "client certificate"),
            (nil, pem, "x", "client key"), (nil, pem, locked, "password"), (nil, pem, other, "does not belong"),
        ]
        for (authorities, certificate, key, says) in cases {
            let error = #expect(throws: StreamError.self) {
                try TLSIdentity(authorities: authorities, certificate: certificate, key: key)
            }
            #expect(error?.description.contains(says) == true, "\(String(describing: error))")
            #expect(error?.description.contains("BEGIN EC") != true)
        }
        #expect(try TLSIdentity(authorities: nil, certificate: nil, key: nil) == nil)
        let identity = try certificates.identity("alice")
        #expect(!"\(identity)".contains("KEY") && identity.certificateFingerprint?.count == 64)
    }
}
