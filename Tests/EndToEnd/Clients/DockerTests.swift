import JSON
import Testing

extension EndToEnd {
    @Suite("docker", .needsRoot("dockerd", "docker"))
    struct DockerTests {
        let hub: Hub
        let daemon: DockerDaemon

        init() throws {
            hub = try Hub()
            daemon = try DockerDaemon()
        }

        @Test("pushes what it built and pulls the same image back, and an index, and both formats")
        func roundTrip() throws {
            let name = "\(hub.address)/team/docker:v1"
            try daemon.build(name, layers: 3)
            try daemon.docker("push", name)
            let pushed = try daemon.digest(name)
            let stored = try hub.client().manifest("team/docker", "v1")
            #expect(stored.headers["docker-content-digest"] == pushed)
            #expect(stored.headers["content-type"] == ImageFormat.docker.manifest)

            try daemon.docker("rmi", "--force", name)
            try daemon.docker("pull", name)
            #expect(try daemon.digest(name) == pushed)

            for format in ImageFormat.allCases {
                let images = ["amd64", "arm64"].enumerated().map {
                    Image(seed: UInt64(30 + $0.offset), layers: 2, format: format, architecture: $0.element)
                }
                let repository = "seed/\(format.rawValue)"
                for image in images { try hub.push(image, to: repository, as: image.digest) }
                let index = Image.index(images, format: format)
                #expect(try hub.client().put(index, to: repository, as: "v1").status == 201)
                try daemon.docker("pull", "\(hub.address)/\(repository):v1")
                #expect(try daemon.digest("\(hub.address)/\(repository):v1") == index.digest)
            }
        }

        @Test("is told at once that a protected tag is immutable")
        func isRefused() throws {
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let first = Image(seed: 4, format: .docker)
            try hub.push(first, to: "prod/app", as: "v1")
            let name = "\(hub.address)/prod/app:v1"
            try daemon.build(name, layers: 1)
            try hub.expectRefusal(try daemon.run(["push", name]), keeping: first.digest, in: "prod/app", tag: "v1")
        }
    }
}
