import JSON
import Testing

extension EndToEnd {
    @Suite("buildah", .needsRoot("buildah"))
    struct BuildahTests {
        let hub: Hub
        let tools: ClientFolder

        init() throws {
            hub = try Hub()
            tools = try ClientFolder()
        }

        /// Builds an image of some layers under a local name.
        private func build(_ name: String, layers: Int, format: ImageFormat = .oci) throws {
            let context = try tools.writeContext("context-\(name)", layers: layers)
            try tools.succeed(
                "buildah", "bud", "--layers", "--signature-policy", tools.policy, "--format", format.rawValue, "-t", name, context)
        }

        @Test("pushes what it built and pulls the same image back", arguments: ImageFormat.allCases)
        func roundTrip(format: ImageFormat) throws {
            try build("built", layers: 3, format: format)
            try tools.succeed(
                "buildah", "push", "--signature-policy", tools.policy, "--tls-verify=false", "--digestfile", "digest", "built",
                "docker://\(hub.address)/team/built:v1")
            let pushed = try succeed(["cat", tools.path + "/digest"])
            let stored = try hub.client().manifest("team/built", "v1")
            #expect(stored.headers["docker-content-digest"] == pushed)
            #expect(stored.headers["content-type"] == format.manifest)
            #expect(try stored.json["layers"]?.array?.count == 3)

            try tools.succeed("buildah", "rmi", "--all", "--force")
            let pulled = try tools.succeed(
                "buildah", "pull", "--quiet", "--signature-policy", tools.policy, "--tls-verify=false", "\(hub.address)/team/built:v1")
            let digest = try tools.succeed("buildah", "inspect", "--type", "image", "--format", "{{.FromImageDigest}}", pulled)
            #expect(digest == pushed)
        }

        @Test("pushes a manifest list with all its images")
        func pushesLists() throws {
            try build("one", layers: 1)
            try build("two", layers: 2)
            try tools.succeed("buildah", "manifest", "create", "list")
            try tools.succeed("buildah", "manifest", "add", "--arch", "amd64", "list", "containers-storage:localhost/one:latest")
            try tools.succeed("buildah", "manifest", "add", "--arch", "arm64", "list", "containers-storage:localhost/two:latest")
            try tools.succeed(
                "buildah", "manifest", "push", "--signature-policy", tools.policy, "--tls-verify=false", "--all", "list",
                "docker://\(hub.address)/team/list:v1")
            let list = try hub.client().manifest("team/list", "v1")
            #expect(list.headers["content-type"] == ImageFormat.oci.index)
            let digests = try list.json["manifests"]?.array?.compactMap { $0["digest"]?.string } ?? []
            #expect(digests.count == 2)
            for digest in digests {
                #expect(try hub.client().manifest("team/list", digest).status == 200)
            }
        }

        @Test("is told at once that a protected tag is immutable")
        func isRefused() throws {
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let first = Image(seed: 4)
            try hub.push(first, to: "prod/app", as: "v1")
            try build("other", layers: 1)
            let refused = try tools.run(
                "buildah", "push", "--signature-policy", tools.policy, "--tls-verify=false", "other",
                "docker://\(hub.address)/prod/app:v1")
            try hub.expectRefusal(refused, keeping: first.digest, in: "prod/app", tag: "v1")
        }
    }
}
