import Events
import JSON
import Testing

@testable import Delivery

@Suite struct CloudEventsTests {
    @Test("structured mode sends the record as it stands")
    func structured() throws {
        let payload = try #require(try PayloadFormat.cloudevents.payload(of: Samples.pushed, Samples.options))
        #expect(payload.body == Samples.pushed)
        #expect(payload.contentType == "application/cloudevents+json; charset=utf-8")
        #expect(payload.headers.isEmpty)
    }

    @Test("binary mode sends the attributes as fields and the data as the body")
    func binary() throws {
        let payload = try #require(try PayloadFormat.cloudeventsBinary.payload(of: Samples.pushed, Samples.options))
        let event = try JSONValue.parse(Samples.pushed)
        #expect(payload.contentType == "application/json")
        #expect(payload.headers.map(\.name) == ["ce-specversion", "ce-id", "ce-source", "ce-type", "ce-subject", "ce-time", "ce-sequence"])
        #expect(payload.headers.map(\.value) == ["specversion", "id", "source", "type", "subject", "time", "sequence"].map { event[$0]?.string })
        #expect(payload.body == event["data"]?.encoded)
    }

    @Test(
        "a field's value is escaped as the HTTP binding says, its own example included",
        arguments: [
            ("Euro € 😀", "Euro%20%E2%82%AC%20%F0%9F%98%80"), ("a\"b%c", "a%22b%25c"), ("a\r\nX: y", "a%0D%0AX:%20y"),
            ("!~'/:@", "!~'/:@"), ("\u{7F}", "%7F"),
        ])
    func escapes(text: String, value: String) throws {
        var event = try #require(try JSONValue.parse(Samples.pushed).object)
        event["subject"] = .string(text)
        let payload = try #require(
            try PayloadFormat.cloudeventsBinary.payload(of: JSONValue.object(event).encoded, Samples.options))
        #expect(payload.headers.first { $0.name == "ce-subject" }?.value == value)
    }

    @Test("a member that could write another field is an error", arguments: ["a b", "A", "x-y", "ä", "", "a\r\nb"])
    func names(name: String) throws {
        var event = try #require(try JSONValue.parse(Samples.pushed).object)
        event[name] = .string("x")
        let bytes = JSONValue.object(event).encoded
        #expect(throws: EventError.self) { try PayloadFormat.cloudeventsBinary.payload(of: bytes, Samples.options) }
    }

    @Test("a batch is an array of the records, one alone too")
    func batch() throws {
        let payload = PayloadFormat.batch(of: [Samples.pushed, Samples.deleted])
        #expect(payload.contentType == "application/cloudevents-batch+json; charset=utf-8")
        #expect(try JSONValue.parse(payload.body).array == [try .parse(Samples.pushed), try .parse(Samples.deleted)])
        let one = try #require(try PayloadFormat.cloudeventsBatch.payload(of: Samples.pushed, Samples.options))
        #expect(one.body == [UInt8(ascii: "[")] + Samples.pushed + [UInt8(ascii: "]")])
        #expect(PayloadFormat.batch(of: []).body == Array("[]".utf8))
    }

    @Test("a batch's id depends on its members and their order")
    func batchIDs() {
        let lists = [[], ["a"], ["b"], ["a", "b"], ["b", "a"], ["ab"], ["a", "b", "c"]]
        #expect(Set(lists.map { PayloadFormat.batchID(of: $0) }).count == lists.count)
        #expect(PayloadFormat.batchID(of: ["a", "b"]) == PayloadFormat.batchID(of: ["a", "b"]))
        #expect(PayloadFormat.batchID(of: ["a"]).hasPrefix("batch_"))
    }
}
