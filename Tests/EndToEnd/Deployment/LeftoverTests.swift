import Foundation
import JSON
import Testing

extension EndToEnd {
    /// What hooks start, and hide.
    @Suite("processes that hooks leave behind")
    struct LeftoverTests {
        /// Three ways to get away: without an environment, in a session of its own, and as a daemon without a parent. They end
        /// with the test's folder, so that a test that fails leaves nothing behind.
        private static let escape = """
            #!/bin/sh
            run() { echo 'echo $$ >>"$0/pids"; trap "" TERM HUP; while [ -e "$0/pids" ]; do sleep 0.05; done'; }
            env -i sh -c "$(run)" "$STAGE" &
            setsid env -i sh -c "$(run)" "$STAGE" &
            (setsid env -i sh -c "(setsid sh -c '$(run)' \\"\\$0\\" &)" "$STAGE" &)
            while [ -e "$STAGE" ] && [ ! -e "$STAGE/end" ]; do sleep 0.02; done
            echo done
            """

        private final class Escape: Sendable {
            let hub: Hub
            let folder: TemporaryFolder

            init(_ hooks: [String: String] = ["escape": LeftoverTests.escape]) throws {
                let folder = try TemporaryFolder()
                self.folder = folder
                try folder.write("stage/.keep", "")
                for (name, script) in hooks {
                    let path = try folder.write("hooks/" + name, script)
                    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
                }
                let triggers = hooks.keys.sorted().map { name in
                    """
                    {name: "\(name)", environment: "\(name)", onInterrupted: "fail", target:
                      {type: "hook", name: "\(name)", killAfter: 0, environment: {STAGE: "\(folder.path)/stage"}}}
                    """
                }
                hub = try Hub(config: """
                    {limits: {drainSeconds: 0}, deployments: {hooks: "\(folder.path)/hooks"}, triggers: [\(triggers.joined(separator: ","))]}
                    """)
                try hub.push(Image(seed: 1), to: "team/app", as: "1.0.0")
            }

            /// The processes that have got away, once there are three.
            func escaped() throws -> [String] {
                var pids: [String] = []
                try hub.wait(for: "three processes") { _ in
                    let text = (try? String(contentsOfFile: folder.path + "/stage/pids", encoding: .utf8)) ?? ""
                    pids = text.split(separator: "\n").map(String.init)
                    return pids.count == 3
                }
                #expect(pids.allSatisfy { isAlive($0) })
                return pids
            }

            /// Waits until no process is left, without a hub that could help.
            func awaitEnd(of pids: [String]) throws {
                let limit = Date(timeIntervalSinceNow: 60)
                while pids.contains(where: isAlive) {
                    guard Date() < limit else { throw Failure("still there after 60 s: \(pids.filter(isAlive))") }
                    usleep(20_000)
                }
            }

            func supervisors() throws -> [pid_t] {
                try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { pid_t($0) }.filter { pid in
                    let words = (try? String(contentsOfFile: "/proc/\(pid)/cmdline", encoding: .utf8))?.split(separator: "\0") ?? []
                    return words.starts(with: ["signalbox-supervise", "supervise", "\(folder.path)/hooks/escape"])
                }
            }

            func state() throws -> JSONValue? {
                try hub.client().request("GET", "/api/v1/deployments").json["deployments"]?.array?.first
            }

            private func isAlive(_ pid: String) -> Bool {
                guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return false }
                return stat.split(separator: ")").last?.hasPrefix(" Z") == false
            }
        }

        @Test("after SIGKILL of the hub nothing of a run is left, without a start of another one")
        func killedHub() throws {
            let escape = try Escape()
            let pids = try escape.escaped()
            escape.hub.kill()
            try escape.awaitEnd(of: pids)
            try escape.hub.restart()
            try escape.hub.wait(for: "the end of the deployment") { _ in try escape.state()?["state"]?.string == "failed" }
        }

        @Test("what a run had said is there after SIGKILL of the hub")
        func output() throws {
            let escape = try Escape(["talks": "#!/bin/sh\necho 'step 1 of 2'\nwhile [ -e \"$STAGE\" ]; do sleep 0.05; done\n"])
            var id = ""
            try escape.hub.wait(for: "its output on disk") { _ in
                id = try escape.state()?["id"]?.string ?? "none"
                return FileManager.default.fileExists(atPath: "\(escape.hub.data)/deployments/\(id).log")
            }
            escape.hub.kill()
            try escape.hub.restart()
            try escape.hub.wait(for: "the end of the deployment") { _ in try escape.state()?["state"]?.string == "failed" }
            #expect(try escape.hub.client().request("GET", "/api/v1/deployments/\(id)/log").text == "step 1 of 2\n")
        }

        /// Longer than the supervisor's patience has passed when the hub is killed: what counts is the time after that.
        private static let tidy = """
            #!/bin/sh
            trap '' PIPE
            trap 'sleep 0.5; : >"$STAGE/kept"; exit' TERM
            sleep 3.2
            echo $$ >"$STAGE/pid"
            while [ -e "$STAGE" ]; do sleep 0.05; done
            """

        @Test("after SIGKILL of the hub a program that has run for long still gets time to end in order")
        func graceAfterKill() throws {
            let escape = try Escape(["tidy": LeftoverTests.tidy])
            var pid = ""
            try escape.hub.wait(for: "the program") { _ in
                pid = ((try? String(contentsOfFile: escape.folder.path + "/stage/pid", encoding: .utf8)) ?? "").trimmingCharacters(in: .newlines)
                return !pid.isEmpty
            }
            escape.hub.kill()
            try escape.awaitEnd(of: [pid])
            #expect(FileManager.default.fileExists(atPath: escape.folder.path + "/stage/kept"))
        }

        @Test("a start at once waits until all is gone, also where the supervisor is stopped and cannot help")
        func immediateStart() throws {
            let escape = try Escape()
            let pids = try escape.escaped()
            escape.hub.kill()
            let supervisors = try escape.supervisors()
            for pid in supervisors { kill(pid, SIGSTOP) }
            #expect(supervisors.count == 1)
            try escape.hub.restart()
            try escape.hub.wait(for: "the end of the deployment") { _ in try escape.state()?["state"]?.string == "failed" }
            try escape.awaitEnd(of: pids)
        }

        @Test("what a hook that ended or was cancelled left behind is ended too", arguments: [false, true])
        func ended(isCancelled: Bool) throws {
            let escape = try Escape()
            let pids = try escape.escaped()
            let id = try #require(try escape.state()?["id"]?.string)
            if isCancelled {
                let answer = try escape.hub.client().request("POST", "/api/v1/deployments/\(id)/cancel")
                #expect(answer.status == 200, "\(answer)")
            } else {
                try escape.folder.write("stage/end", "")
            }
            try escape.awaitEnd(of: pids)
            let end = isCancelled ? "cancelled" : "succeeded"
            try escape.hub.wait(for: end) { _ in try escape.state()?["state"]?.string == end }
            if !isCancelled {
                let said = try escape.hub.client().request("GET", "/api/v1/deployments/\(id)/log").text
                #expect(said == "done\n")
            }
        }

        @Test("how a program ended, or why it could not begin, is told as it is")
        func outcomes() throws {
            let hooks = [
                "code": "#!/bin/sh\nexit 64\n", "signal": "#!/bin/sh\nkill -USR1 $$\nsleep 100\n",
                "lost": "#!/nonexistent/shell\n", "streams": "#!/bin/sh\ncut -d' ' -f6 /proc/$$/stat; echo $$; ls /proc/self/fd | wc -l\n",
            ]
            let escape = try Escape(hooks)
            var ends: [String: JSONValue] = [:]
            try escape.hub.wait(for: "four ends") { client in
                let all = try client.request("GET", "/api/v1/deployments").json["deployments"]?.array ?? []
                ends = Dictionary(all.map { ($0["trigger"]?.string ?? "", $0) }) { first, _ in first }
                return ends.count == 4 && ends.values.allSatisfy { ["succeeded", "failed"].contains($0["state"]?.string) }
            }
            #expect(ends["code"]?["reason"]?.string == "the hook code ended with exit code 64")
            #expect(ends["signal"]?["reason"]?.string == "the hook signal was ended by signal 10")
            #expect(ends["lost"]?["reason"]?.string?.contains("interpreter") == true, "\(ends)")
            let id = try #require(ends["streams"]?["id"]?.string)
            let said = try escape.hub.client().request("GET", "/api/v1/deployments/\(id)/log").text.split(separator: "\n")
            #expect(said.count == 3 && said[0] == said[1], "a session of its own")
            // Its three streams, and the folder that ls reads.
            #expect(said.last == "4", "no descriptor of the hub's or the supervisor's: \(said)")
        }
    }
}
