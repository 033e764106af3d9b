import Crypto
import Testing

@testable import Delivery

@Suite struct SigningTests {
    static let text = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

    @Test("the signature is that of Standard Webhooks' example")
    func vector() throws {
        let signer = Signer(try #require(SigningSecret(Self.text)))
        let signature = signer.signature(
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("a secret reads back as it was written")
    func roundTrip() throws {
        #expect(SigningSecret(Self.text)?.revealed == Self.text)
        let random = try SigningSecret.random()
        #expect(SigningSecret(random.revealed)?.bytes == random.bytes)
    }

    @Test("24 and 64 bytes are the bounds of a secret", arguments: [(23, false), (24, true), (64, true), (65, false)])
    func bounds(count: Int, isValid: Bool) {
        let text = "whsec_" + Base64.encode([UInt8](repeating: 7, count: count))
        #expect((SigningSecret(text) != nil) == isValid)
    }

    @Test(
        "what is not a secret is refused",
        arguments: ["", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!", " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])
    func bad(text: String) {
        #expect(SigningSecret(text) == nil)
    }

    @Test("printing a secret does not show it")
    func hidden() throws {
        let secret = try #require(SigningSecret(Self.text))
        #expect(!"\(secret)".contains("MfKQ"))
        #expect("\(secret)" == "whsec_(hidden)")
        #expect(!String(reflecting: secret).contains("MfKQ"))
    }
}
