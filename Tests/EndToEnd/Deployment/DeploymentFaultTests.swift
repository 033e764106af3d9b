import Foundation
import JSON
import Testing

extension EndToEnd {
    /// The disk breaks in the middle of a deployment.
    @Suite("a disk that fails under a deployment", .needsRoot("strace"))
    struct DeploymentFaultTests {
        private static let trigger = """
            name: "t", environment: "e", policy: {semver: "*"}, onInterrupted: "fail", gates: {approvals: {count: 1}}
            """

        /// When it breaks: at a sync after somebody approved, the first or a later one, or when the target is done.
        enum Moment: Sendable, CaseIterable {
            case approval, second, third, end
        }

        @Test("the target is called once, or not at all, and the next start knows what became of it", arguments: Moment.allCases)
        func broken(_ moment: Moment) throws {
            let stage = try Stage([Self.trigger])
            try stage.hub.push(Image(seed: 1), to: "team/app", as: "1.0.0")
            let waiting = try stage.await("1.0.0", "waiting", waitingFor: ["approval"])
            let id = try #require(waiting["id"]?.string)
            let approve = "/api/v1/deployments/\(id)/approve"
            if moment == .end {
                #expect(try stage.post(approve).status == 200)
                try stage.awaitLog("start 1.0.0")
                try strike(stage, from: 1) { try stage.end("1.0.0") }
            } else {
                try stage.end("1.0.0")
                let step = moment == .approval ? 1 : moment == .second ? 2 : 3
                try strike(stage, from: step) {
                    let answer = try stage.post(approve)
                    #expect(answer.status == 200 || (answer.status == 503 && step == 1) || step > 1, "\(answer)")
                }
            }
            let before = stage.log.count { $0.hasPrefix("start") }
            #expect(before == (moment == .end ? 1 : 0) || moment == .second || moment == .third, "nobody's approval is on disk")

            stage.hub.kill()
            try stage.hub.restart()
            #expect(try stage.hub.client().request("GET", "/readyz").status == 200)
            let state = try settled(stage, approve)
            // A record whose sync failed may be in the file all the same. A start that is there and was never made is taken for
            // one that was cut off, and an end that is there for what it says.
            let run = ["start 1.0.0 e 1 \(waiting["digest"]?.string ?? "")", "end 1.0.0"]
            let deployment = try stage.get("/api/v1/deployments/\(id)")
            if state == "succeeded" {
                #expect(stage.log == run)
            } else {
                #expect(deployment["reason"]?.string == "interrupted: the hub ended while it ran")
                #expect(stage.log == (before == 0 ? [] : run))
            }
            let steps = deployment["history"]?.array?.compactMap { $0["step"]?.string } ?? []
            #expect(steps.count { $0 == "started" } == 1, "\(steps)")
            let events = try stage.hub.events()
            #expect(events.compactMap(\.sequence) == Array(1...Int64(max(events.count, 1))))

            // It goes on with the next one.
            try stage.hub.push(Image(seed: 2), to: "team/app", as: "1.1.0")
            let next = try stage.await("1.1.0", "waiting", waitingFor: ["approval"])
            try stage.end("1.1.0")
            #expect(try stage.post("/api/v1/deployments/\(next["id"]?.string ?? "")/approve").status == 200)
            try stage.await("1.1.0", "succeeded")
        }

        /// Lets every sync from one on fail while something is done, until the hub has noticed or all is done.
        private func strike(_ stage: Stage, from step: Int, _ body: () throws -> Void) throws {
            let calls = try SystemCalls(
                ["fdatasync"], of: stage.hub.process.processIdentifier, fault: "error=EIO:when=\(step)+")
            try body()
            try stage.hub.wait(for: "the fault, or the end") { client in
                if try client.request("GET", "/readyz").status == 503 { return true }
                return try stage.deployments().first?["state"]?.string == "succeeded"
            }
            let readiness = try stage.hub.client().request("GET", "/readyz")
            if readiness.status == 503 {
                #expect(readiness.text.contains("read-only"), "\(readiness)")
                #expect(try stage.hub.client().request("GET", "/api/v1/deployments").status == 200, "reading goes on")
                #expect(try stage.post("/api/v1/environments/e/pin").status == 503)
            }
            #expect(try calls.detach().contains(where: \.isInjected) || readiness.status == 200)
        }

        /// What becomes of the one deployment, which is approved once more if it still waits for that.
        private func settled(_ stage: Stage, _ approve: String) throws -> String {
            var state = ""
            try stage.hub.wait(for: "the end of the deployment") { _ in
                let deployment = try stage.deployments().first
                state = deployment?["state"]?.string ?? ""
                if state == "waiting", deployment?["waitingFor"]?.array == [.string("approval")] { _ = try stage.post(approve) }
                return state == "succeeded" || state == "failed"
            }
            return state
        }
    }
}
