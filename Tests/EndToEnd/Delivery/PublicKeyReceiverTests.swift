import Crypto
import Foundation
import JSON
import Testing

extension EndToEnd {
    /// The sample receiver that knows a public key and no secret.
    @Suite("sample receiver with a public key")
    struct PublicKeyReceiverTests {
        static let python: String? = [Place.package + "/.build/python/bin/python3", "python3"].first {
            (try? run([$0, "-c", "import cryptography"]))?.status == 0
        }

        private func start(_ publicKeys: [String]) throws -> (child: Child, port: Int) {
            let python = try #require(Self.python, "the Python package cryptography is missing")
            let child = try Child(
                [python, Place.package + "/examples/receiver-ed25519.py", "--listen", "127.0.0.1:0"],
                environment: ["SIGNALBOX_PUBLIC_KEY": publicKeys.joined(separator: " ")])
            let line = try child.line(containing: "receiving on")
            return (child, try #require(line.firstMatch(of: /:([0-9]+)\//).flatMap { Int($0.1) }))
        }

        private func text(_ key: Ed25519PublicKey) -> String { "whpk_" + Base64.encode(key.bytes) }

        @Test("verifies what the hub signs, with the key that the hub told", .enabled(if: python != nil || isContinuousIntegration))
        func verify() throws {
            let key = try Ed25519PrivateKey.random()
            let receiver = try start([text(key.publicKey)])
            let hub = try Hub()
            let secret = "whsk_" + Base64.encode(key.seed + key.publicKey.bytes)
            let body = #"{"url": "http://127.0.0.1:\#(receiver.port)/", "signing": ["v1a"], "secret": "\#(secret)"}"#
            let added = try hub.client().request(
                "POST", "/api/v1/webhooks", headers: ["Content-Type": "application/json"], body: Array(body.utf8))
            #expect(added.status == 201, "\(added)")
            #expect(try added.json["publicKey"]?.string == text(key.publicKey))
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let line = try receiver.child.line(containing: "io.signalbox.image.pushed")
            #expect(line.hasPrefix("verified: "), "\(line)")
            #expect(!receiver.child.output.contains("refused"))
        }

        @Test("refuses what another key signed, or was changed, or is old", .enabled(if: python != nil || isContinuousIntegration))
        func refuse() throws {
            let (old, new, other) = (try Ed25519PrivateKey.random(), try Ed25519PrivateKey.random(), try Ed25519PrivateKey.random())
            let receiver = try start([text(old.publicKey), text(new.publicKey)])
            let now = Int(Date().timeIntervalSince1970)
            func post(_ keys: [Ed25519PrivateKey], at time: Int = now, changed: String = "") throws -> Int {
                let body = #"{"type":"t","sequence":"1"}"#
                let signatures = try keys.map { "v1a," + Base64.encode(try $0.sign(Array("evt_1.\(time).\(body)".utf8))) }
                let headers = ["webhook-id": "evt_1", "webhook-timestamp": "\(time)", "webhook-signature": signatures.joined(separator: " ")]
                return try Client(port: receiver.port).request("POST", "/", headers: headers, body: Array((body + changed).utf8)).status
            }
            #expect(try post([old]) == 204)
            #expect(try post([new]) == 204)
            #expect(try post([other, new]) == 204, "any one of several")
            #expect(try post([other]) == 401)
            #expect(try post([]) == 401)
            #expect(try post([new], changed: " ") == 401)
            #expect(try post([new], at: now - 3600) == 401)
            #expect(try post([new], at: now + 3600) == 401)
        }
    }
}
