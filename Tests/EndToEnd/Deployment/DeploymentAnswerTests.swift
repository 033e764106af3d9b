import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("answers about deployments")
    struct DeploymentAnswerTests {
        private static let json = ["Content-Type": "application/json"]

        private func hub(_ script: String, _ members: String) throws -> Hub {
            let folder = try TemporaryFolder()
            let path = try folder.write("hooks/deploy", "#!/bin/sh\n" + script)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            return try Hub(
                config: """
                    {
                      deployments: {hooks: "\(folder.path)/hooks"},
                      triggers: [{name: "t", environment: "e", target: {type: "hook", name: "deploy"}, \(members)}],
                    }
                    """, folder: folder)
        }

        /// The one deployment, once it is in a state.
        private func deployment(_ hub: Hub, _ isSo: (JSONValue) -> Bool) throws -> JSONValue {
            var found: JSONValue?
            try hub.wait(for: "the deployment") { client in
                found = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array?.first(where: isSo)
                return found != nil
            }
            return try #require(found)
        }

        @Test("an approval without a body is answered with what came of it, with the type of one or without", arguments: [[:], json])
        func approval(headers: [String: String]) throws {
            let hub = try hub("sleep 1000", #"gates: {approvals: {}}"#)
            let client = try hub.client()
            #expect(try client.push(Image(seed: 1), to: "team/app", as: "v1").status == 201)
            let id = try #require(try deployment(hub) { $0["state"]?.string == "waiting" }["id"]?.string)
            let answer = try client.request("POST", "/api/v1/deployments/\(id)/approve", headers: headers)
            #expect(answer.status == 200, "\(answer)")
            let started = try answer.json
            #expect(started["state"]?.string == "running" && started["reason"]?.string == "attempt 1", "\(answer)")
            let form = try client.request(
                "POST", "/api/v1/deployments/\(id)/cancel", headers: ["Content-Type": "application/x-www-form-urlencoded"])
            #expect(form.status == 415, "\(form)")
            let nameless = try client.request("POST", "/api/v1/deployments/\(id)/cancel", body: Array("{}".utf8))
            #expect(nameless.status == 415, "\(nameless)")
            #expect(try client.request("POST", "/api/v1/deployments/\(id)/cancel", headers: headers).status == 200)
        }

        @Test("what was cancelled before its next attempt has none any more")
        func noNextAttempt() throws {
            let hub = try hub("exit 1", #"retry: {attempts: 2, delay: "1h"}"#)
            let client = try hub.client()
            #expect(try client.push(Image(seed: 1), to: "team/app", as: "v1").status == 201)
            let pending = try deployment(hub) { $0["retryAt"] != nil }
            let id = try #require(pending["id"]?.string)
            let answer = try client.request("POST", "/api/v1/deployments/\(id)/cancel", headers: Self.json)
            let cancelled = try answer.json
            #expect(answer.status == 200 && cancelled["state"]?.string == "cancelled" && cancelled["retryAt"] == nil, "\(answer)")
            #expect(try client.request("POST", "/api/v1/deployments/\(id)/retry", headers: Self.json).status == 200)
        }

        @Test("what failed after the last success is told with it, as it may have changed what runs")
        func failedSince() throws {
            let hub = try hub("[ \"$SIGNALBOX_TAG\" != v2 ]", #"retry: {attempts: 1}"#)
            let client = try hub.client()
            func current() throws -> JSONValue? { try client.request("GET", "/api/v1/environments/e").json["current"]?.array?.first }
            var failed: String?
            for (index, state) in ["succeeded", "failed", "succeeded"].enumerated() {
                #expect(try client.push(Image(seed: UInt64(index)), to: "team/app", as: "v\(index + 1)").status == 201)
                let id = try deployment(hub) { $0["tag"]?.string == "v\(index + 1)" && $0["state"]?.string == state }["id"]?.string
                failed = state == "failed" ? id : nil
                #expect(try current()?["failedSince"]?.string == failed, "v\(index + 1)")
                let table = try run([Place.binary, "environments"], environment: ["SIGNALBOX_URL": hub.url]).out
                #expect(table.contains(failed.map { "(\($0) failed since)" } ?? "failed since") == (failed != nil), "\(table)")
            }
            let list = [Place.binary, "deployments", "list", "--json"]
            func listed(_ options: String...) throws -> JSONValue {
                try JSONValue.parse(run(list + options, environment: ["SIGNALBOX_URL": hub.url]).out)
            }
            let newest = try listed("--limit", "1")
            let next = try #require(newest["next"]?.string)
            #expect(try listed("--before", next)["deployments"]?.array?.compactMap { $0["tag"]?.string } == ["v2", "v1"])
            let digest = try #require(newest["deployments"]?.array?.first?["digest"]?.string)
            #expect(try listed("--digest", digest)["deployments"]?.array?.compactMap { $0["tag"]?.string } == ["v3"])
        }

        @Test("an image that was deleted from the registry is not gone back to, and not tried again")
        func deleted() throws {
            let hub = try hub("exit 0", #"retry: {attempts: 1}"#)
            let client = try hub.client()
            let images = [Image(seed: 1), Image(seed: 2)]
            for (image, tag) in zip(images, ["v1", "v2"]) {
                #expect(try client.push(image, to: "team/app", as: tag).status == 201)
                _ = try deployment(hub) { $0["tag"]?.string == tag && $0["state"]?.string == "succeeded" }
            }
            #expect(try client.request("DELETE", "/v2/team/app/manifests/\(images[0].digest)").status == 202)
            let named = try client.request(
                "POST", "/api/v1/environments/e/rollback", headers: Self.json, body: Array(#"{"to": "\#(images[0].digest)"}"#.utf8))
            #expect(named.status == 409 && named.text.contains("was deleted from team/app: push it again first"), "\(named)")
            let last = try client.request("POST", "/api/v1/environments/e/rollback", headers: Self.json)
            #expect(last.status == 409 && last.text.contains("not deleted"), "\(last)")
        }

        @Test("the output of a hook cannot steer the terminal that shows it")
        func logs() throws {
            let said = #"\033[2J\033]0;title\007a\tb\r\n10%%\r20%%\r\n\302\233c \377 \342\200\256d ü\n"#
            let hub = try hub("printf '\(said)'", #"retry: {attempts: 1}"#)
            #expect(try hub.client().push(Image(seed: 1), to: "team/app", as: "v1").status == 201)
            let id = try #require(try deployment(hub) { $0["state"]?.string == "succeeded" }["id"]?.string)
            func logs(_ options: String...) throws -> String {
                // A byte that is no text would be no output of a command to these tests.
                let line = #""$0" deployments logs "$@" | tr '\377' '?'"#
                return try run(["/bin/sh", "-c", line, Place.binary, id] + options, environment: ["SIGNALBOX_URL": hub.url]).out
            }
            #expect(try logs() == "\u{FFFD}[2J\u{FFFD}]0;title\u{FFFD}a\tb\n10%\n20%\n\u{FFFD}c \u{FFFD} \u{FFFD}d ü\n")
            #expect(try logs("--raw") == "\u{1B}[2J\u{1B}]0;title\u{7}a\tb\r\n10%\r20%\r\n\u{9B}c ? \u{202E}d ü\n")
        }
    }
}
