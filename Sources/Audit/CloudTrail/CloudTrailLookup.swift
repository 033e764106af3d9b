import Crypto
package import EventLog
package import JSON

/// CloudTrail's `LookupEvents` over the log.
package struct CloudTrailLookup: Sendable {
    /// Why a request is refused, by the name that AWS has for it.
    package struct Failure: Error, Sendable {
        package let code: String
        package let message: String
    }

    static let maximum = 50

    private var search = EventSearch()
    private var attribute: (key: String, value: String)?
    /// Says which question a token belongs to.
    private var question = ""
    private var isEmpty = false

    package init(_ request: JSONValue) throws(Failure) {
        guard let object = request.object else { throw Failure(code: "SerializationException", message: "the request is not a JSON object") }
        search.limit = Self.maximum
        try readAttributes(object["LookupAttributes"])
        try readTimes(object)
        if let value = object["MaxResults"], value != .null {
            guard let count = value.int, (1...Int64(Self.maximum)).contains(count) else {
                throw Failure(code: "InvalidMaxResultsException", message: "MaxResults must be from 1 to \(Self.maximum)")
            }
            search.limit = Int(count)
        }
        if let category = object["EventCategory"]?.string {
            guard category == "insight" else {
                throw Failure(code: "InvalidEventCategoryException", message: "EventCategory can only be insight")
            }
            // There are no insights here.
            isEmpty = true
        }
        question = "\(attribute?.key ?? "")\n\(attribute?.value ?? "")\n\(search.since ?? .min)\n\(search.until ?? .max)"
        if let token = object["NextToken"]?.string { search.before = try position(token) }
    }

    private mutating func readAttributes(_ value: JSONValue?) throws(Failure) {
        guard let value, value != .null else { return }
        func invalid(_ message: String) -> Failure { Failure(code: "InvalidLookupAttributesException", message: message) }
        guard let list = value.array, list.count <= 1 else { throw invalid("LookupAttributes can have one attribute") }
        guard let first = list.first else { return }
        guard let key = first["AttributeKey"]?.string, let text = first["AttributeValue"]?.string, !text.isEmpty, text.utf8.count <= 2000 else {
            throw invalid("an attribute has an AttributeKey and an AttributeValue of 1 to 2000 characters")
        }
        guard let filter = Self.filter(key, text) else { throw invalid("\(key.prefix(100)) is not an attribute to look up by") }
        attribute = (key, text)
        search.filter = filter
    }

    /// What narrows the search down; each event is confirmed by its record. Nil for an attribute that does not exist.
    private static func filter(_ key: String, _ value: String) -> EventFilter? {
        func types(_ isMeant: (CloudTrailName) -> Bool) -> EventFilter {
            EventFilter.narrowing([CloudTrailName.types(where: isMeant).map { EventTerm.of(.type, $0) }])
        }
        switch key {
        case "EventId": return EventFilter.narrowing([[EventTerm.of(.id, value)]])
        case "EventName": return types { $0.name == value }
        case "EventSource": return types { $0.source == value }
        case "ReadOnly": return types { String($0.isReadOnly) == value }
        case "Username": return EventFilter.narrowing([[EventTerm.of(.principal, value)]])
        case "ResourceName": return EventFilter.narrowing([resourceTerms(value)])
        case "ResourceType", "AccessKeyId": return .all
        default: return nil
        }
    }

    private static func resourceTerms(_ value: String) -> [UInt64] {
        let name = repositoryName(value)
        return [EventTerm.of(.repository, name)] + CloudTrailRecord.resourceTypes.keys.map { EventTerm.of(.subject, "\($0)/\(name)") }
            + [EventTerm.of(.environment, name)]
    }

    /// A repository may be named by its ARN.
    private static func repositoryName(_ value: String) -> String {
        guard value.hasPrefix("arn:"), let range = value.firstRange(of: ":repository/") else { return value }
        return String(value[range.upperBound...])
    }

    private func isMeant(_ record: CloudTrailRecord) -> Bool {
        guard let (key, value) = attribute else { return true }
        switch key {
        case "EventId": return record.id == value
        case "EventName": return record.name.name == value
        case "EventSource": return record.name.source == value
        case "ReadOnly": return String(record.name.isReadOnly) == value
        case "Username": return record.username == value
        case "ResourceType": return record.resources.contains { $0.type == value }
        case "ResourceName": return record.resources.contains { $0.name == Self.repositoryName(value) }
        // Nobody has access keys yet.
        default: return false
        }
    }

    private mutating func readTimes(_ object: JSONObject) throws(Failure) {
        func time(_ name: String) throws(Failure) -> Double? {
            guard let value = object[name], value != .null else { return nil }
            guard case .number(let number) = value, let seconds = number.double, abs(seconds) < 1e12 else {
                throw Failure(code: "InvalidTimeRangeException", message: "\(name) must be a number of seconds since 1970")
            }
            return seconds
        }
        let start = try time("StartTime")
        let end = try time("EndTime")
        if let start, let end, start > end {
            throw Failure(code: "InvalidTimeRangeException", message: "StartTime is after EndTime")
        }
        // `EventTime` has whole seconds, and AWS' clients send no others: an event is in the range when its second is, and both ends belong to it.
        search.since = start.map { Int64($0.rounded(.up)) * 1000 }
        search.until = end.map { (Int64($0.rounded(.down)) + 1) * 1000 }
    }

    /// Whether pulls are meant, which have a log of their own.
    package var isAboutPulls: Bool {
        attribute?.key == "EventName" && attribute?.value == "BatchGetImage" || attribute?.key == "ReadOnly" && attribute?.value == "true"
    }

    // MARK: Answering

    /// Blocks on the disk.
    package func answer(_ audit: AuditLog) throws(LogError) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("Events")
        json.beginArray()
        var count = 0
        var next: UInt64?
        if !isEmpty {
            let end = try audit.visit(search, maxBytes: EventSearch.bytesPerCall) { head, body in
                guard let event = try? JSONValue.parse(body.copied), let record = CloudTrailRecord(event, time: head.time),
                    isMeant(record)
                else { return true }
                Self.encode(record, into: &json)
                count += 1
                return count < search.limit
            }
            if case .at(let position) = end { next = position }
        }
        json.endArray()
        if let next { json.member("NextToken", token(next)) }
        json.endObject()
        return json.bytes
    }

    private static func encode(_ record: CloudTrailRecord, into json: inout JSONWriter) {
        var text = JSONWriter()
        record.encode(into: &text)
        json.beginObject()
        json.member("EventId", record.id)
        json.member("EventName", record.name.name)
        json.member("ReadOnly", String(record.name.isReadOnly))
        json.key("EventTime")
        json.value(.number(JSONNumber(record.second)))
        json.member("EventSource", record.name.source)
        json.member("Username", record.username)
        json.key("Resources")
        json.beginArray()
        for resource in record.resources {
            json.beginObject()
            json.member("ResourceType", resource.type)
            json.member("ResourceName", resource.name)
            json.endObject()
        }
        json.endArray()
        json.member("CloudTrailEvent", String(decoding: text.bytes, as: UTF8.self))
        json.endObject()
    }

    // MARK: Tokens

    private func token(_ position: UInt64) -> String {
        Base64.encode(Array("1:\(position):\(EventTerm.of(.id, question))".utf8))
    }

    private func position(_ token: String) throws(Failure) -> UInt64 {
        let parts = String(decoding: Base64.decode(token) ?? [], as: UTF8.self).split(separator: ":")
        guard parts.count == 3, parts[0] == "1", let position = UInt64(parts[1]), UInt64(parts[2]) == EventTerm.of(.id, question) else {
            throw Failure(code: "InvalidNextTokenException", message: "the token is not one of an answer to this question")
        }
        return position
    }
}
