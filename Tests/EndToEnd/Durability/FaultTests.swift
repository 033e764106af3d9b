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

        /// The two halves of a push. A fault that strikes an upload would keep the second half from being reached.
        enum Phase: Sendable, CaseIterable {
            case uploads
            case manifest

            /// Does the half's part of a push, and returns the last answer, or the first that is no success.
            func run(_ image: Image, _ client: Client) throws -> Response {
                switch self {
                case .uploads:
                    for blob in image.blobs.dropLast() {
                        let answer = try client.upload(blob, to: "team/app")
                        guard answer.status == 201 else { return answer }
                    }
                    return try client.upload(image.layers[image.layers.count - 1], to: "team/app")
                case .manifest:
                    return try client.put(image.manifest, to: "team/app", as: "during")
                }
            }

            /// Does what comes before it.
            func prepare(_ image: Image, _ client: Client) throws {
                if self == .manifest { _ = try Phase.uploads.run(image, client) }
            }
        }

        @Test("every step of a push fails cleanly: 5xx, read-only, pulls go on, and a restart finds all that was acknowledged", arguments: faults, Phase.allCases)
        func everyStep(fault: Fault, phase: Phase) throws {
            let steps = try steps(of: fault.call, phase)
            // Nothing is acknowledged unsynced, so these calls must be there, or the test looks at the wrong thing.
            #expect(fault.call != "fdatasync" || !steps.isEmpty)
            for step in steps {
                try fail(fault, phase, step: step)
            }
        }

        @Test("a blob whose deletion the log does not take stays where it is")
        func deletion() throws {
            let hub = try Hub(config: "{ audit: { checkpointSeconds: 86400 } }")  // so that no checkpoint takes the fault
            let blob = Content("application/octet-stream", [1, 2, 3])
            let client = try hub.client()
            #expect(try client.upload(blob, to: "team/app").status == 201)
            let segment = hub.data + "/log/00000000000000000001.log"
            let calls = try SystemCalls(["pwrite64", "pwritev", "pwritev2", "write"], of: hub.process.processIdentifier, on: segment, fault: "error=EIO")
            let answer = try client.request("DELETE", "/v2/team/app/blobs/\(blob.digest)")
            #expect(try calls.detach().contains(where: \.isInjected))
            #expect(answer.status == 503, "\(answer)")
            #expect(try hub.client().blob("team/app", blob.digest).body == blob.bytes)
            hub.kill()
            try hub.restart()
            #expect(try hub.client().blob("team/app", blob.digest).body == blob.bytes)
        }

        /// The numbers, counted in each thread by itself, of the calls on files of the data folder during half a push.
        private func steps(of call: String, _ phase: Phase) throws -> [Int] {
            let hub = try Hub(config: "{ audit: { checkpointSeconds: 86400 } }")  // so that no checkpoint takes a fault
            try hub.push(Image(seed: 1), to: "team/app", as: "before")
            let during = Image(seed: 2, layers: 2)
            let client = try hub.client()
            try phase.prepare(during, client)
            let calls = try SystemCalls([call], of: hub.process.processIdentifier)
            #expect(try phase.run(during, client).status == 201)
            let seen = try calls.detach()
            var steps: Set<Int> = []
            for thread in Dictionary(grouping: seen, by: \.thread).values {
                for (number, call) in thread.enumerated() where call.line.contains(hub.data) { steps.insert(number + 1) }
            }
            return steps.sorted()
        }

        private func fail(_ fault: Fault, _ phase: Phase, step: Int) throws {
            let context: Comment = "\(fault.call) \(fault.error) at step \(step) of \(phase)"
            let hub = try Hub(config: "{ audit: { checkpointSeconds: 86400 } }")  // so that no checkpoint takes a fault
            let before = Image(seed: 1)
            try hub.push(before, to: "team/app", as: "before")
            let during = Image(seed: 2, layers: 2)
            let client = try hub.client()
            try phase.prepare(during, client)

            let calls = try SystemCalls([fault.call], of: hub.process.processIdentifier, fault: "error=\(fault.error):when=\(step)+")
            let answer = try phase.run(during, client)
            let readiness = try hub.client().request("GET", "/readyz")
            let hit = try calls.detach().contains(where: \.isInjected)

            #expect(answer.status != 201 || fault.call != "fdatasync" || step != 1, "\(context): acknowledged unsynced")
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
            let isThere = try hub.client().manifest("team/app", "during").status == 200
            #expect(isThere || phase == .uploads || answer.status != 201, context)
            if isThere { try expectImage(during, hub, "during", context) }
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

