import Events
import HTTP
import JSON
import OCI
import TestSupport
import Testing

@testable import Delivery

@Suite struct FormatPropertyTests {
    @Test("an event gives the same bytes each time, and valid JSON, in every format", arguments: PayloadFormat.allCases)
    func deterministic(format: PayloadFormat) throws {
        for event in try Samples.documented() {
            guard let first = try format.payload(of: event.body, Samples.options) else { continue }
            let second = try #require(try format.payload(of: event.body, Samples.options))
            #expect(first.body == second.body)
            #expect(first.contentType == second.contentType)
            #expect(first.headers.map(\.name) == second.headers.map(\.name))
            #expect(first.headers.map(\.value) == second.headers.map(\.value))
            #expect(throws: Never.self) { try JSONValue.parse(first.body) }
        }
    }

    @Test("a damaged event is an error or a payload, never a trap, and every field can be sent", arguments: PayloadFormat.allCases)
    func damaged(format: PayloadFormat) throws {
        var random = SeededGenerator(seed: 7)
        let events = try Samples.documented().map(\.body) + [Samples.scanned, Samples.deleted, Samples.pushedByDigest]
        for _ in 0..<1500 {
            var event = try #require(events.randomElement(using: &random))
            switch Int.random(in: 0..<4, using: &random) {
            case 0: event.removeLast(Int.random(in: 1...event.count, using: &random))
            case 1: event.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0...event.count, using: &random))
            default:
                for _ in 0..<Int.random(in: 1...3, using: &random) {
                    event[Int.random(in: event.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
                }
            }
            do throws(EventError) {
                guard let payload = try format.payload(of: event, Samples.options) else { continue }
                for field in payload.headers {
                    var builder = HeaderBuilder()
                    let isSent = builder.append(field.name, field.value)
                    #expect(isSent, "\(field)")
                }
            } catch {
                #expect(!error.message.isEmpty)
            }
        }
    }

    @Test("members that are missing or of another kind are errors that say so", arguments: [PayloadFormat.harbor, .cdevents, .slack])
    func missing(format: PayloadFormat) throws {
        let whole = try #require(try JSONValue.parse(Samples.pushed).object)
        for key in ["specversion", "id", "source", "type", "time", "data"] {
            for value in [nil, JSONValue.number(JSONNumber(1)), .null, .array([])] {
                var event = whole
                event[key] = value
                #expect(throws: EventError.self) { try format.payload(of: JSONValue.object(event).encoded, Samples.options) }
            }
        }
    }

    @Test("an event of a later version's type has its CloudEvents and nothing else")
    func laterVersion() throws {
        var event = try #require(try JSONValue.parse(Samples.pushed).object)
        event["type"] = .string("io.signalbox.later.thing")
        let body = JSONValue.object(event).encoded
        for format in PayloadFormat.allCases {
            let isCloudEvents = [.cloudevents, .cloudeventsBinary, .cloudeventsBatch].contains(format)
            #expect((try format.payload(of: body, Samples.options) != nil) == isCloudEvents)
        }
    }

    /// Names that clients choose, with all that has a meaning in JSON, HTML, URLs, headers and shells.
    static let hostile = "\"}\\],\r\nX-Evil: 1\u{0}\u{1F}\u{7F}<script>&'`%00%0d{{7*7}}\u{2028}\u{202E}😀é"

    @Test("hostile names stand in the payload as they are, and break nothing", arguments: PayloadFormat.allCases)
    func hostileNames(format: PayloadFormat) throws {
        let context = Samples.context(actor: .user(Self.hostile), userAgent: Self.hostile)
        let event = Samples.body(.imagePushed(Samples.change()), registry: Self.hostile, context: context)
        let payload = try #require(try format.payload(of: event, Samples.options))
        let body = try JSONValue.parse(payload.body)
        // ECR's events name nobody, and a message for people escapes.
        if ![.slack, .ecr].contains(format) { #expect(Self.texts(body).contains(Self.hostile)) }
        for field in payload.headers {
            #expect(field.value.utf8.allSatisfy { (0x21...0x7E).contains($0) }, "\(field)")
        }
    }

    private static func texts(_ value: JSONValue) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(texts)
        case .object(let object): object.members.flatMap { texts($0.value) }
        default: []
        }
    }
}
