import Foundation
import JSON
import Testing

extension EndToEnd {
    /// With a `docker` that writes down how it is called: what Compose itself makes of that is not looked at.
    @Suite("deployments by Compose")
    struct ComposeTests {
        private static let docker = """
            #!/bin/sh
            printf '<%s>' "$@" >>"$PWD/calls"
            echo >>"$PWD/calls"
            case "$*" in *config*) sed -n 's/^IMAGE=//p' .env ;; esac
            """

        @Test("a pushed tag is pulled and brought up by digest, by the hook compose-up and by the compose target", .needs("skopeo"))
        func deploys() throws {
            let folder = try TemporaryFolder()
            let docker = try folder.write("bin/docker", Self.docker)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: docker)
            for project in ["a project", "other"] { try folder.write(project + "/.env", "PORT=80\nIMAGE=old\n") }
            let hub = try Hub(
                config: """
                    {
                      registry: "hub.example", deployments: {hooks: "\(Place.package)/hooks"},
                      triggers: [
                        {name: "hook", environment: "hook", target: {type: "hook", name: "compose-up",
                         arguments: ["--directory", "\(folder.path)/a project", "--service", "web"]}},
                        {name: "compose", environment: "compose", target: {type: "compose", folder: "\(folder.path)/other", service: "web"}},
                      ],
                    }
                    """,
                environment: ["PATH": folder.path + "/bin:" + (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")])
            let (source, tools, image) = (try Hub(), try ClientFolder(), Image(seed: 1))
            try source.push(image, to: "team/app", as: "1.0.0")
            try tools.succeed(
                "skopeo", "--insecure-policy", "copy", "--src-tls-verify=false", "--dest-tls-verify=false",
                "docker://\(source.address)/team/app:1.0.0", "docker://\(hub.address)/team/app:1.0.0")
            var states: [String?] = []
            try hub.wait(for: "two deployments") { client in
                let all = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                states = all.map { $0["state"]?.string }
                return states.count == 2 && states.allSatisfy { ["succeeded", "failed"].contains($0) }
            }
            #expect(states == ["succeeded", "succeeded"])
            func file(_ name: String) -> String? { try? String(contentsOfFile: "\(folder.path)/\(name)", encoding: .utf8) }
            #expect(file("a project/calls") == "<compose><pull><--quiet><web>\n<compose><config><--images><web>\n<compose><up><--detach><--no-deps><--wait><web>\n")
            let place = "<compose><--project-directory><\(folder.path)/other>"
            #expect(file("other/calls") == ["<pull><--quiet><web>", "<config><--images><web>", "<up><--detach><--no-deps><--wait><web>"]
                .map { place + $0 + "\n" }.joined())
            for project in ["a project", "other"] {
                #expect(file(project + "/.env") == "PORT=80\nIMAGE=hub.example/team/app:1.0.0@\(image.digest)\n")
            }
        }
    }
}
