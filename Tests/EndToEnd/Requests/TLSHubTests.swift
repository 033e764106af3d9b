import Crypto
import Foundation
import JSON
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

    @Test("a push over TLS reaches a receiver over TLS that asks for a client certificate, and everything shows it", .needs("curl"))
    func wayThrough() throws {
        let folder = try certificates()
        let hub = try hub(folder)
        let receiver = try start(folder, client: "required")
        let url = "https://localhost:\(hub.port)"
        let curl = ["curl", "-sS", "--fail-with-body", "--cacert", folder.path + "/ca.pem"]
        let trusted = ["--hub", url, "--ca", folder.path + "/ca.pem"]
        let file = { (name: String) in folder.path + "/" + name }
        let added = try succeed([
            Place.binary, "webhook", "add", receiver.url + "?token=tok-12345", "--pattern", #"{"type":["io.signalbox.image.pushed"]}"#,
            "--tls-authorities", file("ca.pem"), "--tls-cert", file("client.pem"), "--tls-key", file("client.key"), "--json",
        ] + trusted)
        let id = try #require(try JSONValue.parse(added)["id"]?.string)

        // A whole push: blobs and manifest.
        let image = Image(seed: 3)
        for blob in image.blobs {
            let content = try folder.write("blob", blob.bytes)
            let started = try succeed(curl + ["-X", "POST", "-D", "-", url + "/v2/team/app/blobs/uploads/"])
            let location = try #require(started.firstMatch(of: /(?im)^location: *(\S+)/)).1
            let target = Client.target(String(location), adding: "digest=\(blob.digest)")
            try succeed(curl + ["-X", "PUT", "-H", "Content-Type: application/octet-stream", "--data-binary", "@" + content, url + target])
        }
        let manifest = try folder.write("manifest", image.manifest.bytes)
        try succeed(curl + ["-X", "PUT", "-H", "Content-Type: \(image.manifest.mediaType)", "--data-binary", "@" + manifest, url + "/v2/team/app/manifests/v1"])

        _ = try receiver.child.line(containing: "received from client")
        let list = [Place.binary, "deliveries", "list", "--webhook", id, "--state", "delivered", "--json"] + trusted
        try hub.wait(for: "the delivery") { _ in try succeed(list).contains("image.pushed") }
        let shown = try succeed([Place.binary, "webhook", "show", id] + trusted)
        #expect(shown.contains("HTTP 204") && shown.contains("sha256:") && shown.contains("hook?..."))
        let events = try succeed(curl + [url + "/api/v1/events"])
        #expect(events.contains("image.pushed") && !events.contains("PRIVATE KEY") && !events.contains("tok-12345"))
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
