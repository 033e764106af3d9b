import Crypto
import Testing

@testable import Delivery

@Suite struct SigningTests {
    static let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    /// The key of Svix's tests.
    static let privateText = "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg=="
    static let publicText = "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="
    static let id = "msg_p5jXN8AQM9LWM0D4loKWxJek"
    static let time: Int64 = 1_614_265_330
    static let body = Array(#"{"test": 2432232314}"#.utf8)
    static let v1 = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    static let v1a = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg=="

    private func fields(_ credentials: WebhookCredentials, at time: Int64 = time) throws -> [String: String] {
        let fields = try Signer(credentials).headers(id: Self.id, timestamp: time, body: Self.body)
        return Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
    }

    @Test("the signature is that of Standard Webhooks' example")
    func vector() throws {
        let got = try fields(WebhookCredentials(secrets: [try #require(SigningSecret(Self.text))]))
        #expect(got == ["webhook-id": Self.id, "webhook-timestamp": "1614265330", "webhook-signature": Self.v1])
    }

    @Test("the Ed25519 signature is that of Svix's tests")
    func asymmetricVector() throws {
        let secret = try #require(SigningSecret(Self.privateText))
        #expect(secret.publicKey == Self.publicText)
        #expect(try fields(WebhookCredentials(schemes: [.v1a], secrets: [secret]))["webhook-signature"] == Self.v1a)
    }

    @Test("several secrets sign side by side, in their order")
    func together() throws {
        let secrets = try [Self.text, Self.privateText].map { try #require(SigningSecret($0)) }
        let got = try fields(WebhookCredentials(schemes: [.v1, .v1a], secrets: secrets))
        #expect(got["webhook-signature"] == "\(Self.v1) \(Self.v1a)")
    }

    @Test("a secret signs only where its scheme is chosen")
    func chosen() throws {
        let secrets = try [Self.text, Self.privateText].map { try #require(SigningSecret($0)) }
        #expect(try fields(WebhookCredentials(schemes: [.v1], secrets: secrets))["webhook-signature"] == Self.v1)
        #expect(try fields(WebhookCredentials(schemes: [], secrets: secrets)).keys.sorted() == ["webhook-id", "webhook-timestamp"])
    }

    @Test("GitHub's and Flux's headers have the code that openssl computes with the token")
    func bodyCodes() throws {
        // printf '{"test": 2432232314}' | openssl dgst -sha256 -hmac it-is-a-token
        let code = "sha256=50ab79cee442f5e4e3915371c0c000f14c217c5a58e2eb4e2b4252ea319da28a"
        let got = try fields(WebhookCredentials(schemes: [.hubSignature, .signature], token: "it-is-a-token"))
        #expect(got["X-Hub-Signature-256"] == code)
        #expect(got["X-Signature"] == code)
        #expect(got["webhook-signature"] == nil)
    }

    @Test("GitHub's own example holds")
    func gitHubExample() throws {
        let signer = Signer(WebhookCredentials(schemes: [.hubSignature], token: "It's a Secret to Everybody"))
        let fields = try signer.headers(id: "x", timestamp: 0, body: Array("Hello, World!".utf8))
        #expect(
            fields.last?.value == "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")
    }

    @Test("without a token its schemes use the secret's text as it was shown")
    func tokenOfSecret() throws {
        let secret = try #require(SigningSecret(Self.text))
        let got = try fields(WebhookCredentials(schemes: [.webhookSecret, .signature], secrets: [secret]))
        #expect(got["X-Webhook-Secret"] == Self.text)
        #expect(got["X-Signature"] == "sha256=" + Hex.encode(HMACKey(Array(Self.text.utf8)).sha256(Self.body)))
    }

    @Test("Authorization and the webhook's own fields go along")
    func fixed() throws {
        let got = try fields(
            WebhookCredentials(
                schemes: [], authorization: "Bearer abc", headers: [.init(name: "X-Team", value: "platform")]))
        #expect(got["Authorization"] == "Bearer abc")
        #expect(got["X-Team"] == "platform")
    }

    @Test("an old secret signs beside the new one until its time is over, and not a second longer")
    func overlap() throws {
        var credentials = WebhookCredentials(secrets: [try #require(SigningSecret(Self.text))])
        let new = try #require(try credentials.rotate(overlap: 60, now: Self.time).first)
        let signer = Signer(credentials)
        let alone = Signer(WebhookCredentials(secrets: [new]))
        for (time, count) in [(Self.time, 2), (Self.time + 59, 2), (Self.time + 60, 1), (Int64.max, 1)] {
            let both = try signer.signatures(id: Self.id, timestamp: time, body: Self.body).split(separator: " ")
            #expect(both.count == count)
            #expect(String(both[0]) == (try alone.signatures(id: Self.id, timestamp: time, body: Self.body)))
        }
        #expect(try signer.signatures(id: Self.id, timestamp: Self.time, body: Self.body).hasSuffix(" " + Self.v1))
    }
}
