import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("deployments", .needs("skopeo"))
    struct DeploymentTests {
        private static let staging = #"name: "staging", environment: "staging", policy: {semver: "*"}"#

        private static let production = """
            name: "production", environment: "production", policy: {semver: "*"}, onFailure: "rollback",
            pattern: {data: {repository: ["team/app"]}}
            """

        private static let report = #"{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"Severity":"LOW","FixedVersion":"1"}]}]}"#

        @Test("a pushed tag deploys, a second is superseded while the first runs, and a crash in between changes nothing of that")
        func superseded() throws {
            let stage = try Stage([Self.staging])
            let first = try stage.push("1.0.0", seed: 1)
            try stage.awaitLog("start 1.0.0")
            _ = try stage.push("1.1.0", seed: 2)
            try stage.await("1.1.0", "pending")
            let third = try stage.push("1.2.0", seed: 3)
            try stage.await("1.1.0", "superseded")
            try stage.await("1.2.0", "pending")

            // What was cut off would be tried again, but a newer one waits in its place.
            try stage.crash()
            try stage.awaitLog("start 1.2.0 staging 1 \(third)")
            let interrupted = try stage.await("1.0.0", "superseded")
            let steps = try stage.get("/api/v1/deployments/\(interrupted["id"]?.string ?? "")")["history"]?.array
            #expect(steps?.compactMap { $0["step"]?.string } == ["created", "started", "interrupted", "superseded"])
            try stage.end("1.0.0")
            try stage.crash()
            try stage.awaitLog("start 1.2.0 staging 2 \(third)")
            try stage.end("1.2.0")
            let deployed = try stage.await("1.2.0", "succeeded")
            #expect(stage.log == [
                "start 1.0.0 staging 1 \(first)", "start 1.2.0 staging 1 \(third)", "start 1.2.0 staging 2 \(third)", "end 1.2.0",
            ], "what a crash left behind is ended before anything else starts")

            let id = try #require(deployed["id"]?.string)
            let output = try stage.hub.client().request("GET", "/api/v1/deployments/\(id)/log")
            #expect(output.text == "deployed \(stage.hub.registryName)/team/app:1.2.0@\(third)\n")
            _ = try stage.push("1.1.5", seed: 4)
            _ = try stage.push("1.3.0", seed: 5)
            try stage.awaitLog("start 1.3.0")
            #expect(!stage.log.contains { $0.hasPrefix("start 1.1.5") }, "an older one never goes over a newer one")
            try stage.end("1.3.0")
            try stage.await("1.3.0", "succeeded")
        }

        @Test("whoever may not approve is refused, and that is a record; nothing starts")
        func refusedApproval() throws {
            let stage = try Stage([Self.production + #", gates: {approvals: {count: 1, from: ["boss"]}}"#])
            _ = try stage.push("1.0.0", seed: 1)
            let id = try #require(try stage.await("1.0.0", "waiting", waitingFor: ["approval"])["id"]?.string)
            for _ in 0..<2 { #expect(try stage.post("/api/v1/deployments/\(id)/approve").status == 403) }
            let denials = try stage.hub.events().filter { $0.type == "io.signalbox.access.denied" }.compactMap { $0["data"] }
            #expect(denials.map { $0["path"]?.string } == ["/api/v1/deployments/\(id)/approve", "/api/v1/deployments/\(id)/approve"])
            #expect(denials.allSatisfy { $0["reason"]?.string == "NOT_APPROVER" && $0["request"]?["address"]?.string == "127.0.0.1" })
            #expect(stage.log.isEmpty)
        }

        @Test("a production deployment waits for approval of its digest and a clean scan, over crashes")
        func gates() throws {
            let gates = #"gates: {approvals: {count: 1}, scan: {maxSeverity: "medium"}}"#
            let stage = try Stage([Self.production + ", " + gates])
            try stage.end("1.0.0")
            let digest = try stage.push("1.0.0", seed: 1)
            let waiting = try stage.await("1.0.0", "waiting", waitingFor: ["approval", "scan"])
            let id = try #require(waiting["id"]?.string)
            try stage.crash()
            try stage.await("1.0.0", "waiting", waitingFor: ["approval", "scan"])

            let other = "sha256:" + String(repeating: "0", count: 64)
            #expect(try stage.post("/api/v1/deployments/\(id)/approve", #"{"digest": "\#(other)"}"#).status == 409)
            #expect(try stage.post("/api/v1/deployments/\(id)/approve", #"{"approver": "boss"}"#).status == 400)
            let approved = try stage.post("/api/v1/deployments/\(id)/approve", #"{"digest": "\#(digest)", "comment": "go"}"#)
            #expect(approved.status == 200, "\(approved)")
            try stage.await("1.0.0", "waiting", waitingFor: ["scan"])
            try stage.crash()
            try stage.await("1.0.0", "waiting", waitingFor: ["scan"])
            #expect(stage.log.isEmpty)

            let scan = try stage.hub.client().request(
                "POST", "/api/v1/scans?repository=team/app&digest=\(digest)&format=trivy",
                headers: ["Content-Type": "application/json"], body: Array(Self.report.utf8))
            #expect(scan.status == 201, "\(scan)")
            let deployed = try stage.await("1.0.0", "succeeded")
            let history = try stage.get("/api/v1/deployments/\(id)")["history"]?.array?.compactMap { $0["step"]?.string }
            #expect(history == ["created", "waiting", "approved", "waiting", "started", "succeeded"])
            #expect(deployed["digest"]?.string == digest)

            _ = try stage.push("1.1.0", seed: 2)
            try stage.await("1.1.0", "waiting", waitingFor: ["approval", "scan"])
            let steps = try stage.hub.events().filter { $0.type?.hasPrefix("io.signalbox.deployment.") == true }
            #expect(steps.allSatisfy { $0["data"]?["repository"]?.string == "team/app" })
        }

        @Test("a failing deployment rolls back and the environment stays pinned, over crashes at each step")
        func rollback() throws {
            let stage = try Stage([Self.production])
            try stage.end("1.0.0")
            let good = try stage.push("1.0.0", seed: 1)
            try stage.await("1.0.0", "succeeded")
            let bad = try stage.push("1.1.0", seed: 2)
            try stage.awaitLog("start 1.1.0")
            try FileManager.default.removeItem(atPath: stage.folder.path + "/stage/end-1.0.0")
            try stage.crash()
            try stage.awaitLog("start 1.1.0", count: 2)
            try stage.end("1.1.0", failing: true)
            try stage.awaitLog("start 1.0.0", count: 2)
            try stage.await("1.1.0", "failed")

            try stage.crash()
            try stage.awaitLog("start 1.0.0", count: 3)
            try stage.end("1.0.0")
            try stage.await("1.0.0", "succeeded", kind: "rollback")
            let undone = try stage.await("1.1.0", "rolledBack")
            let id = try #require(undone["id"]?.string)
            #expect(try stage.hub.client().request("GET", "/api/v1/deployments/\(id)/log").text.contains("1.1.0 is bad\n"))

            try stage.crash()
            let environment = try stage.get("/api/v1/environments/production")
            #expect(environment["pinned"]?["digests"]?.array == [.string(bad)])
            #expect(environment["current"]?.array?.first?["digest"]?.string == good)
            _ = try stage.push("1.2.0", seed: 3)
            try stage.await("1.2.0", "waiting", waitingFor: ["pinned"])
            #expect(try stage.post("/api/v1/environments/production/unpin").status == 200)
            try stage.end("1.2.0")
            try stage.await("1.2.0", "succeeded")
            #expect(stage.log.filter { $0.hasPrefix("end") } == ["end 1.0.0", "end 1.0.0", "end 1.2.0"])
        }

        @Test("an orderly stop cuts off what runs, and the next start goes on with it")
        func orderlyStop() throws {
            let stage = try Stage([Self.staging, Self.production.replacing("production", with: "other")])
            let digest = try stage.push("1.0.0", seed: 1)
            try stage.awaitLog("start 1.0.0", count: 2)
            #expect(try stage.hub.terminate() == 0)
            try stage.hub.restart()
            try stage.awaitLog("start 1.0.0 staging 2 \(digest)")
            try stage.awaitLog("start 1.0.0 other 2 \(digest)")
            try stage.end("1.0.0")
            for deployment in try stage.deployments() {
                let id = try #require(deployment["id"]?.string)
                try stage.awaitLog("end 1.0.0", count: 2)
                let limit = Date(timeIntervalSinceNow: 60)
                while try stage.get("/api/v1/deployments/\(id)")["state"]?.string != "succeeded" {
                    try #require(Date() < limit)
                    usleep(20_000)
                }
            }
        }
    }
}

extension Hub {
    /// What the hub calls itself without a `registry` in its configuration.
    var registryName: String { address }
}
