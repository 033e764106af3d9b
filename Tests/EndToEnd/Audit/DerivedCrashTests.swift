import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("kill -9 while something derived is written", .needsRoot("strace"))
    struct DerivedCrashTests {
        @Test("at each step of an index: queries answer as without one, and the next run makes it")
        func index() throws {
            let hub = try Hub()
            for number in 0..<30 { try hub.push(Image(seed: UInt64(number % 3)), to: "team/app\(number % 4)", as: "t\(number)") }
            #expect(try hub.terminate() == 0)
            try SplitLog.split(hub.data + "/log", before: 20)
            let questions = [["--repository", "team/app1", "--json"], ["--tag", "t7", "--json"], ["--count-by", "type"]]
            func answers(_ data: String) throws -> [String] { try questions.map { try succeed(query(data) + $0) } }
            let whole = try DataCopy(of: hub.data)
            let steps = try KillSteps.of(query(whole.data) + ["--tag", "t7"], below: whole.data + "/log")
            #expect(steps.contains { $0.call.hasPrefix("rename") }, "it made an index: \(steps)")
            let expected = try answers(whole.data)
            var kills = 0
            for step in steps {
                let copy = try DataCopy(of: hub.data)
                if try run(KillSteps.command(query(copy.data) + ["--tag", "t7"], killedAt: step)).status != 0 { kills += 1 }
                #expect(try answers(copy.data) == expected, "\(step)")
                for suffix in [".idx", ".terms"] {
                    let path = "/log/00000000000000000001" + suffix
                    #expect(try Data(contentsOf: URL(fileURLWithPath: copy.data + path)) == Data(contentsOf: URL(fileURLWithPath: whole.data + path)), "\(step)")
                }
                #expect(try run([Place.binary, "audit", "verify", "--data", copy.data]).status == 0, "\(step)")
            }
            #expect(KillSteps.isEnough(kills), "\(kills) kills at \(steps)")
        }

        private func query(_ data: String) -> [String] { [Place.binary, "audit", "query", "--data", data] }

        @Test("at each step of a snapshot: the next start has all that was acknowledged, and verification finds nothing wrong")
        func snapshot() throws {
            let hub = try Hub()
            var number = 0
            func push() throws {
                number += 1
                try hub.push(Image(seed: UInt64(number)), to: "team/app", as: "t\(number)")
            }
            // From the third on, one goes when another comes.
            for _ in 0..<3 {
                try push()
                #expect(try hub.terminate() == 0)
                try hub.restart()
            }
            try push()
            let steps = try KillSteps.of(hub.process.processIdentifier, below: hub.data + "/snapshots/") { _ = try hub.terminate() }
            #expect(steps.contains { $0.call.hasPrefix("rename") } && steps.contains { $0.call.hasPrefix("unlink") }, "\(steps)")
            for step in steps {
                try hub.restart()
                try push()
                // Threads are not the same each time, so that a kill may come at another call, or not at all.
                let calls = try SystemCalls([step.call], of: hub.process.processIdentifier, fault: "signal=KILL:when=\(step.number)")
                let status = try hub.terminate()
                _ = try calls.detach()
                let verified = try run([Place.binary, "audit", "verify", "--data", hub.data])
                #expect(verified.status == 0 || (status != 0 && verified.status == 3), "\(step): \(verified)")
                try hub.restart()
                for tag in 1...number { #expect(try hub.client().manifest("team/app", "t\(tag)").status == 200, "\(step): t\(tag)") }
                #expect(try hub.terminate() == 0)
                #expect(try run([Place.binary, "audit", "verify", "--data", hub.data]).status == 0, "\(step)")
            }
        }
    }
}
