import EventLog
import Events
import HTTP
import TestSupport
import Testing

@testable import Delivery

/// Receivers that send back what they got.
@Suite(.timeLimit(.minutes(5))) struct SecretMaskTests {
    private static func credentials() throws -> WebhookCredentials {
        WebhookCredentials(
            secrets: [try #require(SigningSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))], token: "the-token",
            authorization: "Bearer abc/def+gh==",
            headers: [
                WebhookCredentials.Header(name: "X-Key", value: #"k"e&y\<1>"#), WebhookCredentials.Header(name: "X-Short", value: "1"),
                WebhookCredentials.Header(name: "X-Basic", value: "Basic bWU6cGFzcy13b3Jk"),
            ])
    }

    private static func mask() throws -> SecretMask {
        SecretMask(try credentials(), url: try HTTPURL("http://a.example/x/0123456789abcdef0/y?sig=s%2Fig%20n&type=1"))
    }

    private func masked(_ text: String, isCut: Bool = false) throws -> String {
        String(decoding: try Self.mask().apply(to: Array(text.utf8), isCut: isCut), as: UTF8.self)
    }

    @Test("secrets are hidden in all the forms in which they come back", arguments: [
        ("", ""), ("ok", "ok"), ("Authorization: Bearer abc/def+gh==\r\nX", "Authorization: ***\r\nX"),
        (#"{"auth":"Bearer abc\/def+gh==","b":1}"#, #"{"auth":"***","b":1}"#), ("bad token abc/def+gh==!", "bad token ***!"),
        ("q=Bearer+abc%2Fdef%2Bgh%3D%3D&", "q=***&"), ("the-tokenthe-token", "******"), ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "***"),
        ("<MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw>", "<***>"), (#"{"k":"k\"e&y\\<1>"}"#, #"{"k":"***"}"#),
        (#"{"k":"k\"e\u0026y\\\u003c1\u003e"}"#, #"{"k":"***"}"#),
        (#"{"a":"Bearer abc/def+gh\u003d\u003d"}"#, #"{"a":"***"}"#), (#"{"a":"Bearer abc/def\u002Bgh==","k":"k\u0022e\u0026y\\\u003C1\u003E"}"#, #"{"a":"***","k":"***"}"#), (#"<b>k&#34;e&amp;y\&lt;1&gt;</b>"#, "<b>***</b>"),
        ("me:pass-word or pass-word or bWU6cGFzcy13b3Jk", "*** or *** or ***"), ("POST /x/0123456789abcdef0/y?sig=s%2Fig%20n&type=1", "POST /x/***/y?***"),
        ("sig is s/ig n", "sig is ***"), ("1 of 1", "1 of 1"), ("BEARER ABC/DEF+GH== and The-Token", "*** and ***"), ("q=bearer+abc%2fdef%2bgh%3d%3d", "q=***"),
    ])
    func hides(answer: String, expected: String) throws {
        #expect(try masked(answer) == expected)
    }

    @Test("the beginning of a secret where the answer was cut off is hidden too")
    func cut() throws {
        #expect(try masked("got Bearer abc/d", isCut: true) == "got ***")
        #expect(try masked("got Bearer abc/d") == "got Bearer abc/d")
        #expect(try masked("got the", isCut: true) == "got the")
    }

    @Test("whatever bytes come, none of a secret's forms is left, and what has none is as it was")
    func anyBytes() throws {
        var random = SeededGenerator(seed: 24)
        let mask = try Self.mask()
        let pieces = ["Bearer abc/def+gh==", "abc/def+gh==", "the-token", "the-", "token", "Bearer ", "x", "\u{0}", "abc", "whsec_", "=="].map { Array($0.utf8) }
        for _ in 0..<2000 {
            var answer: [UInt8] = []
            for _ in 0..<Int.random(in: 0...12, using: &random) {
                answer += Bool.random(using: &random) ? pieces[Int.random(in: 0..<pieces.count, using: &random)] : [UInt8.random(in: 0...255, using: &random)]
            }
            let result = mask.apply(to: answer, isCut: false)
            let hasSecret = ["abc/def+gh==", "the-token"].contains { contains(answer, Array($0.utf8)) }
            #expect(hasSecret || result == answer)
            for secret in ["abc/def+gh==", "the-token"] { #expect(!contains(result, Array(secret.utf8))) }
        }
    }

    private func contains(_ bytes: [UInt8], _ part: [UInt8]) -> Bool {
        bytes.indices.contains { bytes[$0...].starts(with: part) }
    }

    @Test("why a receiver did not consent, or could not be asked or called, is told without what is secret about the webhook")
    func failures() async throws {
        let padding = String(repeating: "x", count: 70)
        for consent in [
            Handshake.Outcome.refused(.otherOrigin(["http://a.example/?the-token", #"k"e&y\<1>"#], asked: "hub.example")),
            .refused(.otherOrigin([padding + "Bearer abc/def+gh=="], asked: "hub.example")), .refused(.badRate(["BEARER ABC/DEF+GH=="])),
            .failed("a.example answered the-token"), .granted(rate: nil),
        ] {
            let (bench, receiver) = (try Bench(), Receiver([.failed("the answer is malformed: the-token")], consent: consent))
            let webhooks = try await bench.webhooks(receiver)
            let webhook = try await webhooks.add { input in
                input.credentials = try Self.credentials()
                input.settings.handshake = true
            }.webhook
            let error = try #require(try await webhooks.test(webhook.id).attempts.first?.error)
            #expect(error.contains("***"), "\(error)")
            for part in ["the-token", "abc/d", "ABC", "e&y", "e?y"] { #expect(!error.contains(part), "\(error)") }
            await webhooks.stop()
        }
    }

    @Test("what is kept of a receiver's answers has no secret, of tests too")
    func kept() async throws {
        let echo = Array("you sent Bearer abc/def+gh== and the-token".utf8)
        let (bench, receiver) = (try Bench(), Receiver([.answered(200, response: echo), .answered(500, response: echo)]))
        let webhooks = try await bench.webhooks(receiver)
        let webhook = try await webhooks.add(pattern: #"{"type":["io.signalbox.guard.created"]}"#) { input in
            input.credentials = try Self.credentials()
        }.webhook
        try await bench.commitGuards(["a"])
        try await webhooks.settle(webhook.id, at: bench.log.durableSequence)
        let test = try await webhooks.test(webhook.id)
        await webhooks.stop()
        #expect(test.attempts.map(\.response) == [Array("you sent *** and ***".utf8)])
        let log = try #require(webhooks.attempts.log)
        let answers = try log.read(after: 0, limit: 10, maxBytes: 1 << 20).map { String(decoding: $0.attachment, as: UTF8.self) }
        #expect(answers == ["you sent *** and ***", "you sent *** and ***"])
    }
}
