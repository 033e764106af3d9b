import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Whose turn it is, and what stays as it was over restarts.
    @Suite("turns of deployments")
    struct TurnTests {
        private static func trigger(_ members: String) -> String {
            #"name: "t", environment: "e", policy: {semver: "*"}, \#(members)"#
        }

        @Test("of a parallel trigger as many run as it says, and the next begins when one has ended")
        func parallel() throws {
            let stage = try Stage([Self.trigger("concurrency: {parallel: 2}")])
            for number in 1...3 { try stage.hub.push(Image(seed: UInt64(number)), to: "team/app\(number)", as: "1.0.\(number)") }
            try stage.awaitLog("start 1.0.1")
            try stage.awaitLog("start 1.0.2")
            try stage.await("1.0.3", "pending")
            #expect(stage.log.count { $0.hasPrefix("start") } == 2)
            try stage.end("1.0.2")
            try stage.awaitLog("start 1.0.3")
            try stage.end("1.0.1")
            try stage.end("1.0.3")
            for number in 1...3 { try stage.await("1.0.\(number)", "succeeded") }
        }

        @Test("in a queue each has its turn, in order, over a crash")
        func queue() throws {
            let stage = try Stage([Self.trigger(#"concurrency: "queue""#)])
            for number in 1...3 { try stage.hub.push(Image(seed: UInt64(number)), to: "team/app", as: "1.\(number).0") }
            try stage.awaitLog("start 1.1.0")
            try stage.await("1.2.0", "pending")
            try stage.await("1.3.0", "pending")
            try stage.crash()
            try stage.awaitLog("start 1.1.0", count: 2)
            for number in 1...3 { try stage.end("1.\(number).0") }
            try stage.await("1.3.0", "succeeded")
            #expect(stage.log.map { $0.split(separator: " ").prefix(2).joined(separator: " ") } == [
                "start 1.1.0", "start 1.1.0", "end 1.1.0", "start 1.2.0", "end 1.2.0", "start 1.3.0", "end 1.3.0",
            ])
        }

        @Test("pushes that follow each other closely are one deployment, of the index that came last")
        func debounce() throws {
            let stage = try Stage([#"name: "t", environment: "e", policy: "newest", debounce: {quiet: "4s", cap: "1m"}"#])
            let images = [("amd64", 1), ("arm64", 2)].map { Image(seed: UInt64($1), architecture: $0) }
            let index = Image.index(images)
            // One connection: the pushes come as fast as they can.
            let client = try stage.hub.client()
            for image in images { #expect(try client.push(image, to: "team/app", as: "1.0.0-\(image.architecture)").status == 201) }
            #expect(try client.put(index, to: "team/app", as: "1.0.0").status == 201)
            try stage.awaitLog("start 1.0.0 e 1 \(index.digest)")
            try stage.end("1.0.0")
            try stage.await("1.0.0", "succeeded")
            #expect(try stage.deployments().count == 1)
        }

        @Test("a multi-platform image that is pushed by a client is one deployment", .needs("skopeo"))
        func multiPlatform() throws {
            let stage = try Stage([#"name: "t", environment: "e", policy: "newest""#])
            let source = try Hub()
            let images = [("amd64", 1), ("arm64", 2)].map { Image(seed: UInt64($1), architecture: $0) }
            let index = Image.index(images)
            for image in images { try source.push(image, to: "team/app", as: image.architecture) }
            #expect(try source.client().put(index, to: "team/app", as: "1.0.0").status == 201)
            try stage.tools.succeed(
                "skopeo", "--insecure-policy", "copy", "--all", "--src-tls-verify=false", "--dest-tls-verify=false",
                "docker://\(source.address)/team/app:1.0.0", "docker://\(stage.hub.address)/team/app:1.0.0")
            try stage.end("1.0.0")
            try stage.await("1.0.0", "succeeded")
            #expect(try stage.deployments().map { $0["digest"]?.string } == [index.digest])
        }

        @Test("an approval is for one digest: the same tag as another image starts from none")
        func approvals() throws {
            let stage = try Stage([#"name: "t", environment: "e", policy: {digest: "live"}, gates: {approvals: {}, scan: {maxSeverity: "low"}}"#])
            try stage.end("live")
            try stage.hub.push(Image(seed: 1), to: "team/app", as: "live")
            let first = try #require(try stage.await("live", "waiting", waitingFor: ["approval", "scan"])["id"]?.string)
            #expect(try stage.post("/api/v1/deployments/\(first)/approve").status == 200)
            try stage.await("live", "waiting", waitingFor: ["scan"])
            let second = Image(seed: 2)
            try stage.hub.push(second, to: "team/app", as: "live")
            let next = try stage.await("live", "waiting", waitingFor: ["approval", "scan"])
            #expect(next["digest"]?.string == second.digest)
            #expect(try stage.get("/api/v1/deployments/\(first)")["state"]?.string == "superseded")
            #expect(try stage.post("/api/v1/deployments/\(first)/approve").status == 409)
            #expect(stage.log.isEmpty)
        }

        @Test("what waits for a soak goes on over crashes and is deployed after it, and what waits for a window goes on waiting", .needs("skopeo"))
        func soakAndWindow() throws {
            let stage = try Stage([
                #"name: "s", environment: "staging", policy: {semver: "*"}"#,
                #"name: "p", environment: "production", policy: {semver: "*"}, gates: {soak: {environment: "staging", time: "5s"}}"#,
                #"name: "l", environment: "later", policy: {semver: "*"}, gates: {windows: {from: "2090-01-01", until: "2090-01-02", timeZone: "Europe/Berlin"}}"#,
            ])
            func state(_ environment: String) throws -> [JSONValue?] {
                let found = try stage.deployments().first { $0["environment"]?.string == environment }
                return [found?["state"], found?["waitingFor"]]
            }
            let (soaking, shut) = ([JSONValue.string("waiting"), .array([.string("soak")])], [JSONValue.string("waiting"), .array([.string("window")])])
            let digest = try stage.push("1.0.0", seed: 1)
            try stage.awaitLog("start 1.0.0 staging")
            try stage.hub.wait(for: "those that wait") { _ in try state("production") == soaking && state("later") == shut }
            try stage.crash()
            #expect(try state("production") == soaking)
            try stage.end("1.0.0")
            try stage.hub.wait(for: "staging") { _ in try state("staging").first == .string("succeeded") }
            try stage.crash()
            try stage.awaitLog("start 1.0.0 production 1 \(digest)")
            try stage.hub.wait(for: "production") { _ in try state("production").first == .string("succeeded") }
            try stage.crash()
            #expect(try state("later") == shut)
            #expect(stage.log.filter { $0.hasPrefix("end") }.count == 2)
        }

        @Test("a rollback by hand stays, and its pin, over a restart and a push of what was rolled back")
        func pin() throws {
            let stage = try Stage([Self.trigger(#"concurrency: "latest""#)])
            let images = (1...3).map { Image(seed: UInt64($0)) }
            for (number, image) in images.prefix(2).enumerated() {
                try stage.end("1.\(number).0")
                try stage.hub.push(image, to: "team/app", as: "1.\(number).0")
                try stage.await("1.\(number).0", "succeeded")
            }
            #expect(try stage.post("/api/v1/environments/e/rollback").status == 201)
            try stage.await("1.0.0", "succeeded", kind: "rollback")
            #expect(try stage.hub.terminate() == 0)
            try stage.hub.restart()
            // The bad image under another, newer tag, and a new one.
            try stage.hub.push(images[1], to: "team/app", as: "1.2.0")
            try stage.hub.push(images[2], to: "team/app", as: "1.3.0")
            try stage.await("1.3.0", "waiting", waitingFor: ["pinned"])
            let environment = try stage.get("/api/v1/environments/e")
            #expect(environment["current"]?.array?.first?["digest"]?.string == images[0].digest)
            #expect(environment["pinned"]?["digests"]?.array == [.string(images[1].digest)])
            #expect(try stage.deployments().count == 4)
            try stage.end("1.3.0")
            #expect(try stage.post("/api/v1/environments/e/unpin").status == 200)
            try stage.await("1.3.0", "succeeded")
        }
    }
}
