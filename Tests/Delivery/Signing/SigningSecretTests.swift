import Crypto
import Testing

@testable import Delivery

@Suite struct SigningSecretTests {
    @Test("a secret reads back as it was written", arguments: SigningSecret.Kind.allCases)
    func roundTrip(kind: SigningSecret.Kind) throws {
        let random = try SigningSecret.random(kind)
        #expect(random.kind == kind)
        #expect(SigningSecret(random.revealed) == random)
        #expect(random.revealed.hasPrefix(kind == .symmetric ? "whsec_" : "whsk_"))
        #expect((random.publicKey != nil) == (kind == .asymmetric))
        #expect(random != (try SigningSecret.random(kind)))
        for text in [SigningTests.text, SigningTests.privateText] { #expect(SigningSecret(text)?.revealed == text) }
    }

    @Test("24 and 64 bytes are the bounds of a shared secret", arguments: [(23, false), (24, true), (64, true), (65, false)])
    func bounds(count: Int, isValid: Bool) {
        let text = "whsec_" + Base64.encode([UInt8](repeating: 7, count: count))
        #expect((SigningSecret(text) != nil) == isValid)
    }

    @Test("an Ed25519 secret is a seed, with its own public key or without")
    func seeds() throws {
        let whole = try #require(SigningSecret(SigningTests.privateText))
        #expect(SigningSecret("whsk_" + Base64.encode(whole.bytes)) == whole)
        let other = try Ed25519PrivateKey.random().publicKey.bytes
        #expect(SigningSecret("whsk_" + Base64.encode(whole.bytes + other)) == nil)
        for count in [0, 31, 33, 63, 65, 96] {
            #expect(SigningSecret("whsk_" + Base64.encode([UInt8](repeating: 7, count: count))) == nil)
        }
    }

    @Test(
        "what is not a secret is refused",
        arguments: [
            "", "w", "whsec_", "whsk_", "whsec_%", "whsec_wronglength", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
            "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS!",
            " whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "hwsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", SigningTests.publicText,
            "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kv",
        ])
    func bad(text: String) {
        #expect(SigningSecret(text) == nil)
    }

    @Test("printing a secret does not show it", arguments: [SigningTests.text, SigningTests.privateText])
    func hidden(text: String) throws {
        let secret = try #require(SigningSecret(text))
        var dumped = ""
        dump(secret, to: &dumped)
        for shown in ["\(secret)", String(reflecting: secret), dumped] {
            #expect(!shown.contains("MfKQ") && !shown.contains("6Xb") && !shown.contains("\(secret.bytes[0])"))
        }
        #expect("\(secret)".hasSuffix("_(hidden)"))
    }
}
