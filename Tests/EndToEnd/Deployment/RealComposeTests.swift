import Foundation
import JSON
import Testing

/// Docker Compose as a plugin of `docker`, which Debian has from version 13 on.
private let hasCompose =
    getuid() == 0 && ["docker", "dockerd", "gcc"].allSatisfy(isInstalled)
    && (try? run(["docker", "compose", "version"]))?.status == 0

extension EndToEnd {
    @Suite("deployments by Docker Compose itself", .enabled("needs root, dockerd, docker compose and gcc") { hasCompose })
    struct RealComposeTests {
        /// Runs until it is told to end, unless its argument says otherwise.
        private static let program = """
            #include <signal.h>
            #include <string.h>
            #include <unistd.h>
            static void end(int signal) { _exit(0); }
            int main(int count, char **words) {
                if (count > 1 && strcmp(words[1], "broken") == 0) return 3;
                signal(SIGTERM, end);
                for (;;) pause();
            }
            """

        private let daemon: DockerDaemon
        private let folder: TemporaryFolder
        private let hub: Hub

        init() throws {
            daemon = try DockerDaemon()
            folder = try TemporaryFolder()
            let source = try folder.write("app.c", Self.program)
            try succeed(["gcc", "-static", "-o", folder.path + "/app", source])
            try succeed(["tar", "--create", "--file", folder.path + "/app.tar", "--directory", folder.path, "app"])
            for project in ["hooked", "targeted"] {
                try folder.write(project + "/compose.yaml", "services: {web: {image: \"${IMAGE}\", network_mode: none}}\n")
                try folder.write(project + "/.env", "PORT=80\n")
            }
            let variables = "environment: {DOCKER_HOST: \"\(daemon.host)\"}"
            hub = try Hub(
                config: """
                    {
                      deployments: {hooks: "\(Place.package)/hooks"},
                      triggers: [
                        {name: "hook", environment: "hooked", policy: {semver: "*"}, onFailure: "rollback", target: {type: "hook", name: "compose-up",
                         arguments: ["--directory", "\(folder.path)/hooked", "--service", "web"], \(variables)}},
                        {name: "target", environment: "targeted", policy: {semver: "*"}, onFailure: "rollback", target: {type: "compose",
                         folder: "\(folder.path)/targeted", service: "web", \(variables)}},
                      ],
                    }
                    """)
            // Of a port that the system chooses the hub has no name to give to images; from its second start on it is a port like any.
            hub.kill()
            try hub.restart()
        }

        /// Builds an image and pushes it by the daemon; by which name a deployment has it.
        private func push(_ tag: String, _ argument: String) throws -> String {
            let name = "\(hub.address)/team/web:\(tag)"
            try daemon.docker("import", "--change", #"CMD ["/app", "\#(argument)"]"#, folder.path + "/app.tar", name)
            try daemon.docker("push", name)
            return "\(name)@\(try daemon.digest(name))"
        }

        /// Waits until both environments have so many deployments and none is under way; their states, newest first, by environment.
        private func states(_ count: Int) throws -> [String: [String]] {
            var states: [String: [String]] = [:]
            try hub.wait(for: "\(count) deployments to each environment", seconds: 90) { client in
                let all = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                states = Dictionary(grouping: all) { $0["environment"]?.string ?? "" }.mapValues { $0.compactMap { $0["state"]?.string } }
                return states.count == 2 && states.values.allSatisfy { $0.count == count && $0.allSatisfy { !["pending", "waiting", "running"].contains($0) } }
            }
            return states
        }

        /// The images of the project's containers that run.
        private func running(_ project: String) throws -> [String] {
            let ids = try daemon.docker("ps", "--quiet", "--filter", "label=com.docker.compose.project=\(project)").split(separator: "\n")
            return try ids.map { try daemon.docker("inspect", "--format", "{{.Config.Image}}", String($0)) }
        }

        private func settings(_ project: String) throws -> String {
            try String(contentsOfFile: "\(folder.path)/\(project)/.env", encoding: .utf8)
        }

        @Test("a pushed tag runs by its digest, the next one takes its place, and one that does not stay up is rolled back")
        func deploys() throws {
            for (round, tag) in ["1.0.0", "1.1.0"].enumerated() {
                let image = try push(tag, tag)
                let states = try states(round + 1)
                for project in ["hooked", "targeted"] {
                    try #require(states[project] == Array(repeating: "succeeded", count: round + 1), "\(logs)")
                    #expect(try running(project) == [image])
                    #expect(try settings(project) == "PORT=80\nIMAGE=\(image)\n")
                }
            }
            let good = try running("hooked")
            _ = try push("1.2.0", "broken")
            let states = try states(4)
            for project in ["hooked", "targeted"] {
                try #require(states[project] == ["succeeded", "rolledBack", "succeeded", "succeeded"], "\(logs)")
                #expect(try running(project) == good)
                #expect(try settings(project) == "PORT=80\nIMAGE=\(good.joined())\n")
            }
        }

        @Test("a service that does not take its image from the variable is no success")
        func fixedImage() throws {
            let image = try push("1.0.0", "1.0.0")
            try #require(try states(1).values.allSatisfy { $0 == ["succeeded"] }, "\(logs)")
            for project in ["hooked", "targeted"] {
                try folder.write(project + "/compose.yaml", "services: {web: {image: \"\(image)\", network_mode: none}}\n")
            }
            _ = try push("1.1.0", "1.1.0")
            // The rollback is to what the service is fixed to.
            try #require(try states(3).values.allSatisfy { $0 == ["succeeded", "rolledBack", "succeeded"] }, "\(logs)")
            for project in ["hooked", "targeted"] { #expect(try running(project) == [image]) }
        }

        /// What all deployments said, for a test that fails.
        private var logs: String {
            do {
                let client = try hub.client()
                let all = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                return try all.compactMap { $0["id"]?.string }.map { try client.request("GET", "/api/v1/deployments/\($0)/log").text }.joined(separator: "---\n")
            } catch {
                return "\(error)"
            }
        }
    }
}
