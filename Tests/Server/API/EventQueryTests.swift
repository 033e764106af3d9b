import HTTP
import JSON
import Testing

@testable import Server

@Suite("Queries over HTTP")
struct EventQueryTests {
    @Test(
        "a parameter that is wrong or unknown is named, with what it may be",
        arguments: [
            ("follow=yes", "follow", "true or false"), ("wait=301", "wait", "300"), ("wait=5", "wait", "order=asc"), ("countBy=colour", "countBy", "principal"),
            ("colour=red", "colour", "countBy"), ("limit=0", "limit", "1000"), ("order=up", "order", "asc"), ("since=soon", "since", "2026"), ("after=-1", "after", "sequence"),
        ])
    func wrongParameters(query: String, name: String, hint: String) async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            let answer = try await client.send(.get, "/api/v1/events?" + query)
            #expect(answer.status == .badRequest)
            let problem = try JSONValue.parse(answer.content)
            #expect(problem["pointer"]?.string == name)
            #expect(problem["detail"]?.string?.contains(hint) == true, "\(problem["detail"]?.string ?? "")")
        }
    }

    @Test("events are counted by type, day and principal; what the other parameters exclude is not counted")
    func counts() async throws {
        try await HubTests.withHub(TemporaryFolder()) { (client) async throws in
            for name in ["a", "b"] {
                let body = #"{"repositories": ["x"], "tags": ["*"], "protect": ["delete"]}"#
                #expect(try await client.send(.put, "/api/v1/guards/\(name)", body).status == .created)
            }
            #expect(try await client.send(.delete, "/api/v1/guards/a").status == .noContent)
            func counts(_ query: String) async throws -> [String: Int64] {
                let answer = try JSONValue.parse(try await client.send(.get, "/api/v1/events?" + query).content)
                return Dictionary(uniqueKeysWithValues: (answer["counts"]?.array ?? []).map { ($0["value"]?.string ?? "", $0["count"]?.int ?? 0) })
            }
            #expect(try await counts("countBy=type") == ["io.signalbox.guard.created": 2, "io.signalbox.guard.deleted": 1])
            #expect(try await counts("countBy=principal&type=io.signalbox.guard.created") == ["anonymous": 2])
            #expect(try await counts("countBy=day").values.reduce(0, +) == 3)
        }
    }
}
