import Delivery
import Events
import JSON

extension WebhookRequest {
    /// What a webhook is to be after a merge patch (RFC 7396): null takes a member back to the hub's choice.
    static func input(_ before: WebhookInput, patchedWith patch: ObjectReader) throws -> WebhookInput {
        var merged = merge(patch.object, into: document(before))
        // Who sends back what was shown means what is there.
        if merged["url"]?.string == before.settings.shown.url { merged["url"] = .string(before.settings.url) }
        var input = try input(ObjectReader(.object(merged), keys: keys))
        var credentials = before.credentials
        credentials.schemes = input.credentials.schemes
        credentials.token = input.credentials.token
        credentials.authorization = input.credentials.authorization
        credentials.headers = input.credentials.headers
        credentials.tls = input.credentials.tls
        input.credentials = credentials
        return input
    }

    private static func merge(_ patch: JSONObject, into target: JSONObject) -> JSONObject {
        var merged = target
        for member in patch.members {
            switch member.value {
            case .null: merged[member.key] = nil
            // A pattern is a value of its own: half of one and half of another is neither.
            case .object(let inner) where member.key != "pattern":
                merged[member.key] = .object(merge(inner, into: target[member.key]?.object ?? JSONObject()))
            default: merged[member.key] = member.value
            }
        }
        return merged
    }

    /// The webhook as somebody would have to write it to get it.
    private static func document(_ input: WebhookInput) -> JSONObject {
        var object = JSONObject()
        let settings = input.settings
        object["url"] = .string(settings.url)
        object["description"] = settings.description.map { .string($0) }
        object["pattern"] = settings.pattern
        object["format"] = .string(settings.format)
        if !settings.schedule.isEmpty {
            object["retry"] = .object(members([("schedule", .array(settings.schedule.map { .number(JSONNumber($0)) }))]))
        }
        object["timeout"] = number(settings.timeout)
        object["rateLimit"] = number(settings.rateLimit)
        object["maxInFlight"] = number(settings.maxInFlight)
        object["ordering"] = .string(settings.ordering.rawValue)
        object["state"] = .string(settings.state.rawValue)
        object["handshake"] = .bool(settings.handshake)
        let batch = settings.batch
        object["batch"] = .object(
            members([("events", number(batch.events)), ("bytes", number(batch.bytes)), ("seconds", number(batch.seconds))]))
        let credentials = input.credentials
        object["signing"] = .array(credentials.schemes.map { .string($0.rawValue) })
        object["token"] = text(credentials.token)
        object["authorization"] = text(credentials.authorization)
        object["headers"] = .object(members(credentials.headers.map { ($0.name, .string($0.value)) }))
        if let tls = credentials.tls {
            object["tls"] = .object(
                members([("authorities", text(tls.authorities)), ("certificate", text(tls.certificate)), ("key", text(tls.key))]))
        }
        return object
    }

    private static func members(_ pairs: [(String, JSONValue?)]) -> JSONObject {
        var object = JSONObject()
        for (key, value) in pairs { object[key] = value }
        return object
    }

    private static func number(_ value: Int?) -> JSONValue? { value.map { .number(JSONNumber($0)) } }
    private static func text(_ value: String?) -> JSONValue? { value.map { .string($0) } }
}
