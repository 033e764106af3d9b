import JSON
import Testing

extension EndToEnd {
    @Suite("podman", .needsRoot("podman"))
    struct PodmanTests {
        let hub: Hub
        let tools: ClientFolder

        init() throws {
            hub = try Hub()
            tools = try ClientFolder()
        }

        private func build(_ name: String, layers: Int, format: ImageFormat = .oci) throws {
            let context = try tools.writeContext("context-\(name)", layers: layers)
            try tools.succeed(
                "podman", "build", "--layers", "--signature-policy", tools.policy, "--format", format.rawValue, "-t", name, context)
        }

        @Test("pushes what it built and pulls the same image back", arguments: ImageFormat.allCases)
        func roundTrip(format: ImageFormat) throws {
            let name = "\(hub.address)/team/podman:v1"
            try build(name, layers: 3, format: format)
            try tools.succeed(
                "podman", "push", "--signature-policy", tools.policy, "--tls-verify=false", "--digestfile", "digest", name)
            let pushed = try succeed(["cat", tools.path + "/digest"])
            let stored = try hub.client().manifest("team/podman", "v1")
            #expect(stored.headers["docker-content-digest"] == pushed)
            #expect(stored.headers["content-type"] == format.manifest)

            try tools.succeed("podman", "rmi", "--all", "--force")
            try tools.succeed("podman", "pull", "--quiet", "--signature-policy", tools.policy, "--tls-verify=false", name)
            #expect(try tools.succeed("podman", "image", "inspect", "--format", "{{.Digest}}", name) == pushed)
        }

        @Test("pulls its own platform from an index", arguments: ImageFormat.allCases)
        func pullsFromIndex(format: ImageFormat) throws {
            let images = ["amd64", "arm64"].enumerated().map {
                Image(seed: UInt64(20 + $0.offset), layers: 2, format: format, architecture: $0.element)
            }
            for image in images { try hub.push(image, to: "seed/multi", as: image.digest) }
            #expect(try hub.client().put(Image.index(images, format: format), to: "seed/multi", as: "v1").status == 201)
            let name = "\(hub.address)/seed/multi:v1"
            try tools.succeed(
                "podman", "pull", "--quiet", "--signature-policy", tools.policy, "--tls-verify=false", "--arch", "arm64", name)
            #expect(try tools.succeed("podman", "image", "inspect", "--format", "{{.Architecture}}", name) == "arm64")
        }

        @Test("is told at once that a protected tag is immutable")
        func isRefused() throws {
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let first = Image(seed: 4)
            try hub.push(first, to: "prod/app", as: "v1")
            try build("\(hub.address)/prod/app:v1", layers: 1)
            let refused = try tools.run(
                "podman", "push", "--signature-policy", tools.policy, "--tls-verify=false", "\(hub.address)/prod/app:v1")
            try hub.expectRefusal(refused, keeping: first.digest, in: "prod/app", tag: "v1")
        }
    }
}
