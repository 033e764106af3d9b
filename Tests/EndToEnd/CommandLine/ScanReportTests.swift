import JSON
import Testing

extension EndToEnd {
    @Suite("scan reports")
    struct ScanReportTests {
        private func report(_ hub: Hub, _ image: String, _ file: String, _ more: [String] = []) throws -> Finished {
            try run([Place.binary, "scan", "report", image, file, "--format", "trivy"] + more, environment: ["SIGNALBOX_URL": hub.url])
        }

        @Test("a report that was sent in survives a kill, and lies with its image")
        func reported() throws {
            let hub = try Hub()
            let image = Image(seed: 1)
            try hub.push(image, to: "team/app", as: "v1")
            let text = #"{"SchemaVersion":2,"Trivy":{"Version":"0.68.1"},"Results":[{"Vulnerabilities":[{"Severity":"CRITICAL","FixedVersion":"2"},{"Severity":"LOW"}]}]}"#
            let file = try hub.folder.write("my report.json", text)
            let finished = try report(hub, "team/app@\(image.digest)", file)
            #expect(finished.status == 0, "\(finished)")
            #expect(finished.out.hasPrefix("recorded: 1 critical, 1 low, 1 with a fix (Trivy), report \(sha256(Array(text.utf8)))"))
            let before = try hub.events()
            hub.kill()
            try hub.restart()
            #expect(try hub.events() == before)
            let scan = try #require(before.last)
            #expect(scan.type == "io.signalbox.image.scanned")
            #expect(scan["data"]?["tags"]?.array == [.string("v1")] && scan["data"]?["worst"]?.string == "critical")
            let client = try hub.client()
            #expect(try client.blob("team/app", sha256(Array(text.utf8))).body == Array(text.utf8))
            let referrers = try client.request("GET", "/v2/team/app/referrers/\(image.digest)").json["manifests"]?.array ?? []
            #expect(referrers.map { $0["digest"] } == [scan["data"]?["report"]?["manifest"]])
            // Deleting the blob by hand is refused as for any blob that a manifest names, or leaves it readable.
            _ = try client.request("DELETE", "/v2/team/app/blobs/\(sha256(Array(text.utf8)))")
            #expect(try client.blob("team/app", sha256(Array(text.utf8))).status == 200)
        }

        @Test("a report that cannot be taken is one sentence, and exit code 1")
        func refused() throws {
            let hub = try Hub()
            let image = Image(seed: 1)
            try hub.push(image, to: "team/app", as: "v1")
            let damaged = try hub.folder.write("damaged.json", "{\"SchemaVersion\": 2, \"Results\": [")
            let good = try hub.folder.write("good.json", "{\"SchemaVersion\": 2, \"Results\": [{\"Target\": \"a\"}]}")
            for (name, file, word) in [
                ("team/app@\(image.digest)", damaged, "ends before it is complete"), ("team/app@\(sha256([1]))", good, "there is no manifest"),
                ("team/other@\(image.digest)", good, "there is no repository"), ("team/app@sha256:12", good, "digest"), ("team/app@\(image.digest)", good + "x", "no such file"),
            ] {
                let finished = try report(hub, name, file)
                #expect(finished.status == 1 && finished.err.contains(word), "\(finished)")
                #expect(finished.err.split(separator: "\n").count == 1 && finished.out.isEmpty)
            }
            #expect(try hub.events().filter { $0.type == "io.signalbox.image.scanned" }.isEmpty)
        }
    }
}
