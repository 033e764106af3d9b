import Crypto
import Foundation
import Testing

extension EndToEnd {
    /// The sample receivers verify what the hub signs, with code that is not the hub's own.
    @Suite("sample receivers")
    struct SampleReceiverTests {
        enum Sample: Sendable, CaseIterable {
            case python
            case node

            var program: [String]? {
                switch self {
                case .python: pythonWithStandardWebhooks.map { [$0, Place.package + "/examples/receiver.py", "--listen", "127.0.0.1:0"] }
                case .node: isInstalled("node") ? ["node", Place.package + "/examples/receiver.mjs", "0"] : nil
                }
            }
        }

        /// The samples that can run here. Continuous integration must have the reference library.
        static var runnable: [Sample] {
            Sample.allCases.filter { $0.program != nil || ($0 == .python && isContinuousIntegration) }
        }

        private func start(_ sample: Sample, secret: String) throws -> (child: Child, port: Int) {
            let program = try #require(sample.program, "the Python package standardwebhooks is missing")
            let child = try Child(program, environment: ["SIGNALBOX_SECRET": secret])
            let line = try child.line(containing: "receiving on")
            return (child, try #require(line.firstMatch(of: /:([0-9]+)\//).flatMap { Int($0.1) }))
        }

        private func secret() throws -> String { "whsec_" + Base64.encode(try SecureRandom.bytes(32)) }

        @Test("verify what the hub sends", arguments: runnable)
        func verify(sample: Sample) throws {
            let secret = try secret()
            let receiver = try start(sample, secret: secret)
            let hub = try Hub()
            let added = try hub.client().request(
                "POST", "/api/v1/webhooks", headers: ["Content-Type": "application/json"],
                body: Array(#"{"url": "http://127.0.0.1:\#(receiver.port)/", "secret": "\#(secret)"}"#.utf8))
            #expect(added.status == 201, "\(added)")
            let image = Image(seed: 1)
            try hub.push(image, to: "team/app", as: "v1")
            let line = try receiver.child.line(containing: "io.signalbox.image.pushed")
            #expect(line.hasPrefix("verified: io.signalbox.image.pushed team/app:v1@\(image.digest)"), "\(line)")
            #expect(!receiver.child.output.contains("refused"))
        }

        @Test("refuse what is not signed with the secret, or was changed, or is old", arguments: runnable)
        func refuse(sample: Sample) throws {
            let secret = try secret()
            let receiver = try start(sample, secret: secret)
            let now = Int(Date().timeIntervalSince1970)
            let body = #"{"type":"t","sequence":"1"}"#

            #expect(try post(body, at: now, signedWith: secret, to: receiver.port) == 204)
            #expect(try post(body, at: now, signedWith: self.secret(), to: receiver.port) == 401)
            #expect(try post(body, sending: body + " ", at: now, signedWith: secret, to: receiver.port) == 401)
            #expect(try post(body, at: now - 3600, signedWith: secret, to: receiver.port) == 401)
            #expect(try post(body, at: now + 3600, signedWith: secret, to: receiver.port) == 401)
        }

        private func post(_ body: String, sending sent: String? = nil, at time: Int, signedWith secret: String, to port: Int) throws -> Int {
            let key = HMACKey(Base64.decode(String(secret.dropFirst(6))) ?? [])
            let signature = Base64.encode(key.sha256(Array("evt_1.\(time).\(body)".utf8)))
            let headers = ["webhook-id": "evt_1", "webhook-timestamp": "\(time)", "webhook-signature": "v1,\(signature)"]
            return try Client(port: port).request("POST", "/", headers: headers, body: Array((sent ?? body).utf8)).status
        }
    }
}
