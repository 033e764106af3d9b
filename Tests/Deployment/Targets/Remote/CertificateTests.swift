import Foundation
import HTTP
import IO
import TestSupport
import Testing

@testable import Deployment

/// With an authority of its own, made by the `openssl` command.
@Suite("certificates of APIs", .timeLimit(.minutes(5)), .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")))
struct CertificateTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test -addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem")
    }

    private func openssl(_ arguments: String) throws {
        let program = try Program(["openssl"] + arguments.split(separator: " ").map(String.init), folder: folder.path)
        try #require(program.wait() == 0)
    }

    @Test func anAuthorityOfTheTargetsOwnIsTrustedByIt() async throws {
        let tls = try TLSContext.server(certificate: folder.path + "/cert.pem", key: folder.path + "/key.pem")
        let api = try await FakeAPI.start(tls: tls) { _, _ in .status(204) }
        let bench = try TargetBench()
        let trusting = try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/", "certificateAuthority": "\#(folder.path)/cert.pem"}"#)
        #expect(trusting.summary != nil, "\(trusting)")
        let other = try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/"}"#)
        #expect(other.reason?.contains("cannot talk TLS") == true && other.reason?.contains("\"certificateAuthority\" in the target") == true, "\(other)")
        let missing = try await bench.deploy(#"{"type": "http", "url": "\#(api.url)/", "certificateAuthority": "/nonexistent.pem"}"#)
        #expect(missing.reason?.contains("/nonexistent.pem") == true, "\(missing)")
    }
}
