import JSON
import Testing

extension EndToEnd {
    @Suite("commands about webhooks")
    struct WebhookCommandTests {
        private func signalbox(_ hub: Hub, _ arguments: String...) throws -> String {
            try succeed([Place.binary] + arguments, environment: ["SIGNALBOX_URL": hub.url])
        }

        private func id(_ text: String) throws -> String {
            String(try #require(text.firstMatch(of: /wh_[0-9a-f]+/)).0)
        }

        @Test("settings are given, changed and taken back, and secrets come from files")
        func settings() throws {
            let (hub, files) = (try Hub(), try TemporaryFolder())
            let token = try files.write("token", "Bearer s3cret\n")
            let secret = try files.write("secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
            let receiver = try Receiver()
            let added = try signalbox(
                hub, "webhook", "add", receiver.url, "--description", "the builder", "--header", "X-Team=a", "--header-file", "X-Key=\(token)",
                "--authorization-file", token, "--secret-file", secret, "--retry", "1s,5m", "--timeout", "5s", "--rate-limit", "10",
                "--ordering", "fifo", "--paused")
            let id = try id(added)
            #expect(!added.contains("s3cret"))
            let shown = try JSONValue.parse(signalbox(hub, "webhook", "show", id, "--json"))
            #expect(shown["headers"]?.encodedText == #"["X-Team","X-Key"]"#)
            #expect(shown["retry"]?["schedule"]?.encodedText == "[1,300]")
            #expect(shown["state"] == .string("paused") && shown["timeout"]?.int == 5 && shown["rateLimit"]?.int == 10)
            let text = try signalbox(hub, "webhook", "show", id)
            #expect(text.contains("paused") && text.contains("the builder") && !text.contains("s3cret"))

            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            _ = try signalbox(
                hub, "webhook", "update", id, "--clear", "rateLimit", "--clear", "retry", "--description", "another",
                "--pattern", #"{"type":["io.signalbox.image.pushed"]}"#)
            let changed = try JSONValue.parse(signalbox(hub, "webhook", "show", id, "--json"))
            #expect(changed["rateLimit"] == nil && changed["retry"] == nil && changed["description"] == .string("another"))
            #expect(receiver.deliveries.isEmpty)
            #expect(try signalbox(hub, "webhook", "resume", id) == "resumed \(id)")
            let delivery = try #require(try receiver.wait(for: "what came while it was paused") { !$0.isEmpty }.first)
            #expect(try delivery.event["data"]?["tag"] == .string("v1"))
            #expect(delivery.isSigned(with: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
            #expect(delivery.headers["authorization"] == "Bearer s3cret" && delivery.headers["x-key"] == "Bearer s3cret")

            let rotated = try signalbox(hub, "webhook", "rotate-secret", id, "--overlap", "1h")
            #expect(rotated.contains("whsec_"))
            #expect(try signalbox(hub, "webhook", "pause", id) == "paused \(id)")
            let list = try signalbox(hub, "webhook", "list")
            #expect(list.contains(/ID +STATE/) && list.contains(/paused/))
        }

        @Test("a dry run shows what would have matched")
        func dryRun() throws {
            let hub = try Hub()
            for (repository, tag) in [("team/app", "v1"), ("prod/app", "v1"), ("prod/app", "v2")] {
                try hub.push(Image(seed: 1), to: repository, as: tag)
            }
            let pattern = #"{"type":["io.signalbox.image.pushed"],"data":{"repository":["prod/app"]}}"#
            let shown = try signalbox(hub, "webhook", "dry-run", "--pattern", pattern)
            #expect(shown.contains("2 of the last"))
            #expect(shown.split(separator: "\n").count == 3)
            let lines = try signalbox(hub, "webhook", "dry-run", "--pattern", pattern, "--json", "--last", "1").split(separator: "\n")
            #expect(try lines.map { try JSONValue.parse(Array($0.utf8))["data"]?["tag"]?.string } == ["v2"])
            let id = try id(signalbox(hub, "webhook", "add", "http://127.0.0.1:1/", "--pattern", pattern))
            #expect(try signalbox(hub, "webhook", "dry-run", id).contains("2 of the last"))
        }

        @Test("mistakes are refused with a sentence that names them", arguments: [
            (["add", "http://127.0.0.1:1/", "--timeout", "9999"], "timeout"), (["add", "ftp://x/"], "url"), (["show", "wh_none"], "wh_none"),
            (["add", "http://127.0.0.1:1/", "--pattern", "{"], "pattern"), (["add", "http://127.0.0.1:1/", "--secret-file", "/nonexistent"], "/nonexistent"),
            (["show", "a/b"], "a/b"), (["add", "http://127.0.0.1:1/", "--format", "smoke-signals"], "format"),
        ])
        func mistakes(arguments: [String], name: String) throws {
            let hub = try Hub()
            let finished = try run([Place.binary, "webhook"] + arguments, environment: ["SIGNALBOX_URL": hub.url])
            #expect(finished.status == 1, "\(finished)")
            #expect(finished.err.contains(name) && finished.err.split(separator: "\n").count == 1, "\(finished)")
        }
    }
}
