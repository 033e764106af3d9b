import Crypto
import Foundation
import Testing

extension EndToEnd.TLSTests {
    private func hub(_ folder: TemporaryFolder) throws -> Hub {
        try Hub(["--tls-cert", folder.path + "/server.pem", "--tls-key", folder.path + "/server.key"])
    }

    @Test("a hub with a certificate serves large content, its commands and its webhooks over TLS", .needs("curl"))
    func hub() throws {
        let folder = try certificates()
        let hub = try hub(folder)
        let url = "https://localhost:\(hub.port)"
        let curl = ["curl", "-sS", "--fail-with-body", "--cacert", folder.path + "/ca.pem"]

        let blob = Image(seed: 1, layerBytes: 3_000_000).layers[0]
        let file = try folder.write("blob", blob.bytes)
        let started = try succeed(curl + ["-X", "POST", "-D", "-", url + "/v2/team/app/blobs/uploads/"])
        let location = try #require(started.firstMatch(of: /(?im)^location: *(\S+)/)).1
        let target = Client.target(String(location), adding: "digest=\(blob.digest)")
        try succeed(curl + ["-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + file, url + target])
        try succeed(curl + ["-o", folder.path + "/back", url + "/v2/team/app/blobs/\(blob.digest)"])
        #expect(try sha256(Array(Data(contentsOf: URL(fileURLWithPath: folder.path + "/back")))) == blob.digest)

        let receiver = try Receiver()
        let environment = ["SIGNALBOX_URL": url]
        let trusted = ["--ca", folder.path + "/ca.pem"]
        let added = try succeed([Place.binary, "webhook", "add", receiver.url] + trusted, environment: environment)
        #expect(added.contains("whsec_"))
        #expect(try succeed([Place.binary, "webhook", "list"] + trusted, environment: environment).contains(receiver.url))
        #expect(try succeed([Place.binary, "events"] + trusted, environment: environment).contains("webhook.created"))
    }

    @Test("who does not trust the hub's certificate, or speaks no TLS, gets an error and no answer", .needs("curl"))
    func strangers() throws {
        let folder = try certificates()
        let hub = try hub(folder)
        for (authorities, port) in [("other.pem", hub.port), ("ca.pem", hub.port)] {
            let host = authorities == "ca.pem" ? "127.0.0.2" : "localhost"
            let finished = try run(
                [Place.binary, "events", "--hub", "https://\(host):\(port)", "--ca", folder.path + "/" + authorities], seconds: 60)
            #expect(finished.status == 1, "\(finished)")
        }
        #expect(try run(["curl", "-sS", "http://127.0.0.1:\(hub.port)/v2/"], seconds: 60).status != 0)
        // A handshake that never goes on holds up nobody.
        let silent = try Connection(port: hub.port)
        try succeed(["curl", "-sS", "--fail-with-body", "--cacert", folder.path + "/ca.pem", "https://localhost:\(hub.port)/v2/"])
        _ = silent
    }

    @Test("a certificate that cannot be used stops the start with one sentence that names the file", arguments: [
        ("server.pem", "client.key"), ("missing.pem", "server.key"), ("server.key", "server.key"), ("server.pem", "server.pem"),
    ])
    func unusable(certificate: String, key: String) throws {
        let folder = try certificates()
        let finished = try run([
            Place.binary, "serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data", "--tls-cert", folder.path + "/" + certificate,
            "--tls-key", folder.path + "/" + key,
        ], seconds: 60)
        #expect(finished.status == 1, "\(finished)")
        #expect(finished.err.contains(folder.path) && finished.err.split(separator: "\n").count == 1, "\(finished)")
    }
}
