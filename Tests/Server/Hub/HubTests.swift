import Crypto
import Foundation
import HTTP
import IO
import JSON
import Testing

@testable import Server

@Suite("The hub over HTTP")
struct HubTests {
    /// Starts a hub on a folder and a port of its own, and stops it after `body`.
    static func withHub<Value: Sendable>(
        _ folder: TemporaryFolder, config: String = "{}", _ body: @Sendable (TestClient) async throws -> Value
    ) async throws -> Value {
        try await withRunning(folder, config: config) { hub in try await body(TestClient(address: hub.address)) }
    }

    /// The same, for who looks into it.
    static func withRunning<Value: Sendable>(
        _ folder: TemporaryFolder, config: String = "{}", _ body: @Sendable (Hub) async throws -> Value
    ) async throws -> Value {
        var configuration = try Configuration(JSON5.parse(Array(config.utf8)))
        configuration.listen = HostPort(host: "127.0.0.1", port: 0)
        configuration.data = folder.path + "/data"
        configuration.limits.drainSeconds = 5
        configuration.deployments.hooks = folder.path + "/hooks"
        let hub = try await Hub.start(configuration)
        let value: Value
        do {
            value = try await body(hub)
        } catch {
            await hub.stop()
            throw error
        }
        await hub.stop()
        return value
    }

    @Test("a problem names the member at fault by JSON pointer")
    func problems() async throws {
        try await Self.withHub(TemporaryFolder()) { (client) async throws in
            let cases: [(String, String)] = [
                (#"{"url": 7}"#, "/url"), (#"{}"#, "/url"), (#"{"url":"http://a/","tpye":1}"#, "/tpye"),
                (#"{"url":"ftp://a/"}"#, "/url"), (#"{"url":"http://169.254.169.254/latest"}"#, "/url"), (#"{"url":"http://[fe80::1]:9/"}"#, "/url"),
                (#"{"url":"http://2852039166/"}"#, "/url"), (#"{"url":"http://0.0.0.0/"}"#, "/url"), (#"{"url":"http://a/","secret":"whsec_short"}"#, "/secret"),
                (#"{"url":"http://a/","pattern":{"type":"x"}}"#, "/pattern/type"),
                (#"{"url":"http://a/","retry":{"schedule":[]}}"#, "/retry/schedule"),
            ]
            for (body, pointer) in cases {
                let answer = try await client.send(.post, "/api/v1/webhooks", body)
                #expect(answer.status == .badRequest, "\(body)")
                #expect(answer.headers[.contentType] == "application/problem+json")
                #expect(try JSONValue.parse(answer.content)["pointer"]?.string == pointer, "\(body)")
            }
        }
    }

    @Test("a webhook's secret is shown when it is made and never again")
    func secretOnce() async throws {
        try await Self.withHub(TemporaryFolder()) { (client) async throws in
            let made = try JSONValue.parse(try await client.send(.post, "/api/v1/webhooks", #"{"url":"http://127.0.0.1:9/"}"#).content)
            let secret = try #require(made["secret"]?.string)
            let id = try #require(made["id"]?.string)
            for path in ["/api/v1/webhooks", "/api/v1/webhooks/\(id)", "/api/v1/events"] {
                let answer = try await client.send(.get, path)
                #expect(answer.status == .ok)
                #expect(!String(decoding: answer.content, as: UTF8.self).contains(secret))
            }
            #expect(try await client.send(.delete, "/api/v1/webhooks/\(id)").status == .noContent)
            #expect(try await client.send(.get, "/api/v1/webhooks/\(id)").status == .notFound)
        }
    }

    @Test("a page of another origin, also under a name that only points here, changes nothing")
    func foreignOrigin() async throws {
        try await Self.withHub(TemporaryFolder()) { (client) async throws in
            for path in ["/api/v1/webhooks", "/v2/a/blobs/uploads/"] {
                #expect(try await client.send(.post, path, "{}", ["Origin": "http://evil.example"]).status == .forbidden)
                let rebound = ["Origin": "http://evil.example:5000", "Host": "evil.example:5000"]
                #expect(try await client.send(.post, path, "{}", rebound).status == .forbidden)
            }
            let log = try JSONValue.parse(try await client.send(.get, "/api/v1/events?type=io.signalbox.access.denied&outcome=refused").content)
            #expect(log["events"]?.array?.count == 4)
            #expect(log["events"]?.array?.first?["data"]?["path"]?.string == "/v2/a/blobs/uploads/")
            let own = ["Origin": "http://\(client.address)"]
            #expect(try await client.send(.post, "/v2/a/blobs/uploads/", "", own).status == .accepted)
        }
    }

    @Test("health, metrics and methods that a path does not have")
    func health() async throws {
        try await Self.withHub(TemporaryFolder()) { (client) async throws in
            #expect(try await client.send(.get, "/livez").status == .ok)
            #expect(try await client.send(.get, "/readyz").status == .ok)
            let metrics = String(decoding: try await client.send(.get, "/metrics").content, as: UTF8.self)
            #expect(metrics.contains("signalbox_log_sequence 0\n") && metrics.contains("signalbox_writable 1\n"))
            let refused = try await client.send(.post, "/v2/_catalog")
            #expect(refused.status == .methodNotAllowed && refused.headers[.allow] == "GET, HEAD")
            let other = try await client.send(.put, "/api/v1/webhooks")
            #expect(other.status == .methodNotAllowed && other.headers[.allow] == "GET, HEAD, POST")
        }
    }

    @Test("events are found by what stands in them, and bad questions are told")
    func queries() async throws {
        try await Self.withHub(TemporaryFolder()) { (client) async throws in
            for name in ["a", "b"] {
                let rule = #"{"repositories":["\#(name)/**"],"tags":["*"]}"#
                #expect(try await client.send(.put, "/api/v1/guards/\(name)", rule).status == .created)
            }
            func sequences(_ query: String) async throws -> [String] {
                let answer = try JSONValue.parse(try await client.send(.get, "/api/v1/events?" + query).content)
                return (answer["events"]?.array ?? []).compactMap { $0["sequence"]?.string }
            }
            #expect(try await sequences("") == ["2", "1"])
            #expect(try await sequences("order=asc&after=1") == ["2"])
            #expect(try await sequences("type=io.signalbox.guard.*&limit=1") == ["2"])
            #expect(try await sequences("type=io.signalbox.image.pushed") == [])
            #expect(try await sequences("outcome=success&actor=anonymous") == ["2", "1"])
            #expect(try await sequences("until=2000-01-01") == [])
            for query in ["limit=0", "order=up", "since=yesterday", "tpye=x", "pattern=%7B", "outcome=maybe"] {
                #expect(try await client.send(.get, "/api/v1/events?" + query).status == .badRequest, "\(query)")
            }
        }
    }

    @Test("a snapshot covers the records of others too, so that a start does not replay them")
    func snapshotsCoverEverything() async throws {
        let folder = try TemporaryFolder()
        try await Self.withHub(folder) { (client) async throws in
            #expect(try await client.send(.put, "/api/v1/guards/a", #"{"repositories":["a"],"tags":["*"]}"#).status == .created)
            #expect(try await client.send(.post, "/api/v1/webhooks", #"{"url":"http://127.0.0.1:9/"}"#).status == .created)
            #expect(try await client.send(.put, "/api/v1/guards/b", #"{"repositories":["b"],"tags":["*"]}"#).status == .created)
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/data/snapshots")
        #expect(names.contains("registry-00000000000000000003.snapshot"))
        #expect(names.contains("webhooks-00000000000000000003.snapshot"))
        try await Self.withHub(folder) { (client) async throws in
            let guards = try JSONValue.parse(try await client.send(.get, "/api/v1/guards").content)["guards"]?.array
            #expect(guards?.count == 2)
            let webhooks = try JSONValue.parse(try await client.send(.get, "/api/v1/webhooks").content)["webhooks"]?.array
            #expect(webhooks?.count == 1)
        }
    }

    @Test("a used folder whose log or key is gone is not begun anew", arguments: ["log", "key"])
    func losses(what: String) async throws {
        let folder = try TemporaryFolder()
        try await Self.withHub(folder) { (client) async throws in
            #expect(try await client.send(.post, "/api/v1/webhooks", #"{"url":"http://127.0.0.1:9/"}"#).status == .created)
        }
        try FileManager.default.removeItem(atPath: folder.path + "/data/" + what)
        await #expect(throws: ConfigurationError.self) { try await Self.withHub(folder) { _ async throws in } }
    }

    @Test("a log that ends before what a webhook was given stops the start")
    func cursorAsEvidence() async throws {
        let folder = try TemporaryFolder()
        try await Self.withHub(folder) { (client) async throws in
            #expect(try await client.send(.post, "/api/v1/webhooks", #"{"url":"http://127.0.0.1:9/"}"#).status == .created)
        }
        let id = try #require(
            FileManager.default.contentsOfDirectory(atPath: folder.path + "/data/webhooks").first { $0.hasSuffix(".secret") })
        let cursor = folder.path + "/data/webhooks/" + id.replacing(".secret", with: ".cursor")
        try Data("00000000000000000009\n".utf8).write(to: URL(filePath: cursor))
        await #expect(throws: (any Error).self) { try await Self.withHub(folder) { _ async throws in } }
    }
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = "/tmp/signalbox-server-" + Hex.encode(try SecureRandom.bytes(8))
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

struct TestClient: Sendable {
    let address: SocketAddress
    private let http: HTTPClient

    init(address: SocketAddress) throws {
        self.address = address
        http = HTTPClient(on: try #require(Self.loops).next(), resolver: BlockingPool(name: "test", threads: 2))
    }

    private static let loops = try? EventLoopGroup(count: 1)

    func send(
        _ method: HTTPMethod, _ path: String, _ body: String = "", _ fields: [String: String] = [:]
    ) async throws -> HTTPResponse {
        var headers = HeaderBuilder()
        if !body.isEmpty, fields["Content-Type"] == nil { headers.append(.contentType, "application/json") }
        for (name, value) in fields { headers.append(name, value) }
        let request = HTTPRequest(method, try HTTPURL("http://\(address)\(path)"), headers: headers, content: Array(body.utf8))
        return try await http.execute(request, until: Monotonic.milliseconds + 120_000)
    }
}
