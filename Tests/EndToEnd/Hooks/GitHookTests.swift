import Foundation
import Testing

extension EndToEnd {
    /// With a real Git, and a repository in a folder.
    @Suite("git-commit-image")
    struct GitHookTests {
        private let bench: HookBench

        init() throws {
            bench = try HookBench()
            try git(["init", "--quiet", "--bare", "--initial-branch", "main", bench.folder.path + "/origin.git"])
            try git(["clone", "--quiet", bench.folder.path + "/origin.git", bench.folder.path + "/seed"])
        }

        @discardableResult
        private func git(_ arguments: [String], in folder: String? = nil) throws -> String {
            try succeed(["git"] + arguments, environment: [
                "GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_EMAIL": "somebody@example.com", "GIT_COMMITTER_NAME": "Somebody",
                "GIT_COMMITTER_EMAIL": "somebody@example.com", "GIT_CONFIG_GLOBAL": "/dev/null",
            ], folder: folder)
        }

        private func seed(_ files: [String: String]) throws {
            for (name, text) in files { try bench.folder.write("seed/" + name, text) }
            let clone = bench.folder.path + "/seed"
            try git(["add", "--all"], in: clone)
            try git(["commit", "--quiet", "--message", "Seed"], in: clone)
            try git(["push", "--quiet", "origin", "HEAD:refs/heads/main"], in: clone)
        }

        private func committed(_ file: String, _ branch: String = "main") throws -> String {
            try run(["git", "-C", bench.folder.path + "/origin.git", "show", "\(branch):\(file)"]).out
        }

        private func commit(_ files: [String], branch: String = "main", tag: String = "1.10", environment: [String: String] = [:]) throws -> Finished {
            try bench.run(
                "git-commit-image",
                ["--repository", bench.folder.path + "/origin.git", "--branch", branch] + files.flatMap { ["--file", $0] }, tag: tag, environment: environment)
        }

        @Test("lines with the image or a mark are changed, and nothing else")
        func edits() throws {
            let name = "r.example:5000/production/shop"
            try seed(["apps/two words.yaml": """
                # image: \(name):1
                containers:
                  - image: \(name):1.0   # keep
                    name: app
                  - name: b
                    image: "\(name)@sha256:old"
                  - { image: \(name):1 }
                  - image: \(name)ping:1
                  - image: '\(name)'
                repository: old/name # signalbox: repository
                tag: 1.4 # signalbox: tag production/shop
                other: 1.4 # signalbox: tag production/other
                digest: sha256:old # signalbox: digest
                args:
                  - r:1 # signalbox: image
                template: {{ .Values.image }}
                text: "a: b # signalbox: image"
                \tindented: x\r

                """])
            let finished = try commit(["apps/two words.yaml"])
            #expect(finished.status == 0, "\(finished)")
            let image = HookBench.image
            #expect(try committed("apps/two words.yaml") == """
                # image: \(name):1
                containers:
                  - image: \(image)   # keep
                    name: app
                  - name: b
                    image: "\(image)"
                  - { image: \(name):1 }
                  - image: \(name)ping:1
                  - image: '\(image)'
                repository: \(name) # signalbox: repository
                tag: "1.10" # signalbox: tag production/shop
                other: 1.4 # signalbox: tag production/other
                digest: \(HookBench.digest) # signalbox: digest
                args:
                  - \(image) # signalbox: image
                template: {{ .Values.image }}
                text: "a: b # signalbox: image"
                \tindented: x\r

                """)
            let log = try git(["-C", bench.folder.path + "/origin.git", "log", "-1", "--format=%an <%ae>%n%B", "main"])
            #expect(log == "Signalbox <signalbox@localhost>\nDeploy production/shop:1.10 to production\n\nImage: \(image)\nDeployment: dep_7_c0ffee00")
        }

        @Test("an anchor and a type before a value stay, and a marked line without a value gets one")
        func anchors() throws {
            let name = "r.example:5000/production/shop"
            try seed(["app.yaml": """
                image: &shop \(name):1
                other: &other "old" # signalbox: image
                typed: &t !!str 1.4 # signalbox: tag
                - &item old # signalbox: image
                alias: *shop
                digest: # signalbox: digest
                tag: &tag # signalbox: tag\r
                image:
                note: # none
                text: >- # signalbox: image
                  below

                """])
            let finished = try commit(["app.yaml"])
            #expect(finished.status == 0, "\(finished)")
            let image = HookBench.image
            #expect(try committed("app.yaml") == """
                image: &shop \(image)
                other: &other "\(image)" # signalbox: image
                typed: &t !!str "1.10" # signalbox: tag
                - &item \(image) # signalbox: image
                alias: *shop
                digest: \(HookBench.digest) # signalbox: digest
                tag: &tag "1.10" # signalbox: tag\r
                image:
                note: # none
                text: >- # signalbox: image
                  below

                """)
        }

        @Test("the same image twice makes one commit")
        func again() throws {
            try seed(["app.yaml": "image: r.example:5000/production/shop:1\n"])
            #expect(try commit(["app.yaml"]).status == 0)
            let again = try commit(["app.yaml"])
            #expect(again.status == 0 && again.out.hasPrefix("main already has "), "\(again)")
            #expect(try git(["-C", bench.folder.path + "/origin.git", "rev-list", "--count", "main"]) == "2")
        }

        @Test("an image without a tag leaves the tag's line alone")
        func noTag() throws {
            try seed(["app.yaml": "tag: 1.4 # signalbox: tag\ndigest: x # signalbox: digest\n"])
            #expect(try commit(["app.yaml"], tag: "").status == 0)
            #expect(try committed("app.yaml") == "tag: 1.4 # signalbox: tag\ndigest: \(HookBench.digest) # signalbox: digest\n")
        }

        /// As when all services of a project are released at once.
        @Test("somebody who is overtaken a dozen times still pushes")
        func overtaken() throws {
            try seed(["app.yaml": "image: r.example:5000/production/shop:1\n", "other.yaml": "0\n"])
            let clone = bench.folder.path + "/seed"
            // A Git that lets somebody else push right before each of the first twelve pushes.
            try bench.add("git", """
                case "$*" in
                  *' push '*)
                    count=$(cat '\(bench.folder.path)/count' 2>/dev/null || echo 0)
                    if [ "$count" -lt 12 ]; then
                      echo $((count + 1)) >'\(bench.folder.path)/count'
                      echo "$count" >'\(clone)/other.yaml'
                      /usr/bin/git -C '\(clone)' commit --quiet --allow-empty --all --message other && /usr/bin/git -C '\(clone)' push --quiet origin HEAD:refs/heads/main
                    fi ;;
                esac
                exec /usr/bin/git "$@"
                """)
            try bench.add("sleep")
            let finished = try commit(["app.yaml"])
            #expect(finished.status == 0, "\(finished)")
            #expect(try committed("app.yaml") == "image: \(HookBench.image)\n")
            #expect(try committed("other.yaml") == "11\n")
        }

        /// Each pushes a file of its own, all to one branch: every push but one is refused at least once.
        @Test("pushes at the same time all arrive")
        func race() async throws {
            let files = (0..<4).map { "app-\($0).yaml" }
            try seed(Dictionary(uniqueKeysWithValues: files.map { ($0, "image: r.example:5000/production/shop:1\n") }))
            let ends = try await withThrowingTaskGroup(of: Finished.self) { group in
                for file in files { group.addTask { try commit([file]) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            for end in ends { #expect(end.status == 0, "\(end)") }
            for file in files { #expect(try committed(file) == "image: \(HookBench.image)\n") }
            #expect(try git(["-C", bench.folder.path + "/origin.git", "rev-list", "--count", "main"]) == "5")
        }

        /// A hook of the repository stands for somebody who pushes in between, every time.
        @Test("what Git runs is not for a trigger's variables to say")
        func variables() throws {
            let mark = bench.folder.path + "/mark"
            for variables in [
                ["GIT_SSH_COMMAND": "touch '\(mark)'; false"], ["GIT_ALLOW_PROTOCOL": "ext"], ["GIT_PROXY_COMMAND": "touch"],
                ["GIT_TRACE": mark], ["GIT_TRACE2_EVENT": mark], ["GIT_SSH_KEY": "\n'; touch '\(mark)'; #"],
                ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "core.sshCommand", "GIT_CONFIG_VALUE_0": "touch '\(mark)'; false"],
            ] {
                // With a port, Git looks at the command first, and runs none that it cannot read.
                let host = variables["GIT_SSH_KEY"] == nil ? "127.0.0.1:1" : "127.0.0.1"
                let repository = variables["GIT_ALLOW_PROTOCOL"] == nil ? "ssh://\(host)/deploy.git" : "ext::touch \(mark)"
                let finished = try bench.run("git-commit-image", ["--repository", repository, "--file", "app.yaml"], environment: variables)
                #expect(finished.status != 0, "\(finished)")
                #expect(bench.text("mark") == nil, "\(variables)")
            }
        }

        @Test("a push that is refused for another reason is not tried again")
        func refused() throws {
            try seed(["app.yaml": "image: r.example:5000/production/shop:1\n"])
            let path = try bench.folder.write("origin.git/hooks/pre-receive", "#!/bin/sh\necho 'no pushes on Sundays' >&2\nexit 1\n")
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
            let finished = try commit(["app.yaml"])
            #expect(finished.status == 1 && finished.err.contains("no pushes on Sundays"), "\(finished)")
            #expect(!finished.out.contains("trying again"))
        }

        @Test("a file that is not there, has no image, or is elsewhere is an error", arguments: [
            ("missing.yaml", 78, "there is no file missing.yaml"), ("plain.yaml", 78, "names no image r.example:5000/production/shop"),
            ("../app.yaml", 64, "not a path within"), ("/etc/passwd", 64, "not a path within"), (".git/config", 64, "not a path within"),
            ("link.yaml", 64, "leads out of the repository"),
        ])
        func wrongFiles(file: String, code: Int32, reason: String) throws {
            try bench.folder.write("outside.yaml", "image: r.example:5000/production/shop:1\n")
            try FileManager.default.createSymbolicLink(
                atPath: bench.folder.path + "/seed/link.yaml", withDestinationPath: bench.folder.path + "/outside.yaml")
            try seed(["plain.yaml": "image: other\n"])
            let finished = try commit([file])
            #expect(finished.status == code && finished.err.contains(reason), "\(finished)")
            #expect(bench.text("outside.yaml") == "image: r.example:5000/production/shop:1\n")
        }

        @Test("the token is offered to Git and is in no argument")
        func token() throws {
            try bench.add("git", """
                case "$*" in
                  *clone*)
                    for word; do case "$word" in credential.helper=!*) helper=${word#credential.helper=!} ;; esac; done
                    sh -c "$helper get" helper >'\(bench.folder.path)/credentials'
                    exit 9 ;;
                esac
                """)
            let finished = try bench.run("git-commit-image", ["--repository", "https://git.example/x.git", "--file", "a.yaml"], environment: ["GIT_TOKEN": "s3cr3t'$x"])
            #expect(finished.status == 9, "\(finished)")
            #expect(bench.text("credentials") == "username=x-access-token\npassword=s3cr3t'$x\n")
            #expect(!bench.calls.joined().joined(separator: " ").contains("s3cr3t"))
        }
    }
}
