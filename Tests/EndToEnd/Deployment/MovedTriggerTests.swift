import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("rollbacks of triggers that went elsewhere", .needs("skopeo"))
    struct MovedTriggerTests {
        private static func put(_ stage: Stage, environment: String, method: String = "PUT") throws {
            let body = """
                {"name": "t", "environment": "\(environment)", "policy": {"semver": "*"}, "onFailure": "rollback",
                 "target": {"type": "hook", "name": "deploy", "killAfter": 1, "environment": {"STAGE": "\(stage.folder.path)/stage"}}}
                """
            let answer = try stage.hub.client().request(
                method, method == "PUT" ? "/api/v1/triggers/t" : "/api/v1/triggers", headers: ["Content-Type": "application/json"],
                body: Array(body.utf8))
            #expect(answer.status == (method == "PUT" ? 200 : 201), "\(answer.text)")
        }

        @Test("a run whose trigger goes elsewhere meanwhile is rolled back where it ran, over crashes at each step")
        func moved() throws {
            let stage = try Stage([])
            try Self.put(stage, environment: "production", method: "POST")
            try stage.end("1.0.0")
            let good = try stage.push("1.0.0", seed: 1)
            try stage.await("1.0.0", "succeeded")
            let bad = try stage.push("1.1.0", seed: 2)
            try stage.awaitLog("start 1.1.0 production")
            try Self.put(stage, environment: "elsewhere")
            try FileManager.default.removeItem(atPath: stage.folder.path + "/stage/end-1.0.0")

            // What was cut off cannot be tried again, so it has failed.
            try stage.crash()
            try stage.awaitLog("start 1.0.0 production", count: 2)
            try stage.await("1.1.0", "failed")
            try stage.crash()
            try stage.awaitLog("start 1.0.0 production", count: 3)
            try stage.end("1.0.0")
            try stage.await("1.0.0", "succeeded", kind: "rollback")
            try stage.await("1.1.0", "rolledBack")
            let production = try stage.get("/api/v1/environments/production")
            #expect(production["pinned"]?["digests"]?.array == [.string(bad)])
            #expect(production["current"]?.array?.map { $0["digest"]?.string } == [good])
            #expect(try stage.get("/api/v1/environments/elsewhere")["current"]?.array == [])
            #expect(!stage.log.contains { $0.contains("elsewhere") })

            // By hand, what the environment is pinned against is never meant unless it is named.
            let refused = try stage.post("/api/v1/environments/production/rollback")
            #expect(refused.status == 409, "\(refused.text)")
        }
    }
}
