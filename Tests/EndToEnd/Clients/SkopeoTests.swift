import JSON
import Testing

extension EndToEnd {
    @Suite("skopeo", .needs("skopeo"))
    struct SkopeoTests {
        let hub: Hub
        let tools: ClientFolder

        init() throws {
            hub = try Hub()
            tools = try ClientFolder()
        }

        private func copy(_ source: String, _ target: String, _ options: String...) throws -> Finished {
            try EndToEndTests.run(
                ["skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false"] + options
                    + [source, target], environment: tools.environment, seconds: 60)
        }

        private func raw(_ name: String) throws -> [UInt8] {
            Array(try tools.succeed("skopeo", "inspect", "--tls-verify=false", "--raw", "docker://\(hub.address)/\(name)").utf8)
        }

        @Test("pulls and pushes images of several layers without changing their digest", arguments: ImageFormat.allCases)
        func copiesImages(format: ImageFormat) throws {
            let image = Image(seed: 1, layers: 4, layerBytes: 100_000, format: format)
            try hub.push(image, to: "seed/image", as: "v1")

            let pulled = try copy("docker://\(hub.address)/seed/image:v1", "dir:\(tools.path)/image")
            #expect(pulled.status == 0, "\(pulled)")
            let pushed = try copy("dir:\(tools.path)/image", "docker://\(hub.address)/copy/image:v1")
            #expect(pushed.status == 0, "\(pushed)")

            #expect(try raw("copy/image:v1") == image.manifest.bytes)
            let stored = try hub.client().manifest("copy/image", "v1")
            #expect(stored.headers["docker-content-digest"] == image.digest)
            #expect(stored.headers["content-type"] == format.manifest)
        }

        @Test("converts an image between the formats", arguments: [(ImageFormat.oci, "v2s2"), (.docker, "oci")])
        func converts(from: ImageFormat, to: String) throws {
            try hub.push(Image(seed: 2, layers: 2, format: from), to: "seed/image", as: "v1")
            let copied = try copy("docker://\(hub.address)/seed/image:v1", "docker://\(hub.address)/converted:v1", "--format", to)
            #expect(copied.status == 0, "\(copied)")
            let expected = to == "oci" ? ImageFormat.oci : .docker
            #expect(try hub.client().manifest("converted", "v1").headers["content-type"] == expected.manifest)
        }

        @Test("copies an index with the images of every platform", arguments: ImageFormat.allCases)
        func copiesIndexes(format: ImageFormat) throws {
            let images = ["amd64", "arm64", "s390x"].enumerated().map {
                Image(seed: UInt64(10 + $0.offset), layers: 2, format: format, architecture: $0.element)
            }
            for image in images { try hub.push(image, to: "seed/multi", as: image.digest) }
            let index = Image.index(images, format: format)
            #expect(try hub.client().put(index, to: "seed/multi", as: "v1").status == 201)

            let copied = try copy("docker://\(hub.address)/seed/multi:v1", "docker://\(hub.address)/copy/multi:v1", "--all")
            #expect(copied.status == 0, "\(copied)")
            #expect(try raw("copy/multi:v1") == index.bytes)
            for image in images {
                #expect(try raw("copy/multi@\(image.digest)") == image.manifest.bytes)
            }
        }

        @Test("lists tags and deletes images")
        func listsAndDeletes() throws {
            for tag in ["b", "a"] { try hub.push(Image(seed: 3), to: "seed/list", as: tag) }
            let listed = try tools.succeed("skopeo", "list-tags", "--tls-verify=false", "docker://\(hub.address)/seed/list")
            #expect(listed.contains(#""a""#) && listed.contains(#""b""#))
            try tools.succeed("skopeo", "delete", "--tls-verify=false", "docker://\(hub.address)/seed/list:a")
            #expect(try hub.client().manifest("seed/list", "a").status == 404)
        }

        @Test("is told at once that a protected tag is immutable")
        func isRefused() throws {
            try hub.protect("production", repositories: "prod/**", tags: "v*")
            let first = Image(seed: 4)
            try hub.push(first, to: "prod/app", as: "v1")
            try hub.push(Image(seed: 5), to: "staging/app", as: "v1")
            let refused = try copy("docker://\(hub.address)/staging/app:v1", "docker://\(hub.address)/prod/app:v1")
            try hub.expectRefusal(refused, keeping: first.digest, in: "prod/app", tag: "v1")
            let same = try copy("docker://\(hub.address)/prod/app:v1", "docker://\(hub.address)/prod/app:v1")
            #expect(same.status == 0, "\(same)")
        }
    }
}
