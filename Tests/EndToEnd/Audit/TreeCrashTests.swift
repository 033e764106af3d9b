import Foundation
import JSON
import Testing

extension EndToEnd {
    @Suite("kill -9 while the tree grows")
    struct TreeCrashTests {
        @Test("after every kill the log fits its tree and all checkpoints, and the next start signs on")
        func survivesKills() async throws {
            let hub = try Hub(config: "{ allowSparse: true, audit: { checkpointSeconds: 1 } }")
            var number = 0
            for _ in 0..<rounds("SIGNALBOX_CRASH_ROUNDS", default: 6) {
                let client = try hub.client()
                // Under load for a random time: the tick of the notary is somewhere in it.
                let end = Date(timeIntervalSinceNow: Double.random(in: 0.05...1.3))
                while Date() < end {
                    number += 1
                    let text = """
                        {"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.empty.v1+json","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[],"annotations":{"n":"\(number)"}}
                        """
                    let content = Content("application/vnd.oci.image.manifest.v1+json", Array(text.utf8))
                    #expect(try client.put(content, to: "team/app", as: "t\(number)").status == 201)
                }
                hub.kill()
                let verified = try run([Place.binary, "audit", "verify", "--data", hub.data])
                // What came after the last checkpoint is not proven, and said to be so; all else fits.
                #expect(verified.status == 0 || (verified.status == 3 && verified.err.contains("not proven")), "\(verified)")
                try hub.restart()
            }
            #expect(try hub.terminate() == 0)
            let finished = try run([Place.binary, "audit", "verify", "--data", hub.data, "--json"])
            let report = try JSONValue.parse(Array(finished.out.utf8))
            #expect(report["fits"]?.bool == true, "\(finished)")
            #expect(report["provenSize"]?.int == Int64(number + 1), "the last checkpoint covers every record: \(finished)")
        }
    }
}
