import JSON

/// Taking personal data out of an event: who caused it, and from where.
package enum EventRedaction {
    /// What is taken out. The request's id goes too: it is random, so that nobody who has the hash of the old body
    /// can find an address by trying them all.
    package static let fields = ["actor.name", "request.id", "request.address", "request.userAgent"]

    /// The event without it. Everything that state is folded from stays. The name says of which record it was, so that two people stay two.
    /// - Throws: where the body is not an event with an actor and a request.
    package static func redacted(_ body: [UInt8], sequence: UInt64) throws(EventError) -> [UInt8] {
        let value: JSONValue
        do throws(JSONError) { value = try JSONValue.parse(body) } catch {
            throw EventError(.malformed, "the record is \(error)")
        }
        guard var event = value.object, var data = event["data"]?.object, var actor = data["actor"]?.object,
            var request = data["request"]?.object
        else { throw EventError(.malformed, "the record has no actor and request that could be taken out") }
        actor["name"] = .string("redacted-\(sequence)")
        request["id"] = .string("redacted-\(sequence)")
        request["address"] = .string("")
        request["userAgent"] = .string("")
        data["actor"] = .object(actor)
        data["request"] = .object(request)
        data["redacted"] = .array(fields.map { .string($0) })
        event["data"] = .object(data)
        return JSONValue.object(event).encoded
    }
}
