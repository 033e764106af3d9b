import Crypto
import HTTP
import JSON
import Testing

@testable import Server

@Suite("Scan reports over HTTP")
struct ScanAPITests {
    private static let report = #"{"SchemaVersion":2,"Results":[{"Vulnerabilities":[{"Severity":"HIGH","FixedVersion":"1"},{"Severity":"LOW"}]}]}"#

    /// Pushes an image without layers and answers its digest.
    private func push(_ client: TestClient) async throws -> String {
        let config = digest("{}")
        #expect(try await client.send(.post, "/v2/team/app/blobs/uploads/?digest=\(config)", "{}", ["Content-Type": "application/octet-stream"]).status == .created)
        let type = "application/vnd.oci.image.manifest.v1+json"
        let manifest = #"{"schemaVersion":2,"mediaType":"\#(type)","config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"\#(config)","size":2},"layers":[]}"#
        #expect(try await client.send(.put, "/v2/team/app/manifests/v1", manifest, ["Content-Type": type]).status == .created)
        return digest(manifest)
    }

    private func digest(_ text: String) -> String { "sha256:" + Hex.encode(hash(.sha256, Array(text.utf8))) }

    private func path(_ digest: String, format: String = "trivy", repository: String = "team/app") -> String {
        "/api/v1/scans?repository=\(repository)&digest=\(digest)&format=\(format)"
    }

    @Test("a report becomes a record, a blob and a referrer of its image")
    func accepted() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let image = try await push(client)
            let answer = try await client.send(.post, path(image), Self.report)
            #expect(answer.status == .created)
            let scan = try JSONValue.parse(answer.content)
            #expect(scan["worst"]?.string == "high" && scan["fixable"]?.int == 1 && scan["total"]?.int == 2)
            #expect(scan["tags"]?.array == [.string("v1")])
            #expect(scan["report"]?["digest"]?.string == digest(Self.report))
            let blob = try await client.send(.get, "/v2/team/app/blobs/\(digest(Self.report))")
            #expect(blob.content == Array(Self.report.utf8))
            let referrers = try JSONValue.parse(
                try await client.send(.get, "/v2/team/app/referrers/\(image)?artifactType=application/vnd.signalbox.scan.trivy.v1%2Bjson").content)
            #expect(referrers["manifests"]?.array?.map { $0["digest"] } == [scan["report"]?["manifest"]])
            let events = try JSONValue.parse(try await client.send(.get, "/api/v1/events?type=io.signalbox.image.scanned").content)
            let data = try #require(events["events"]?.array?.first?["data"])
            for member in scan.object?.members ?? [] { #expect(data[member.key] == member.value) }
        }
    }

    @Test("the pushes of reports take no place among the last pushes that a trigger is tried with")
    func untried() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let image = try await push(client)
            #expect(try await client.send(.post, path(image), Self.report).status == .created)
            let trigger = #"{"name":"dev","environment":"dev","target":{"type":"http","url":"https://deploy.example.com/"}}"#
            let answer = try await client.send(.post, "/api/v1/triggers?dryRun=true&last=1", trigger)
            let results = try JSONValue.parse(answer.content)["results"]?.array
            #expect(results?.map { $0["image"]?.string } == ["team/app:v1@\(image)"])
        }
    }

    @Test("what cannot be taken is refused with the reason, and leaves neither record nor upload", arguments: [
        ("", "", 404, "there is no manifest"), ("team/other", "", 404, "there is no repository"), ("", "sarif", 400, "SARIF"), ("", "spdx", 400, "format"),
        ("a b", "", 400, "repository"),
    ])
    func refused(repository: String, format: String, status: Int, word: String) async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let image = try await push(client)
            let before = try await client.send(.get, "/api/v1/events?limit=1").content
            let meant = status == 404 && repository.isEmpty ? digest("nothing") : image
            let target = path(meant, format: format.isEmpty ? "trivy" : format, repository: repository.isEmpty ? "team/app" : repository.replacing(" ", with: "%20"))
            let answer = try await client.send(.post, target, Self.report)
            #expect(Int(answer.status.code) == status)
            #expect(try JSONValue.parse(answer.content)["detail"]?.string?.contains(word) == true)
            #expect(try await client.send(.get, "/api/v1/events?limit=1").content == before)
            let metrics = String(decoding: try await client.send(.get, "/metrics").content, as: UTF8.self)
            #expect(metrics.contains("signalbox_uploads_open 0\n"))
        }
    }

    @Test("a damaged report, one too large, and one without a type that says JSON are refused")
    func damaged() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let image = try await push(client)
            let cut = try await client.send(.post, path(image), String(Self.report.dropLast(3)))
            #expect(cut.status == .badRequest)
            #expect(try JSONValue.parse(cut.content)["detail"]?.string?.contains("ends before it is complete") == true)
            #expect(try await client.send(.post, path(image), Self.report, ["Content-Type": "text/plain"]).status == .unsupportedMediaType)
            let large = String(repeating: " ", count: 33 << 20)
            // The hub answers before it has read everything, so the client may find the connection closed instead.
            if let answer = try? await client.send(.post, path(image), large) { #expect(answer.status == .contentTooLarge) }
            #expect(try await client.send(.get, "/api/v1/scans").status == .methodNotAllowed)
            #expect(try await client.send(.post, "/api/v1/scans?repository=team/app&digest=\(image)", Self.report).status == .badRequest)
            #expect(try await client.send(.post, path(image) + "&extra=1", Self.report).status == .badRequest)
            let events = try JSONValue.parse(try await client.send(.get, "/api/v1/events?type=io.signalbox.image.scanned").content)
            #expect(events["events"]?.array?.isEmpty == true)
        }
    }
}
