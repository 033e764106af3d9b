import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("two services of one repository in one environment")
    struct ServiceTests {
        private static let json = ["Content-Type": "application/json"]

        /// The hook notes what each service runs; an image whose tag has a file `bad-SERVICE-TAG` fails.
        private static let hook = """
            #!/bin/sh
            [ ! -e "$DIR/bad-$1-$SIGNALBOX_TAG" ] || exit 3
            echo "$SIGNALBOX_DIGEST" >"$DIR/$1"
            """

        private func hub(_ folder: TemporaryFolder) throws -> Hub {
            let path = try folder.write("hooks/deploy", Self.hook)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let triggers = ["web", "worker"].map { name in
                """
                {name: "\(name)", environment: "e", policy: {semver: "*"}, onFailure: "rollback",
                 target: {type: "hook", name: "deploy", arguments: ["\(name)"], environment: {DIR: "\(folder.path)"}}}
                """
            }
            return try Hub(config: """
                {deployments: {hooks: "\(folder.path)/hooks"}, triggers: [\(triggers.joined(separator: ",\n"))]}
                """)
        }

        private func settled(_ hub: Hub, _ count: Int) throws {
            try hub.wait(for: "\(count) deployments to be over") { client in
                let list = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                let over = ["succeeded", "failed", "rolledBack", "cancelled"]
                return list.count == count && list.allSatisfy { over.contains($0["state"]?.string ?? "") }
            }
        }

        @Test("each goes back to what it ran itself, is pinned alone, and by hand must be named")
        func services() throws {
            let folder = try TemporaryFolder()
            let hub = try hub(folder)
            let client = try hub.client()
            func running(_ name: String) -> String? {
                try? String(contentsOfFile: folder.path + "/" + name, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
            }
            func post(_ action: String, _ body: String = "{}") throws -> Response {
                try hub.client().request("POST", "/api/v1/environments/e/" + action, headers: Self.json, body: Array(body.utf8))
            }
            let images = (1...3).map { Image(seed: UInt64($0), layers: 1, layerBytes: 200) }
            try folder.write("bad-web-1.1.0", "")
            for (index, count) in [(0, 2), (1, 5)] {
                #expect(try client.push(images[index], to: "team/app", as: "1.\(index).0").status == 201)
                try settled(hub, count)
            }
            #expect(running("web") == images[0].digest && running("worker") == images[1].digest)

            hub.kill()
            try hub.restart()
            let pinned = try hub.client().request("GET", "/api/v1/environments/e").json["pinned"]
            #expect(pinned?["whole"]?.bool == false)
            #expect(pinned?["services"]?.array?.map { $0["triggers"]?.array } == [[.string("web")]])
            // Whoever has to name one finds its name there.
            let table = try succeed([Place.binary, "environments"], environment: ["SIGNALBOX_URL": hub.url]).split(separator: "\n")
            #expect(table.count == 3 && ["web", "worker"].allSatisfy { name in table.contains { $0.contains("team/app:1.") && $0.contains("  \(name)  ") } }, "\(table)")
            let ambiguous = try post("rollback")
            #expect(ambiguous.status == 409 && ambiguous.text.contains("team/app by web") && ambiguous.text.contains("--trigger"), "\(ambiguous)")

            // The worker goes on while the other is pinned.
            try folder.write("bad-worker-1.2.0", "")
            #expect(try hub.client().push(images[2], to: "team/app", as: "1.2.0").status == 201)
            try hub.wait(for: "the worker's rollback") { client in
                let list = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                return list.count == 8 && list.first { $0["kind"]?.string == "rollback" }?["state"]?.string == "succeeded"
            }
            #expect(running("web") == images[0].digest && running("worker") == images[1].digest)
            let several = try post("unpin")
            #expect(several.status == 409, "\(several)")
            let one = try post("unpin", #"{"trigger": "web"}"#)
            #expect(one.status == 200, "\(one)")
            try hub.wait(for: "the newest image in the first service") { _ in running("web") == images[2].digest }
            #expect(running("worker") == images[1].digest)
        }
    }
}
