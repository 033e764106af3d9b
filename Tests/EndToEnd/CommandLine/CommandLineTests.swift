import JSON
import Testing

extension EndToEnd {
    @Suite("command line")
    struct CommandLineTests {
        private func signalbox(_ arguments: [String]) throws -> Finished {
            try run([Place.binary] + arguments, seconds: 30)
        }

        /// Whether a text is one clear sentence on one line.
        private func isOneSentence(_ text: String) -> Bool {
            text.hasSuffix("\n") && text.dropLast().contains("\n") == false && text.count > 10
        }

        @Test("every command explains itself with --help, on standard output, and exits with 0", arguments: [
            ["--help"], ["serve", "--help"], ["events", "--help"], ["webhook", "--help"], ["webhook", "add", "--help"],
            ["webhook", "list", "--help"], ["webhook", "remove", "--help"],
            ["webhook", "show", "--help"], ["webhook", "update", "--help"], ["webhook", "pause", "--help"], ["webhook", "resume", "--help"],
            ["webhook", "rotate-secret", "--help"], ["webhook", "test", "--help"], ["webhook", "replay", "--help"], ["deliveries", "--help"],
            ["deliveries", "list", "--help"], ["deliveries", "show", "--help"], ["deliveries", "resend", "--help"], ["deliveries", "cancel", "--help"], ["version", "--help"], ["scan", "report", "--help"],
            ["trigger", "--help"], ["trigger", "add", "--help"], ["trigger", "explain", "--help"], ["trigger", "test", "--help"],
            ["deployments", "--help"], ["deployments", "approve", "--help"], ["deployments", "rollback", "--help"],
            ["environments", "--help"],
            ["audit", "--help"], ["audit", "query", "--help"], ["audit", "image", "--help"], ["audit", "tag", "--help"],
            ["audit", "export", "--help"],
        ])
        func help(arguments: [String]) throws {
            let finished = try signalbox(arguments)
            #expect(finished.status == 0)
            #expect(finished.err.isEmpty)
            #expect(finished.out.contains("signalbox"))
            #expect(finished.out.lowercased().contains("usage"))
        }

        @Test("the version is one line")
        func version() throws {
            let finished = try signalbox(["version"])
            #expect(finished.status == 0)
            #expect(finished.out.contains(/[0-9]+\.[0-9]+/))
        }

        @Test("wrong usage exits with 2 and says what is wrong", arguments: [
            ["nonsense"], ["serve", "--nonsense"], ["serve", "extra"], ["serve", "--listen"], ["serve", "--listen", "nonsense"],
            ["serve", "--listen", "127.0.0.1:99999"], ["webhook"], ["webhook", "nonsense"], ["webhook", "add"], ["webhook", "remove"],
            ["webhook", "replay", "wh_1"], ["webhook", "replay", "wh_1", "--from", "1", "--cancel"], ["webhook", "replay", "wh_1", "--cancel", "--cancel-failed"], ["deliveries"], ["deliveries", "show"],
            ["deliveries", "list", "--limit", "0"], ["deliveries", "list", "--follow", "--since", "2026-01-01"], ["webhook", "update", "wh_1"], ["webhook", "update", "wh_1", "--url", "http://a/", "--clear", "url"], ["webhook", "add", "http://a/", "--header", "x"],
            ["webhook", "add", "http://a/", "--retry", "soon"], ["webhook", "rotate-secret", "wh_1", "--overlap", "x"],
            ["webhook", "add", "http://a/", "--timeout", "1", "--timeout", "2"],
            ["events", "--nonsense"], ["version", "extra"], ["audit"], ["audit", "query", "--limit", "x"], ["audit", "image", "a"], ["audit", "tag", "a"],
            ["audit", "query", "--count-by", "colour"], ["audit", "export", "--format", "xml"], ["audit", "export", "--syslog", "127.0.0.1:1"],
            ["scan", "report"], ["scan", "report", "a@sha256:1", "f"], ["scan", "report", "a:v1@sha256:1", "f", "--format", "trivy"], ["scan", "report", "a@sha256:1", "f", "--format", "spdx"],
        ])
        func wrongUsage(arguments: [String]) throws {
            let finished = try signalbox(arguments)
            #expect(finished.status == 2, "\(finished)")
            #expect(finished.out.isEmpty)
            #expect(!finished.err.isEmpty)
        }

        @Test("without a hub, a command that needs one exits with 1 and one sentence", arguments: [
            ["events"], ["audit", "query"], ["audit", "query", "--count-by", "type"], ["webhook", "list"], ["webhook", "add", "http://127.0.0.1:9/"], ["webhook", "remove", "wh_1"],
        ])
        func noHub(arguments: [String]) throws {
            let finished = try run([Place.binary] + arguments, environment: ["SIGNALBOX_URL": "http://127.0.0.1:1"], seconds: 30)
            #expect(finished.status == 1, "\(finished)")
            #expect(isOneSentence(finished.err), "\(finished)")
        }

        @Test("an address that is not loopback is refused unless anonymous access is allowed")
        func notLoopback() throws {
            let folder = try TemporaryFolder()
            let refused = try signalbox(["serve", "--listen", "0.0.0.0:0", "--data", folder.path + "/data"])
            #expect(refused.status != 0)
            #expect(refused.err.contains("--allow-anonymous"), "\(refused)")
            let child = try Child([
                Place.binary, "serve", "--listen", "0.0.0.0:0", "--data", folder.path + "/data", "--allow-anonymous",
            ])
            _ = try child.line(containing: "listening on http://")
        }

        @Test("a config with a mistake is refused with a sentence that names the key", arguments: [
            ("{ listne: \"127.0.0.1:0\" }", "listne"),
            ("{ listen: 5000 }", "listen"),
            ("{ allowSparse: \"yes\" }", "allowSparse"),
            ("{ guards: [{ name: \"a\", repositories: [\"**\"], tags: [\"v*\"], protect: [\"everything\"] }] }", "protect"),
            ("{ guards: [{ name: \"a\", repositories: [\"**\"], tags: [\"v*\"], excpet: [\"v*\"] }] }", "excpet"),
            ("{ limits: { connections: -1 } }", "connections"),
            ("{ listen: ", "signalbox.json5"),
        ])
        func configMistakes(text: String, key: String) throws {
            let folder = try TemporaryFolder()
            let config = try folder.write("signalbox.json5", text)
            let finished = try signalbox(["serve", "--listen", "127.0.0.1:0", "--data", folder.path + "/data", "--config", config])
            #expect(finished.status == 1, "\(finished)")
            #expect(finished.err.contains(key), "\(finished)")
            #expect(isOneSentence(finished.err), "\(finished)")
        }

        @Test("the sample config is accepted, and its guards hold")
        func sampleConfig() throws {
            let folder = try TemporaryFolder()
            let child = try Child([
                Place.binary, "serve", "--config", Place.package + "/examples/signalbox.json5", "--listen", "127.0.0.1:0", "--data",
                folder.path + "/data",
            ])
            let line = try child.line(containing: "listening on http://")
            let port = try #require(line.firstMatch(of: /127\.0\.0\.1:([0-9]+)/).flatMap { Int($0.1) })
            let client = try Client(port: port)
            #expect(try client.push(Image(seed: 1), to: "production/app", as: "1.0").status == 201)
            #expect(try client.push(Image(seed: 2), to: "production/app", as: "1.0").status == 403)
            #expect(try client.push(Image(seed: 1), to: "production/app", as: "latest").status == 201)
            #expect(try client.push(Image(seed: 2), to: "production/app", as: "latest").status == 201)
        }

        @Test("events and webhooks are shown, added and removed")
        func eventsAndWebhooks() throws {
            let hub = try Hub()
            let environment = ["SIGNALBOX_URL": hub.url]
            try hub.push(Image(seed: 1), to: "team/app", as: "v1")
            let shown = try succeed([Place.binary, "events"], environment: environment)
            #expect(shown.contains("image.pushed") && shown.contains("team/app"))

            let receiver = try Receiver()
            let added = try succeed([Place.binary, "webhook", "add", receiver.url], environment: environment)
            #expect(added.contains("whsec_"))
            let listed = try hub.client().request("GET", "/api/v1/webhooks")
            let webhooks = try listed.json["webhooks"]?.array ?? listed.json.array
            let id = try #require(webhooks?.first?["id"]?.string)
            #expect(!listed.text.contains("whsec_"), "a secret is shown once")
            #expect(try succeed([Place.binary, "webhook", "list"], environment: environment).contains(id))
            try succeed([Place.binary, "webhook", "remove", id], environment: environment)
            #expect(try !succeed([Place.binary, "webhook", "list"], environment: environment).contains(id))
        }
    }
}
