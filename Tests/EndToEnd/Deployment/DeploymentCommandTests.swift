import JSON
import Testing

extension EndToEnd {
    @Suite("commands about deployments", .needs("skopeo"))
    struct DeploymentCommandTests {
        @Test("triggers, deployments and environments on the command line")
        func commands() throws {
            let stage = try Stage([#"name: "dev", environment: "dev", policy: {semver: "^1"}"#])
            let environment = ["SIGNALBOX_URL": stage.hub.url]
            func signalbox(_ arguments: String...) throws -> String {
                try succeed([Place.binary] + arguments, environment: environment)
            }
            let file = try stage.folder.write("prod.json5", """
                {
                  name: "prod", environment: "prod", // comments are fine
                  policy: {semver: "^1"}, gates: {approvals: {count: 1}},
                  target: {type: "hook", name: "deploy", environment: {STAGE: "\(stage.folder.path)/stage"}},
                }
                """)
            #expect(try signalbox("trigger", "add", file, "--dry-run").contains("valid"))
            #expect(try JSONValue.parse(signalbox("trigger", "add", file, "--dry-run", "--json"))["results"]?.array == [])
            #expect(try signalbox("trigger", "add", file) == "added prod")
            #expect(try run([Place.binary, "trigger", "add", file], environment: environment).status == 1)
            #expect(try signalbox("trigger", "add", file, "--replace") == "replaced prod")
            let listed = try signalbox("trigger", "list")
            #expect(listed.contains("dev") && listed.contains("config") && listed.contains("prod") && listed.contains("api"))
            #expect(try signalbox("trigger", "show", "prod").contains(#""source":"api""#))

            try stage.end("1.0.0")
            try stage.end("1.1.0")
            _ = try stage.push("1.0.0", seed: 1)
            try stage.await("1.0.0", "waiting")
            let explained = try signalbox("trigger", "explain", "prod", "team/app:1.0.0")
            #expect(explained.contains("order") && explained.contains("on its way"), "\(explained)")
            let absent = try run([Place.binary, "trigger", "explain", "prod", "team/app:2.0.0"], environment: environment)
            #expect(absent.status == 1 && absent.err.contains("there is no tag 2.0.0 in team/app: push it first"), "\(absent)")
            let digest = "sha256:" + String(repeating: "a", count: 64)
            #expect(try signalbox("trigger", "explain", "prod", "team/app:2.0.0", "--digest", digest).contains("would not deploy (policy)"))
            #expect(try signalbox("trigger", "explain", "prod", "team/app:1.5.0@\(digest)").contains("approval"))
            let unknown = try run([Place.binary, "deployments", "show", "nope"], environment: environment)
            #expect(unknown.status == 1 && unknown.err.contains("signalbox deployments list"), "\(unknown)")
            #expect(try signalbox("trigger", "test", "prod").contains("team/app:1.0.0"))
            #expect(try signalbox("trigger", "test", file, "--file", "--last", "3").contains("team/app:1.0.0"))

            let waiting = try JSONValue.parse(signalbox("deployments", "list", "--state", "waiting", "--json"))
            let id = try #require(waiting["deployments"]?.array?.first?["id"]?.string)
            #expect(try signalbox("deployments", "approve", id, "--comment", "fine").contains("prod"))
            try stage.awaitLog("end 1.0.0", count: 2)
            try stage.await("1.0.0", "succeeded")
            #expect(try signalbox("deployments", "show", id).contains("approved by anonymous"))
            #expect(try signalbox("deployments", "logs", id).contains("deployed"))
            #expect(try signalbox("environments").contains("prod"))

            _ = try stage.push("1.1.0", seed: 2)
            let second = try #require(try stage.await("1.1.0", "waiting")["id"]?.string)
            #expect(try signalbox("deployments", "reject", second, "--comment", "no").contains("rejected by anonymous: no"))
            #expect(try run([Place.binary, "deployments", "cancel", second], environment: environment).status == 1)
            #expect(try signalbox("deployments", "retry", second).contains("waiting"))
            #expect(try signalbox("deployments", "cancel", second, "--reason", "enough").contains("enough"))

            try stage.awaitLog("end 1.1.0")
            let limit = try signalbox("deployments", "rollback", "dev", "--reason", "slow")
            #expect(limit.contains("rollback") || limit.contains("slow"))
            try stage.await("1.0.0", "succeeded", kind: "rollback")
            #expect(try signalbox("environments").contains("slow"))
            #expect(try signalbox("deployments", "unpin", "dev") == "unpinned dev")

            #expect(try signalbox("trigger", "pause", "dev") == "paused dev")
            #expect(try signalbox("trigger", "resume", "dev") == "resumed dev")
            #expect(try run([Place.binary, "trigger", "remove", "dev"], environment: environment).status == 1)
            #expect(try signalbox("trigger", "remove", "prod") == "removed prod")
        }
    }
}
