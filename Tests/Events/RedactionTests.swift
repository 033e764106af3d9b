import JSON
import Testing

@testable import Events

@Suite("redaction of events")
struct RedactionTests {
    @Test("an event of any type loses its persons and nothing else, and is read and begins as before")
    func everyType() throws {
        for event in Sample.events {
            var body: [UInt8] = []
            event.encode(into: &body, sequence: 7, time: 0)
            let redacted = try EventRedaction.redacted(body, sequence: 7)
            let read = try Event(decoding: redacted)
            #expect(read.payload == event.payload && read.id == event.id)
            #expect(read.context.actor == Actor(name: "redacted-7", kind: event.context.actor.kind))
            #expect(read.context.request == RequestInfo(id: "redacted-7", address: "", userAgent: "", method: event.context.request.method))
            #expect(try EventHeader(scanning: redacted) == EventHeader(scanning: body))
            let data = try #require(try JSONValue.parse(redacted)["data"])
            #expect(data["redacted"]?.array?.count == 4)
        }
    }

    @Test("what has no actor and request is left alone", arguments: ["", "{}", "[]", "{\"data\":{\"actor\":{}}}"])
    func noEvent(body: String) {
        #expect(throws: EventError.self) { try EventRedaction.redacted(Array(body.utf8), sequence: 1) }
    }
}
