import Events
import JSON
import OCI
import Testing

@testable import Delivery

@Suite struct SlackTests {
    private func text(_ event: [UInt8]) throws -> String {
        let payload = try #require(try PayloadFormat.slack.payload(of: event, Samples.options))
        #expect(payload.contentType == "application/json")
        let body = try JSONValue.parse(payload.body)
        #expect(body.object?.members.map(\.key) == ["text"])
        return try #require(body["text"]?.string)
    }

    @Test("a push says what, which digest, what was there before, and who")
    func push() throws {
        #expect(try text(Samples.pushed) == """
            *Pushed* `team/app:v1.2` `sha256:a1a1a1a1a1a1`, was `sha256:b2b2b2b2b2b2`
            for `linux/amd64, linux/arm64/v8`
            by `ada` at `hub.example:5000`
            """)
    }

    @Test("a scan counts by severity, worst first")
    func scan() throws {
        #expect(try text(Samples.scanned).hasPrefix("*Scanned* `team/app:v1.2` `sha256:a1a1a1a1a1a1` with `Trivy`: 1 critical, 2 high, 3 negligible, 4 unknown (2 fixable)\n"))
    }

    @Test("every event has a message of a line or two that begins with what happened")
    func everyType() throws {
        for event in try Samples.documented() {
            let message = try text(event.body)
            #expect(message.hasPrefix("*"), "\(event.type)")
            #expect((1...3).contains(message.split(separator: "\n").count), "\(message)")
        }
    }

    @Test(
        "a hostile name cannot mention a channel, make a link, leave its span or fake a line",
        arguments: [
            ("<!channel>", "`&lt;!channel&gt;`"), ("<https://evil.example|click>", "`&lt;https://evil.example|click&gt;`"),
            ("a`*b*`c", "`a'*b*'c`"), ("a\n*Pushed* b", "`a *Pushed* b`"), ("&amp;", "`&amp;amp;`"), ("a\u{202E}b\u{0}c", "`a b c`"),
            ("a\u{2028}b", "`a b`"), ("ä 😀", "`ä 😀`"), ("@here", "`@here`"),
        ])
    func hostile(name: String, span: String) throws {
        let guardText = try text(Samples.body(.guardCreated(GuardSettings(name: name, repositories: ["**"], tags: ["*"]))))
        #expect(guardText == "*New guard* \(span)\nby `ada` at `hub.example:5000`")
        let actor = try text(Samples.body(.repositoryCreated(RepositoryName("app")!), context: Samples.context(actor: .user(name))))
        #expect(actor == "*New repository* `app`\nby \(span) at `hub.example:5000`")
    }

    @Test("a message has a bound, however long the names are")
    func bounded() throws {
        let long = String(repeating: "<", count: 100_000)
        let change = Samples.change(platforms: Array(repeating: long, count: 500))
        for payload in [
            Event.Payload.imagePushed(change), .webhookDisabled(WebhookSettings(id: long, url: long), reason: long),
            .guardCreated(GuardSettings(name: long, repositories: [], tags: [])),
        ] {
            #expect(try text(Samples.body(payload, registry: long)).utf8.count < 8_000)
        }
        #expect(try text(Samples.body(.imagePushed(change))).contains("… and 490 more") == false)
        #expect(try text(Samples.body(.imagePushed(change))).contains(" and 490 more"))
    }

    @Test("a webhook's URL, which may be a secret, is not told")
    func noURL() throws {
        let settings = WebhookSettings(id: "wh_1", url: "https://chat.example/hooks/T0/SECRET")
        for payload in [Event.Payload.webhookCreated(settings), .webhookUpdated(settings), .webhookDeleted(settings)] {
            #expect(try !text(Samples.body(payload)).contains("SECRET"))
        }
    }
}
