import Events
import JSON
import Testing

@testable import Delivery
@testable import EventLog

@Suite struct WebhookStateTests {
    private func settings(_ id: String, url: String = "http://a.example/", state: WebhookSettings.State = .enabled) throws -> WebhookSettings {
        WebhookSettings(
            id: id, url: url, pattern: try JSONValue.parse(#"{"data":{"tag":["v1"]}}"#), schedule: [1, 2], state: state)
    }

    private func record(_ sequence: UInt64, _ payload: Event.Payload, kind: Record.Kind = .event) -> Record {
        var body: [UInt8] = []
        Event(id: .next(now: 0), registry: "hub.example", context: Bench.context, payload: payload)
            .encode(into: &body, sequence: sequence, time: 5)
        return Record(sequence: sequence, time: 5, kind: kind, body: kind == .event ? body : [], attachment: [])
    }

    private func story() throws -> [Record] {
        [
            record(1, .webhookCreated(try settings("a"))),
            record(2, .webhookCreated(try settings("b"))),
            record(3, .guardCreated(GuardSettings(name: "g", repositories: ["**"], tags: ["*"]))),
            record(4, .webhookUpdated(try settings("a", url: "http://new.example/"))),
            record(5, .webhookDisabled(try settings("b", state: .disabled), reason: "gone")),
            record(6, .webhookCreated(try settings("c"))),
            record(7, .webhookDeleted(try settings("c"))),
        ]
    }

    private func folded() throws -> WebhookState {
        var state = WebhookState()
        for record in try story() { try state.apply(record) }
        return state
    }

    @Test("the fold creates, updates, disables and deletes")
    func folds() throws {
        let state = try folded()
        #expect(state.sequence == 7)
        #expect(Set(state.webhooks.keys) == ["a", "b"])
        #expect(state.webhooks["a"]?.settings.url == "http://new.example/")
        #expect(state.webhooks["a"]?.created == 1)
        #expect(state.webhooks["b"]?.settings.state == .disabled)
        #expect(state.webhooks["b"]?.reason == "gone")
    }

    @Test("why the hub disabled a webhook stays while it is disabled, whatever else is changed, and goes when it is not")
    func reasons() throws {
        var state = try folded()
        var settings = try settings("b", url: "http://new.example/", state: .disabled)
        try state.apply(record(8, .webhookUpdated(settings)))
        #expect(state.webhooks["b"]?.reason == "gone" && state.webhooks["b"]?.settings.url == "http://new.example/")
        settings.state = .enabled
        try state.apply(record(9, .webhookUpdated(settings)))
        #expect(state.webhooks["b"]?.reason == nil)
        settings.state = .disabled
        try state.apply(record(10, .webhookUpdated(settings)))
        #expect(state.webhooks["b"]?.reason == nil, "that was not the hub")
    }

    @Test("records that were folded before change nothing")
    func replay() throws {
        var state = try folded()
        let before = state.webhooks
        for record in try story() { try state.apply(record) }
        #expect(state.webhooks == before)
        #expect(state.sequence == 7)
    }

    @Test("a lost record moves the sequence alone")
    func lost() throws {
        var state = try folded()
        try state.apply(record(8, .webhookDeleted(try settings("a")), kind: .lost))
        #expect(state.sequence == 8)
        #expect(state.webhooks.count == 2)
    }

    @Test("a snapshot holds the whole state")
    func snapshot() throws {
        let state = try folded()
        let read = try WebhookState(snapshot: state.encoded(), sequence: state.sequence)
        #expect(read.webhooks == state.webhooks)
        #expect(read.sequence == 7)
    }

    @Test("a damaged snapshot is refused")
    func damaged() throws {
        let whole = try folded().encoded()
        for end in whole.indices {
            #expect(throws: EventError.self) { try WebhookState(snapshot: Array(whole[..<end]), sequence: 7) }
        }
        for text in ["{}", "[1]", "[{}]", #"[{"created":-1,"createdAt":1,"settings":{}}]"#, #"[{"created":1,"createdAt":1,"settings":{}}]"#] {
            #expect(throws: EventError.self) { try WebhookState(snapshot: Array(text.utf8), sequence: 7) }
        }
    }
}
