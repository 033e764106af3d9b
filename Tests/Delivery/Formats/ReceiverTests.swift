import Crypto
import Events
import JSON
import OCI
import Testing

@testable import Delivery

/// Receivers that were written for other registries, as they decode and refuse, on what we send.
@Suite struct ReceiverTests {
    private static let image = SeenImage(
        repository: "hub.example:5000/team/app", tag: "v1.2", digest: Samples.digest.description)

    private func request(
        _ format: PayloadFormat, _ event: [UInt8], _ credentials: WebhookCredentials = WebhookCredentials()
    ) throws -> (contentType: String, headers: [String: String], body: JSONValue) {
        let payload = try #require(try format.payload(of: event, Samples.options))
        let signed = try Signer(credentials).headers(id: Samples.id, timestamp: 1, body: payload.body)
        let headers = Dictionary((payload.headers + signed).map { ($0.name, $0.value) }) { $1 }
        return (payload.contentType, headers, try JSONValue.parse(payload.body))
    }

    @Test("Keel sees the image in Harbor's and in Distribution's format, with the registry's host")
    func keel() throws {
        #expect(try KeelReceiver.harbor(request(.harbor, Samples.pushed).body) == [Self.image])
        #expect(try KeelReceiver.registry(request(.distribution, Samples.pushed).body) == [Self.image])
    }

    @Test("Keel sees the image in Docker Hub's format by its short name, as Docker Hub gives it")
    func keelDockerHub() throws {
        #expect(try KeelReceiver.dockerHub(request(.dockerhub, Samples.pushed).body) == [SeenImage(repository: "team/app", tag: "v1.2")])
    }

    @Test("Keel passes over deletions, scans and pushes without a tag")
    func keelOthers() throws {
        for event in [Samples.deleted, Samples.scanned] { #expect(try KeelReceiver.harbor(request(.harbor, event).body) == []) }
        for event in [Samples.deleted, Samples.untagged, Samples.pushedByDigest] {
            #expect(try KeelReceiver.registry(request(.distribution, event).body) == [])
        }
        #expect(try PayloadFormat.dockerhub.payload(of: Samples.pushedByDigest, Samples.options) == nil)
    }

    @Test("Argo CD Image Updater takes a structured event with its secret, and refuses another secret")
    func argo() throws {
        let credentials = WebhookCredentials(schemes: [.webhookSecret], token: "argo-secret")
        let got = try request(.cloudevents, Samples.pushed, credentials)
        #expect(try ArgoReceiver.cloudEvents(contentType: got.contentType, headers: got.headers, secret: "argo-secret", got.body) == Self.image)
        #expect(throws: BadRequest.self) {
            try ArgoReceiver.cloudEvents(contentType: got.contentType, headers: got.headers, secret: "other", got.body)
        }
    }

    @Test("Argo CD Image Updater takes Harbor's format with the secret in Authorization")
    func argoHarbor() throws {
        let got = try request(.harbor, Samples.pushed, WebhookCredentials(authorization: "argo-secret"))
        #expect(try ArgoReceiver.harbor(contentType: got.contentType, headers: got.headers, secret: "argo-secret", got.body) == Self.image)
    }

    @Test("Argo CD Image Updater takes the events of a pushed tag alone with the documented pattern's condition")
    func argoNeedsTag() throws {
        // Its fallback on the subject would take a digest for a tag: so the documentation's pattern asks for data.tag.
        let got = try request(.cloudevents, Samples.pushedByDigest)
        let seen = try ArgoReceiver.cloudEvents(contentType: got.contentType, headers: [:], secret: nil, got.body)
        #expect(seen.tag == Samples.digest.hex)
        for event in try Samples.documented() where !event.type.rawValue.contains("image") {
            let body = try request(.cloudevents, event.body).body
            #expect(throws: BadRequest.self) {
                try ArgoReceiver.cloudEvents(contentType: "application/cloudevents+json", headers: [:], secret: nil, body)
            }
        }
    }

    @Test("Flux takes Harbor's token in Authorization, Docker Hub's bodies, and a generic HMAC")
    func flux() throws {
        let credentials = WebhookCredentials(schemes: [.signature], token: "flux-token", authorization: "flux-token")
        try FluxReceiver.harbor(headers: request(.harbor, Samples.pushed, credentials).headers, token: "flux-token")
        let docker = try FluxReceiver.dockerHub(request(.dockerhub, Samples.pushed).body)
        #expect(docker == ("https://hub.example:5000/team/app", "v1.2"))
        // go-github's ValidateSignature: the hexadecimal code behind "sha256=", of the body, keyed with the token's bytes.
        let payload = try #require(try PayloadFormat.cloudevents.payload(of: Samples.pushed, Samples.options))
        let headers = try Signer(credentials).headers(id: "x", timestamp: 1, body: payload.body)
        let signature = try #require(headers.first { $0.name == "X-Signature" }?.value)
        #expect(signature.hasPrefix("sha256="))
        #expect(Hex.decode(String(signature.dropFirst(7))) == HMACKey(Array("flux-token".utf8)).sha256(payload.body))
    }

    @Test("Flux takes CDEvents 0.4 of every event that has one, and chooses by the type in the header")
    func fluxCDEvents() throws {
        var types: Set<String> = []
        for event in try Samples.documented().map(\.body) + [Samples.deleted] {
            guard try PayloadFormat.cdevents04.payload(of: event, Samples.options) != nil else { continue }
            let got = try request(.cdevents04, event)
            let type = try #require(got.headers["ce-type"])
            types.insert(type)
            try FluxReceiver.cdEvents(headers: got.headers, events: [type], got.body)
            #expect(throws: BadRequest.self) { try FluxReceiver.cdEvents(headers: got.headers, events: ["other"], got.body) }
        }
        #expect(types == [
            "dev.cdevents.artifact.published.0.2.0", "dev.cdevents.artifact.deleted.0.1.0", "dev.cdevents.service.deployed.0.2.0",
            "dev.cdevents.environment.modified.0.2.0",
        ])
    }
}
