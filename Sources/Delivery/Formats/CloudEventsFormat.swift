import Crypto
import Events
import HTTP
import JSON

/// The three content modes of CloudEvents' HTTP binding 1.0.2.
enum CloudEventsFormat {
    static let structuredType = "application/cloudevents+json; charset=utf-8"
    static let batchType = "application/cloudevents-batch+json; charset=utf-8"

    /// The record is a structured event already, as who reads its header sees.
    static func structured(_ event: [UInt8]) -> FormattedPayload {
        FormattedPayload(structuredType, body: event)
    }

    /// A batch of one.
    static func single(_ event: [UInt8]) throws(EventError) -> FormattedPayload {
        _ = try EventHeader(scanning: event)
        return batch([event])
    }

    static func batch(_ events: [[UInt8]]) -> FormattedPayload {
        var body: [UInt8] = []
        body.reserveCapacity(events.reduce(2) { $0 + $1.count + 1 })
        body.append(UInt8(ascii: "["))
        for (index, event) in events.enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body.append(contentsOf: event)
        }
        body.append(UInt8(ascii: "]"))
        return FormattedPayload(batchType, body: body)
    }

    static func batchID(_ ids: [String]) -> String {
        // The separator stands in no id, so no two lists give one text.
        "batch_" + Hex.encode(hash(.sha256, Array(ids.joined(separator: "\n").utf8)).prefix(16))
    }

    /// Every attribute becomes a field `ce-<name>`; the data becomes the body, its type the content type.
    static func binary(_ event: [UInt8]) throws(EventError) -> FormattedPayload {
        let object = try parse(event)
        var attributes: [(name: String, value: String)] = []
        for member in object.members where member.key != "data" && member.key != "datacontenttype" {
            // The specification's names of attributes; anything else could write more than a field.
            guard !member.key.isEmpty, member.key.utf8.allSatisfy(isNameByte) else {
                throw EventError(.malformed, "the event has a member that is no attribute")
            }
            attributes.append((member.key, try text(of: member)))
        }
        return FormattedPayload(
            object["datacontenttype"]?.string ?? "application/json", headers: fields(attributes),
            body: object["data"]?.encoded ?? [])
    }

    private static func parse(_ event: [UInt8]) throws(EventError) -> JSONObject {
        do {
            if let object = try JSONValue.parse(event).object { return object }
        } catch {
            throw EventError(.malformed, "the record is \(error)")
        }
        throw EventError(.malformed, "the record is not an object")
    }

    /// Attributes as fields of a request.
    static func fields(_ attributes: [(name: String, value: String)]) -> [(name: String, value: String)] {
        attributes.map { ("ce-" + $0.name, percentEncoded($0.value)) }
    }

    private static func text(of member: JSONObject.Member) throws(EventError) -> String {
        switch member.value {
        case .string(let text): text
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .null, .array, .object:
            throw EventError(.malformed, "the event's attribute \(member.key) is \(member.value.kind)")
        }
    }

    /// Section 3.1.3.2: space, double quote, percent sign and all that is not printable ASCII are escaped as UTF-8.
    private static func percentEncoded(_ text: String) -> String {
        PercentEncoding.encode(text, keeping: isPlain)
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "%")
    }
}
