import Foundation
import JSON
import Testing

extension EndToEnd {
    /// Makes each system call that a push writes with fail, one after the other, on a disk that is full or broken.
    @Suite("a disk that fails", .needsRoot("strace"))
    struct FaultTests {
        /// The ways to write to a file, and the error that a broken or full disk gives.
        static let faults: [Fault] = [
            Fault("fdatasync", "EIO"), Fault("fsync", "EIO"), Fault("pwrite64", "ENOSPC"), Fault("pwrite64", "EIO"),
            Fault("pwritev", "ENOSPC"), Fault("write", "ENOSPC"), Fault("rename", "ENOSPC"), Fault("renameat2", "ENOSPC"),
            Fault("fallocate", "ENOSPC"), Fault("linkat", "ENOSPC"),
        ]

        struct Fault: Sendable, CustomTestStringConvertible {
            let call: String
            let error: String

            init(_ call: String, _ error: String) {
                self.call = call
                self.error = error
            }

            var testDescription: String { "\(call): \(error)" }
        }

        @Test("every step of a push fails cleanly: 5xx, read-only, pulls go on, and a restart finds all that was acknowledged", arguments: faults)
        func everyStep(fault: Fault) throws {
            for step in try steps(of: fault.call) {
                try fail(fault, step: step)
            }
        }

        /// The numbers, counted in each thread by itself, of the calls on files of the data folder during one push.
        private func steps(of call: String) throws -> [Int] {
            let hub = try Hub()
            try hub.push(Image(seed: 1), to: "team/app", as: "before")
            let calls = try SystemCalls([call], of: hub.process.processIdentifier)
            try hub.push(Image(seed: 2, layers: 2), to: "team/app", as: "during")
            let seen = try calls.detach()
            var steps: Set<Int> = []
            for thread in Dictionary(grouping: seen, by: \.thread).values {
                for (number, call) in thread.enumerated() where call.line.contains(hub.data) { steps.insert(number + 1) }
            }
            return steps.sorted()
        }

        private func fail(_ fault: Fault, step: Int) throws {
            let context: Comment = "\(fault.call) \(fault.error) at step \(step)"
            let hub = try Hub()
            let before = Image(seed: 1)
            try hub.push(before, to: "team/app", as: "before")
            let during = Image(seed: 2, layers: 2)

            let calls = try SystemCalls([fault.call], of: hub.process.processIdentifier, fault: "error=\(fault.error):when=\(step)+")
            let answer = try hub.client().push(during, to: "team/app", as: "during")
            let readiness = try hub.client().request("GET", "/readyz")
            let hit = try calls.detach().contains(where: \.isInjected)

            if answer.status != 201 {
                #expect(hit, "\(context): refused without a fault: \(answer)")
                #expect((500...599).contains(answer.status), "\(context): \(answer)")
                #expect(readiness.status == 503 && readiness.text.contains("read-only"), "\(context): \(readiness)")
            }
            try expectImage(before, hub, "before", context)

            hub.kill()
            try hub.restart()
            try expectImage(before, hub, "before", context)
            // What was not acknowledged is there as a whole or not at all.
            if try answer.status == 201 || hub.client().manifest("team/app", "during").status == 200 {
                try expectImage(during, hub, "during", context)
            }
            let events = try hub.events()
            #expect(events.compactMap(\.sequence) == Array(1...Int64(max(events.count, 1))), context)
            #expect(try hub.client().request("GET", "/readyz").status == 200, context)
            try hub.push(Image(seed: 3), to: "team/app", as: "after")
        }

        private func expectImage(_ image: Image, _ hub: Hub, _ tag: String, _ context: Comment) throws {
            let client = try hub.client()
            #expect(try client.manifest("team/app", tag).body == image.manifest.bytes, context)
            for blob in image.blobs {
                #expect(try client.blob("team/app", blob.digest).body == blob.bytes, context)
            }
        }
    }
}

