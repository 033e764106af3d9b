import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("targets of the running hub")
    struct TargetTests {
        /// The states of all deployments by their environments, once none is under way.
        private func ends(_ hub: Hub, count: Int) throws -> [String: JSONValue] {
            var ends: [String: JSONValue] = [:]
            try hub.wait(for: "\(count) deployments at their end") { client in
                let all = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                ends = Dictionary(all.map { ($0["environment"]?.string ?? "", $0) }) { first, _ in first }
                return all.count == count && all.allSatisfy { ["succeeded", "failed"].contains($0["state"]?.string) }
            }
            return ends
        }

        @Test("a pushed tag is committed to Git by a hook, and posted with a secret that nobody sees")
        func gitAndRequest() throws {
            let folder = try TemporaryFolder()
            let origin = folder.path + "/deploy.git"
            try succeed(["git", "init", "--quiet", "--bare", "--initial-branch", "main", origin])
            try succeed(["git", "clone", "--quiet", origin, folder.path + "/seed"])
            try folder.write("seed/production.yaml", "digest: sha256:old # signalbox: digest team/app\n")
            let identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"]
            try succeed(["git", "-C", folder.path + "/seed", "add", "--all"])
            try succeed(["git", "-C", folder.path + "/seed"] + identity + ["commit", "--quiet", "--message", "Seed"])
            try succeed(["git", "-C", folder.path + "/seed", "push", "--quiet", "origin", "HEAD:refs/heads/main"])
            let receiver = try Receiver { _ in 200 }
            let secret = try folder.write("token", "s3cr3t-t0ken\n")

            let hub = try Hub(config: """
                {
                  deployments: {hooks: "\(Place.package)/hooks"},
                  secrets: {token: {file: "\(secret)"}},
                  triggers: [
                    {name: "git", environment: "production", policy: {semver: ">=1.0"}, target: {type: "hook", name: "git-commit-image",
                     arguments: ["--repository", "\(origin)", "--file", "{{environment}}.yaml"]}},
                    {name: "post", environment: "staging", target: {type: "http", url: "\(receiver.url)",
                     headers: {Authorization: {secret: "token", prefix: "Bearer "}}, body: {image: "{{image}}"}}},
                  ],
                }
                """)
            let image = Image(seed: 3, layers: 1, layerBytes: 200)
            #expect(try hub.client().push(image, to: "team/app", as: "1.2.3").status == 201)

            let ends = try ends(hub, count: 2)
            #expect(ends["production"]?["state"]?.string == "succeeded", "\(ends)")
            #expect(try succeed(["git", "-C", origin, "show", "main:production.yaml"]) == "digest: \(image.digest) # signalbox: digest team/app")
            #expect(ends["staging"]?["state"]?.string == "succeeded", "\(ends)")
            let delivery = try #require(receiver.deliveries.first)
            #expect(delivery.headers["authorization"] == "Bearer s3cr3t-t0ken")
            #expect(try delivery.event["image"]?.string?.hasSuffix("/team/app:1.2.3@\(image.digest)") == true)

            // Nowhere in what the hub keeps or says.
            #expect(!hub.process.output.contains("s3cr3t"))
            let found = try run(["grep", "--recursive", "--text", "--files-with-matches", "s3cr3t", hub.data])
            #expect(found.status == 1, "\(found)")
        }

        @Test("a trigger that names a hook, a secret or an address that cannot be there is refused")
        func refused() throws {
            let hub = try Hub()
            for target in [#"{"type": "hook", "name": "deploy"}"#, #"{"type": "github", "repository": "a/b", "event": "x", "token": {"secret": "none"}}"#, #"{"type": "hook", "name": "../x"}"#,
                #"{"type": "http", "url": "http://169.254.169.254/latest", "method": "GET"}"#] {
                let answer = try hub.client().request(
                    "POST", "/api/v1/triggers", headers: ["Content-Type": "application/json"],
                    body: Array(#"{"name": "t", "environment": "e", "target": \#(target)}"#.utf8))
                #expect((400..<500).contains(answer.status), "\(answer)")
            }
        }
    }
}
