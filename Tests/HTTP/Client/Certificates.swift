import Foundation
import IO
import TestSupport
import Testing

/// An authority of our own, and certificates by it for a server and two clients, made by the `openssl` command.
final class Certificates: Sendable {
    let directory: URL

    static let openssl = "/usr/bin/openssl"
    static var isAvailable: Bool { FileManager.default.isExecutableFile(atPath: openssl) }

    func path(_ name: String) -> String { directory.appending(path: name).path() }
    func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

    /// - Parameter names: the server's, as in `subjectAltName`.
    init(names: String = "DNS:localhost,IP:127.0.0.1") throws {
        directory = FileManager.default.temporaryDirectory.appending(path: "signalbox-tls-\(UUID().uuidString)/")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        for name in ["ca", "other"] { try make(name, []) }
        let byAuthority = ["-CA", path("ca.pem"), "-CAkey", path("ca.key"), "-addext", "basicConstraints=critical,CA:FALSE"]
        try make("server", byAuthority + ["-addext", "subjectAltName=\(names)"])
        for name in ["alice", "bob"] { try make(name, byAuthority) }
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    private func make(_ name: String, _ more: [String]) throws {
        try run(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=\(name)",
            "-keyout", path("\(name).key"), "-out", path("\(name).pem")] + more)
    }

    func run(_ arguments: [String]) throws {
        try #require(Program([Self.openssl] + arguments).wait() == 0)
    }

    /// What a client is that trusts `authority` and shows the certificate of `name`.
    func identity(_ name: String? = nil, trusting authority: String? = "ca.pem") throws -> TLSIdentity {
        let identity = try TLSIdentity(
            authorities: authority.map { try text($0) }, certificate: name.map { try text("\($0).pem") },
            key: name.map { try text("\($0).key") })
        return try #require(identity)
    }
}

/// OpenSSL's own server, which answers each request with what it knows of the connection.
final class OpenSSLServer: Sendable {
    let port: Int
    private let program: Program

    init(_ certificates: Certificates, _ more: [String] = []) throws {
        let output = Pipe()
        let writing = output.fileHandleForWriting
        program = try Program(
            [Certificates.openssl, "s_server", "-accept", "127.0.0.1:0", "-cert", certificates.path("server.pem"), "-key",
                certificates.path("server.key"), "-CAfile", certificates.path("ca.pem"), "-www"] + more,
            output: writing.fileDescriptor)
        try writing.close()
        var said = ""
        var found: Int?
        while found == nil {
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else { break }
            said += String(decoding: more, as: UTF8.self)
            found = said.firstMatch(of: /ACCEPT [0-9.]+:([0-9]+)\n/).flatMap { Int($0.1) }
        }
        port = try #require(found)
    }

    deinit {
        kill(program.pid, SIGKILL)
        _ = program.wait()
    }
}
