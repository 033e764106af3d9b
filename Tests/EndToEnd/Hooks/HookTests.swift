import Foundation
import Testing

extension EndToEnd {
    @Suite("deploy hooks")
    struct HookTests {
        @Test("every hook says how it is used, and refuses what it does not know", arguments: [
            "compose-up", "kubectl-set-image", "git-commit-image", "ecs-update-service", "nomad-run", "notify-slack",
        ])
        func help(hook: String) throws {
            let bench = try HookBench()
            let help = try bench.run(hook, ["--help"])
            #expect(help.status == 0 && help.out.hasPrefix("\(hook): "), "\(help)")
            #expect(help.out.contains(#""type": "hook", "name": "\#(hook)""#))
            let wrong = try bench.run(hook, ["--no-such-option"])
            #expect(wrong.status == 64 && wrong.err.contains("--no-such-option"), "\(wrong)")
        }

        /// Says what the project's settings say, as Compose does of a service with `image: ${IMAGE}`.
        private static let docker = #"case "$*" in *config*) sed -n 's/^IMAGE=//p' .env ;; esac"#

        @Test("compose-up pins the image by digest, keeps other settings, and can run again")
        func composeUp() throws {
            let bench = try HookBench()
            try bench.add("docker", Self.docker)
            let project = bench.folder.path + "/two words"
            try bench.folder.write("two words/.env", "PORT=80\nIMAGE=old\nIMAGE_NAME=kept\n")
            for _ in 0..<2 {
                let finished = try bench.run("compose-up", ["--directory", project, "--service", "web"])
                #expect(finished.status == 0, "\(finished)")
                #expect(bench.text("two words/.env") == "PORT=80\nIMAGE_NAME=kept\nIMAGE=\(HookBench.image)\n")
            }
            let once = ["pull --quiet web", "config --images web", "up --detach --no-deps --wait web"]
                .map { ["docker", "compose"] + $0.split(separator: " ").map(String.init) }
            #expect(bench.calls == once + once)
            #expect(try FileManager.default.contentsOfDirectory(atPath: project).sorted() == [".deploy.lock", ".env"])
        }

        @Test("compose-up leaves the settings to their owner", .enabled(if: geteuid() == 0), arguments: [true, false])
        func composeOwner(fails: Bool) throws {
            let bench = try HookBench()
            try bench.add("docker", (fails ? "case \"$*\" in *up*) exit 17 ;; esac; " : "") + Self.docker)
            let path = try bench.folder.write(".env", "IMAGE=old\r\nPORT=80\r\n")
            try FileManager.default.setAttributes([.ownerAccountID: 12_345, .groupOwnerAccountID: 12_346, .posixPermissions: 0o640], ofItemAtPath: path)
            #expect(try bench.run("compose-up", ["--service", "web"]).status == (fails ? 17 : 0))
            let all = try FileManager.default.attributesOfItem(atPath: path)
            #expect(all[.ownerAccountID] as? Int == 12_345 && all[.groupOwnerAccountID] as? Int == 12_346 && all[.posixPermissions] as? Int == 0o640)
            #expect(bench.text(".env") == (fails ? "IMAGE=old\r\nPORT=80\r\n" : "PORT=80\r\nIMAGE=\(HookBench.image)\n"))
        }

        /// Settings may hold passwords, and a link's own mode lets everybody read and write.
        @Test("compose-up writes settings through a link, which stays, and opens them to nobody", arguments: [true, false])
        func composeLink(fails: Bool) throws {
            let bench = try HookBench()
            try bench.add("docker", (fails ? "case \"$*\" in *up*) exit 17 ;; esac; " : "") + Self.docker)
            let path = try bench.folder.write("shared/settings", "IMAGE=old\nPORT=80\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
            try FileManager.default.createSymbolicLink(atPath: bench.folder.path + "/.env", withDestinationPath: "shared/settings")
            #expect(try bench.run("compose-up", ["--service", "web"]).status == (fails ? 17 : 0))
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: bench.folder.path + "/.env") == "shared/settings")
            #expect(bench.text("shared/settings") == (fails ? "IMAGE=old\nPORT=80\n" : "PORT=80\nIMAGE=\(HookBench.image)\n"))
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o640)
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder.path + "/shared") == ["settings"])
        }

        @Test("compose-up names the service after the repository, and makes settings where there are none")
        func composeDefaults() throws {
            let bench = try HookBench()
            try bench.add("docker", Self.docker)
            let finished = try bench.run("compose-up", tag: "", environment: ["COMPOSE_DIR": bench.folder.path])
            #expect(finished.status == 0, "\(finished)")
            #expect(bench.text(".env") == "IMAGE=r.example:5000/production/shop@\(HookBench.digest)\n")
            #expect(bench.calls.last?.last == "shop")
            let mode = try FileManager.default.attributesOfItem(atPath: bench.folder.path + "/.env")[.posixPermissions] as? Int
            #expect(mode == 0o600)
        }

        @Test("compose-up puts the settings back when the service does not come up", arguments: ["PORT=80\nIMAGE=old\n", nil])
        func composeFails(settings: String?) throws {
            let bench = try HookBench()
            try bench.add("docker", #"case "$*" in *up*) exit 17 ;; esac; "# + Self.docker)
            if let settings { try bench.folder.write(".env", settings) }
            let finished = try bench.run("compose-up", ["--service", "web"])
            #expect(finished.status == 17, "\(finished)")
            #expect(bench.text(".env") == settings)
        }

        @Test("compose-up that is killed leaves what to go back to, and a next run that fails goes back to that", arguments: [
            "PORT=80\nIMAGE=good\n", "IMAGE=good", "PORT=80\n", nil,
        ])
        func composeKilled(settings: String?) throws {
            let bench = try HookBench()
            // What calls docker is killed, as by the hub's host going down.
            try bench.add("docker", #"case "$*" in *up*) [ -f slow ] || exit 17; kill -9 $PPID ;; esac; "# + Self.docker)
            if let settings { try bench.folder.write(".env", settings) }
            try bench.folder.write("slow", "")
            for _ in 0..<2 {
                #expect(try bench.run("compose-up", ["--service", "web"]).status != 0)
                #expect(bench.text(".env")?.hasSuffix("IMAGE=\(HookBench.image)\n") == true)
                #expect(bench.text(".env.IMAGE.old") == settings ?? "", "the second one was killed too")
            }
            try FileManager.default.removeItem(atPath: bench.folder.path + "/slow")
            let finished = try bench.run("compose-up", ["--service", "web"])
            #expect(finished.status == 17 && finished.err.contains("an earlier run was cut off"), "\(finished)")
            #expect(bench.text(".env") == settings && bench.text(".env.IMAGE.old") == nil)
        }

        @Test("compose-up keeps what somebody wrote to the settings after a run was killed, and its leftovers hurt nobody")
        func composeKilledAndEdited() throws {
            let bench = try HookBench()
            try bench.add("docker", #"case "$*" in *up*) exit 17 ;; esac; "# + Self.docker)
            try bench.folder.write(".env.IMAGE.old", "PORT=80\nIMAGE=good\n")
            try bench.folder.write(".env.IMAGE.old.new", "IM")
            try bench.folder.write(".env.new", "PO")
            try bench.folder.write(".env", "IMAGE=bad\nPORT=81\n")
            #expect(try bench.run("compose-up", ["--service", "web"]).status == 17)
            #expect(bench.text(".env") == "PORT=81\nIMAGE=good\n")
            #expect(try FileManager.default.contentsOfDirectory(atPath: bench.folder.path).filter { $0.hasPrefix(".env") } == [".env"])
        }

        @Test("compose-up does not take it for a success that a service keeps the image it has")
        func composeFixedImage() throws {
            let bench = try HookBench()
            try bench.add("docker", #"case "$*" in *config*) echo fixed:1 ;; esac"#)
            try bench.folder.write(".env", "IMAGE=old\n")
            let finished = try bench.run("compose-up", ["--service", "web"])
            #expect(finished.status == 78 && finished.err.contains("write image: ${IMAGE} for it; it has fixed:1"), "\(finished)")
            #expect(bench.text(".env") == "IMAGE=old\n" && bench.calls.last == ["docker", "compose", "config", "--images", "web"])
        }

        @Test("kubectl-set-image sets the image and waits for the rollout")
        func kubectl() throws {
            let bench = try HookBench()
            try bench.add("kubectl", "case \"$*\" in *'set image'*) echo 'deployment.apps/web image updated' ;; esac")
            let finished = try bench.run("kubectl-set-image", ["--namespace", "two words", "deployment/web", "app"])
            #expect(finished.status == 0 && finished.out.hasPrefix("deployment.apps/web image updated\n"), "\(finished)")
            #expect(bench.calls == [
                ["kubectl", "--namespace=two words", "set", "image", "deployment/web", "app=\(HookBench.image)"],
                ["kubectl", "--namespace=two words", "rollout", "status", "deployment/web", "--timeout=5m"],
            ])
        }

        /// `kubectl set image` says nothing where nothing changes.
        @Test("kubectl-set-image begins a rollout anew that was given up", arguments: [("ProgressDeadlineExceeded", true), ("NewReplicaSetAvailable", false)])
        func kubectlAgain(progress: String, restarts: Bool) throws {
            let bench = try HookBench()
            try bench.add("kubectl", "case \"$*\" in get*) printf '\(progress)' ;; esac")
            #expect(try bench.run("kubectl-set-image", ["deployment/web", "app"]).status == 0)
            let steps = bench.calls.map { $0.dropFirst().prefix(2).joined(separator: " ") }
            #expect(steps == ["set image", "get deployment/web"] + (restarts ? ["rollout restart"] : []) + ["rollout status"])
        }

        @Test("kubectl-set-image has no rollout of a cronjob to wait for, and fails with kubectl")
        func kubectlOthers() throws {
            let bench = try HookBench()
            try bench.add("kubectl", "case \"$*\" in *rollout*) exit 1 ;; esac")
            #expect(try bench.run("kubectl-set-image", ["cronjob/backup", "app"]).status == 0)
            #expect(bench.calls.count == 1)
            #expect(try bench.run("kubectl-set-image", ["deployment/web", "app"]).status == 1)
        }

        @Test("kubectl-set-image refuses what would change something else", arguments: [
            ["pod/web", "app"], ["deployment/", "app"], ["deployment/web", "*"], ["deployment/web", "app=x"], ["deployment/web"], ["deployment/web", "--all"],
        ])
        func kubectlRefuses(arguments: [String]) throws {
            let bench = try HookBench()
            try bench.add("kubectl")
            #expect(try bench.run("kubectl-set-image", arguments).status == 64)
            #expect(bench.calls == [])
        }

        @Test("an image without a digest is deployed by no hook", arguments: [
            ("compose-up", []), ("kubectl-set-image", ["deployment/web", "app"]), ("ecs-update-service", ["web"]), ("nomad-run", ["/dev/null"]),
        ] as [(String, [String])])
        func noDigest(hook: String, arguments: [String]) throws {
            let bench = try HookBench()
            for program in ["docker", "kubectl", "aws", "nomad"] { try bench.add(program) }
            let finished = try bench.run(hook, arguments, environment: ["SIGNALBOX_IMAGE": "r.example/shop:1"])
            #expect(finished.status == 64, "\(finished)")
            #expect(bench.calls == [])
        }

        @Test("nomad-run runs the job file with the image as its variable")
        func nomad() throws {
            let bench = try HookBench()
            try bench.add("nomad", "case \"$*\" in *broken*run*|*run*broken*) exit 2 ;; esac")
            let file = try bench.folder.write("two words.hcl", "job {}\n")
            let finished = try bench.run("nomad-run", ["--variable", "shop_image", file])
            #expect(finished.status == 0, "\(finished)")
            #expect(bench.calls == [
                ["nomad", "job", "validate", "-var", "shop_image=\(HookBench.image)", file],
                ["nomad", "job", "run", "-var", "shop_image=\(HookBench.image)", file],
            ])
            #expect(try bench.run("nomad-run", [bench.folder.write("broken.hcl", "")]).status == 2)
            #expect(try bench.run("nomad-run", ["/nonexistent.hcl"]).status == 64)
        }
    }
}
