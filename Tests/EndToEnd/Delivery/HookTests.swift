import Foundation
import Testing

extension EndToEnd {
    @Suite("deploy hooks")
    struct HookTests {
        /// A `docker` that only writes down how it was called.
        private func run(_ folder: TemporaryFolder, tag: String, digest: String, type: String = "io.signalbox.image.pushed") throws -> Finished {
            let docker = try folder.write("bin/docker", "#!/bin/sh\necho \"$@\" >>\"\(folder.path)/calls\"\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: docker)
            return try EndToEndTests.run(
                [Place.package + "/hooks/deploy-compose.sh"],
                environment: [
                    "PATH": folder.path + "/bin:/usr/bin:/bin", "COMPOSE_DIR": folder.path, "SIGNALBOX_EVENT_TYPE": type,
                    "SIGNALBOX_REGISTRY": "r.example", "SIGNALBOX_REPOSITORY": "production/shop", "SIGNALBOX_TAG": tag,
                    "SIGNALBOX_DIGEST": digest,
                ], input: Array("{}".utf8))
        }

        @Test("deploy-compose.sh pins the image by digest, keeps other settings, and can run again")
        func deployCompose() throws {
            let folder = try TemporaryFolder()
            try folder.write(".env", "PORT=80\nIMAGE=old\n")
            for _ in 0..<2 {
                let finished = try run(folder, tag: "1.0", digest: "sha256:abc")
                #expect(finished.status == 0, "\(finished)")
                let settings = try String(contentsOfFile: folder.path + "/.env", encoding: .utf8)
                #expect(settings == "PORT=80\nIMAGE=r.example/production/shop@sha256:abc\n")
            }
            let calls = try String(contentsOfFile: folder.path + "/calls", encoding: .utf8)
            #expect(calls.split(separator: "\n") == Array(repeating: "compose --project-directory \(folder.path) up --detach --wait shop", count: 2))
        }

        @Test("deploy-compose.sh leaves other events alone")
        func otherEvents() throws {
            let folder = try TemporaryFolder()
            let finished = try run(folder, tag: "", digest: "", type: "io.signalbox.image.deleted")
            #expect(finished.status == 0)
            #expect(!FileManager.default.fileExists(atPath: folder.path + "/.env"))
        }
    }
}
