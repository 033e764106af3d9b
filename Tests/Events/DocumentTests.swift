import Events
import Foundation
import JSON
import Testing

@Suite struct DocumentTests {
    @Test("docs/events.md has an example of every type, and each is an event that this version reads and writes just so")
    func examples() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "docs/events.md"), encoding: .utf8)
        var types: Set<EventType> = []
        for block in text.components(separatedBy: "```json\n").dropFirst() {
            let example = try JSONValue.parse(try #require(block.components(separatedBy: "```").first))
            let event = try Event(decoding: example.encoded)
            let sequence = try #require(example["sequence"]?.string.flatMap { UInt64($0) })
            let time = try #require(example["time"]?.string.flatMap { Timestamp.parse($0) })
            var written: [UInt8] = []
            event.encode(into: &written, sequence: sequence, time: time)
            #expect(String(decoding: written, as: UTF8.self) == String(decoding: example.encoded, as: UTF8.self))
            types.insert(event.payload.type)
        }
        #expect(types == Set(EventType.allCases))
    }
}
