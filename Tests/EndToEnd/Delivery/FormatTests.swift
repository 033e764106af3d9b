import Crypto
import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Each format through a real webhook, from a push to what arrives.
    @Suite("formats")
    struct FormatTests {
        struct Webhook {
            let receiver: Receiver
            let secret: String
            let publicKey: String
        }

        static let images = #"{"type": ["io.signalbox.image.pushed"]}"#

        /// A webhook with both signatures of Standard Webhooks.
        private func add(_ hub: Hub, format: String, more: String = "") throws -> Webhook {
            let receiver = try Receiver()
            let body = """
                {"url": "\(receiver.url)", "pattern": \(Self.images), "format": "\(format)", \
                "signing": ["v1", "v1a", "x-hub-signature-256", "x-signature", "x-webhook-secret"], "token": "shared-token"\(more)}
                """
            let response = try hub.client().request(
                "POST", "/api/v1/webhooks", headers: ["Content-Type": "application/json"], body: Array(body.utf8))
            guard response.status == 201, let secret = try response.json["secret"]?.string,
                let publicKey = try response.json["publicKey"]?.string
            else { throw Failure("the webhook was not added: \(response)") }
            return Webhook(receiver: receiver, secret: secret, publicKey: publicKey)
        }

        /// Reads what arrives with the reference libraries: one line in for each request, one line out for each event.
        static let reader = """
            import base64, json, sys
            from cloudevents.core.bindings.http import HTTPMessage, from_http_event
            from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
            from standardwebhooks import Webhook

            for line in sys.stdin:
                request = json.loads(line)
                headers, body = request["headers"], base64.b64decode(request["body"])
                Webhook(request["secret"]).verify(body, headers, json_parse=False)
                signed = f'{headers["webhook-id"]}.{headers["webhook-timestamp"]}.'.encode() + body
                key = Ed25519PublicKey.from_public_bytes(base64.b64decode(request["publicKey"].removeprefix("whpk_")))
                signatures = [s[4:] for s in headers["webhook-signature"].split(" ") if s.startswith("v1a,")]
                assert len(signatures) == 1
                key.verify(base64.b64decode(signatures[0]), signed)
                if headers["content-type"].startswith("application/cloudevents-batch+json"):
                    structured = {"content-type": "application/cloudevents+json"}
                    messages = [HTTPMessage(headers=structured, body=json.dumps(e).encode()) for e in json.loads(body)]
                else:
                    messages = [HTTPMessage(headers=headers, body=body)]
                for message in messages:
                    event = from_http_event(message)
                    attributes = {name: str(value) for name, value in event.get_attributes().items()}
                    attributes["time"] = event.get_time().isoformat()
                    print(json.dumps({"attributes": attributes, "data": event.get_data()}))
            """

        private func read(_ deliveries: [Delivery], of webhook: Webhook, with python: String) throws -> [JSONValue] {
            var input: [UInt8] = []
            for delivery in deliveries {
                var json = JSONWriter(appendingTo: input)
                json.beginObject()
                json.member("secret", webhook.secret)
                json.member("publicKey", webhook.publicKey)
                json.member("body", Base64.encode(delivery.body))
                json.key("headers")
                json.beginObject()
                for (name, value) in delivery.headers {
                    json.key(named: name)
                    json.string(value)
                }
                json.endObject()
                json.endObject()
                input = json.bytes + [UInt8(ascii: "\n")]
            }
            let out = try run([python, "-c", Self.reader], input: input)
            guard out.status == 0 else { throw Failure(out.description) }
            return try out.out.split(separator: "\n").map { try JSONValue.parse(String($0)) }
        }

        /// The Python that has the reference libraries. Continuous integration must have them.
        static let python: String? = [Place.package + "/.build/python/bin/python3", "python3"].first {
            (try? run([$0, "-c", "import cloudevents.core, cryptography, standardwebhooks"]))?.status == 0
        }

        @Test(
            "the reference libraries verify both signatures and read the event in every mode of CloudEvents",
            .enabled(if: python != nil || isContinuousIntegration),
            arguments: ["cloudevents", "cloudevents-binary", "cloudevents-batch", "harbor-cloudevents", "cdevents", "cdevents-0.4"])
        func referenceLibraries(format: String) throws {
            let python = try #require(Self.python, "the Python packages cloudevents, cryptography and standardwebhooks are missing")
            let hub = try Hub()
            let webhook = try add(hub, format: format)
            for number in 1...3 { try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "v\(number)") }
            let pushes = try hub.events().filter { $0.type == "io.signalbox.image.pushed" }
            let deliveries = try webhook.receiver.wait(for: "three events") { deliveries in
                deliveries.reduce(0) { $0 + (((try? $1.event)?.array)?.count ?? 1) } >= 3
            }
            let read = try read(deliveries, of: webhook, with: python)
            #expect(Set(read.map { $0["attributes"]?["id"]?.string }) == Set(pushes.map { $0["id"]?.string }))
            guard format.hasPrefix("cloudevents") else { return }
            for push in pushes {
                let event = try #require(read.first { $0["attributes"]?["id"] == push["id"] })
                for name in ["specversion", "source", "type", "subject", "sequence"] { #expect(event["attributes"]?[name] == push[name]) }
                #expect(event["data"] == push["data"])
                #expect(event["attributes"]?["time"]?.string?.prefix(19) == push["time"]?.string?.prefix(19))
            }
        }

        @Test(
            "the other formats arrive with their content type, the image, and every signature",
            arguments: [
                ("harbor", "application/json", "/event_data/resources/0/digest"),
                ("distribution", "application/vnd.docker.distribution.events.v2+json", "/events/0/target/digest"),
                ("dockerhub", "application/json", ""), ("ecr", "application/json", "/detail/image-digest"),
                ("slack", "application/json", ""),
            ])
        func others(format: String, contentType: String, digest: String) throws {
            let hub = try Hub()
            let webhook = try add(hub, format: format, more: #", "authorization": "harbor-token", "headers": {"X-Team": "platform"}"#)
            let image = Image(seed: 1)
            try hub.push(image, to: "team/app", as: "v1")
            let delivery = try #require(try webhook.receiver.wait(for: "the push") { !$0.isEmpty }.first)
            #expect(delivery.headers["content-type"] == contentType)
            #expect(delivery.headers["authorization"] == "harbor-token")
            #expect(delivery.headers["x-team"] == "platform")
            #expect(delivery.headers["x-webhook-secret"] == "shared-token")
            let code = "sha256=" + Hex.encode(HMACKey(Array("shared-token".utf8)).sha256(delivery.body))
            #expect(delivery.headers["x-signature"] == code)
            #expect(delivery.headers["x-hub-signature-256"] == code)
            #expect(delivery.isSigned(with: webhook.secret))
            let body = try delivery.event
            #expect(String(decoding: delivery.body, as: UTF8.self).contains("team/app"))
            guard !digest.isEmpty else { return }
            #expect(Self.value(body, at: digest)?.string == image.digest)
        }

        private static func value(_ value: JSONValue, at pointer: String) -> JSONValue? {
            pointer.split(separator: "/").reduce(Optional(value)) { value, part in
                if let index = Int(part) { return value?.array?[index] }
                return value?[String(part)]
            }
        }

        @Test("after a rotation the old secret verifies beside the new one")
        func rotation() throws {
            let hub = try Hub()
            let webhook = try add(hub, format: "cloudevents")
            let id = try #require(try hub.client().request("GET", "/api/v1/webhooks").json["webhooks"]?.array?.first?["id"]?.string)
            let rotated = try hub.client().request(
                "POST", "/api/v1/webhooks/\(id)/rotate-secret", headers: ["Content-Type": "application/json"],
                body: Array(#"{"overlap": 3600}"#.utf8))
            #expect((200...201).contains(rotated.status), "\(rotated)")
            let new = try #require(try rotated.json["secret"]?.string)
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let delivery = try #require(try webhook.receiver.wait(for: "the push") { !$0.isEmpty }.first)
            #expect(new != webhook.secret)
            #expect(delivery.isSigned(with: webhook.secret) && delivery.isSigned(with: new))
            #expect(delivery.headers["webhook-signature"]?.split(separator: " ").count == 4)
        }
    }
}
