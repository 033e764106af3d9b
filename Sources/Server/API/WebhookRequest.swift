import Delivery
import Events
import JSON

/// A webhook's settings as a client writes them, secrets included.
///
/// One shape for all: adding a webhook reads it, and a change merges a patch (RFC 7396) into the webhook's present one
/// and reads the outcome, so that both follow the same rules.
struct WebhookRequest {
    static let keys = [
        "url", "description", "pattern", "format", "headers", "authorization", "signing", "token", "retry", "timeout",
        "rateLimit", "maxInFlight", "ordering", "state", "tls", "handshake", "batch",
    ]

    /// Reads what a client wants; what it leaves out is as the hub has it. The signing secrets are not among it.
    static func input(_ reader: ObjectReader) throws -> WebhookInput {
        guard let url = try reader.string("url") else { throw reader.missing("url") }
        var input = WebhookInput(url: url)
        input.settings.description = try text(reader, "description", limit: 1024)
        input.settings.pattern = reader.value("pattern")
        input.settings.format = try reader.string("format") ?? input.settings.format
        input.settings.schedule = try schedule(reader)
        input.settings.timeout = try reader.int("timeout", in: 1...300)
        input.settings.rateLimit = try reader.int("rateLimit", in: 1...100_000)
        input.settings.maxInFlight = try reader.int("maxInFlight", in: 1...256)
        input.settings.ordering = try choice(reader, "ordering") ?? .parallel
        input.settings.state = try choice(reader, "state") ?? .enabled
        input.settings.handshake = try reader.bool("handshake") ?? false
        if let batch = try reader.object("batch", keys: ["events", "bytes", "seconds"]) {
            input.settings.batch.events = try batch.int("events", in: 1...1000)
            input.settings.batch.bytes = try batch.int("bytes", in: 1024...(4 << 20))
            input.settings.batch.seconds = try batch.int("seconds", in: 0...60)
        }
        try readSecrets(reader, &input)
        return input
    }

    private static func readSecrets(_ reader: ObjectReader, _ input: inout WebhookInput) throws {
        if let names = try reader.strings("signing") {
            input.credentials.schemes = try names.enumerated().map { index, name in
                guard let scheme = SignatureScheme(rawValue: name) else {
                    let known = SignatureScheme.allCases.map(\.rawValue).joined(separator: ", ")
                    throw ObjectReader.Failure(
                        pointer: "\(reader.place(of: "signing"))/\(index)", reason: "must be one of \(known), not \"\(name)\"")
                }
                return scheme
            }
        }
        input.credentials.token = try reader.string("token")
        input.credentials.authorization = try reader.string("authorization")
        if let value = reader.value("headers") {
            guard let object = value.object else { throw reader.failure("headers", "must be an object, not \(value.kind)") }
            let fields = try ObjectReader(value, at: reader.place(of: "headers"), keys: object.members.map(\.key))
            for member in object.members {
                guard let text = try fields.string(member.key) else { continue }
                input.credentials.headers.append(WebhookCredentials.Header(name: member.key, value: text))
            }
        }
        if let tls = try reader.object("tls", keys: ["authorities", "certificate", "key"]) {
            let value = WebhookCredentials.TLS(
                authorities: try tls.string("authorities"), certificate: try tls.string("certificate"), key: try tls.string("key"))
            if value != WebhookCredentials.TLS() { input.credentials.tls = value }
        }
    }

    private static func text(_ reader: ObjectReader, _ key: String, limit: Int) throws -> String? {
        guard let text = try reader.string(key) else { return nil }
        guard text.utf8.count <= limit else { throw reader.failure(key, "must have at most \(limit) bytes") }
        return text.isEmpty ? nil : text
    }

    private static func choice<T: RawRepresentable & CaseIterable>(
        _ reader: ObjectReader, _ key: String
    ) throws -> T? where T.RawValue == String {
        guard let text = try reader.string(key) else { return nil }
        guard let value = T(rawValue: text) else {
            let known = T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw reader.failure(key, "must be one of \(known), not \"\(text)\"")
        }
        return value
    }

    private static func schedule(_ reader: ObjectReader) throws -> [Int] {
        guard let retry = try reader.object("retry", keys: ["schedule"]), let value = retry.value("schedule") else { return [] }
        guard let values = value.array else { throw retry.failure("schedule", "must be a list of seconds") }
        let seconds = values.compactMap { $0.int.flatMap { Int(exactly: $0) } }
        guard seconds.count == values.count, (1...32).contains(seconds.count), seconds.allSatisfy({ (0...604_800).contains($0) })
        else { throw retry.failure("schedule", "must be 1 to 32 whole numbers of seconds, each at most 604800 (a week)") }
        return seconds
    }

    /// A secret for signing, as `whsec_` or `whsk_` text.
    static func secret(_ reader: ObjectReader) throws -> SigningSecret? {
        guard let text = try reader.string("secret") else { return nil }
        guard let secret = SigningSecret(text) else {
            throw reader.failure(
                "secret", "must be \"whsec_\" and the base64 of 24 to 64 bytes, or \"whsk_\" and the base64 of an Ed25519 key (Standard Webhooks)")
        }
        return secret
    }
}
