import Crypto
package import EventLog
package import Events
import JSON

/// The webhooks that there are: a fold of the log.
package struct WebhookState: Sendable {
    /// The last record that is folded in.
    package private(set) var sequence: UInt64 = 0
    private(set) var webhooks: [String: Webhook] = [:]

    package init() {}

    /// Folds one record in. Records that were folded before, and those of other kinds, change nothing.
    package mutating func apply(_ record: Record) throws(EventError) {
        guard record.sequence > sequence else { return }
        defer { sequence = record.sequence }
        guard record.kind != .lost, try EventHeader(scanning: record.body).type.hasPrefix(Self.typePrefix) else { return }
        apply(try Event(decoding: record.body).payload, at: record.sequence, time: record.time)
    }

    private static let typePrefix = "io.signalbox.webhook."

    mutating func apply(_ payload: Event.Payload, at sequence: UInt64, time: Int64) {
        self.sequence = max(self.sequence, sequence)
        switch payload {
        case .webhookCreated(let settings):
            webhooks[settings.id] = Webhook(settings: settings, created: sequence, createdAt: time)
        case .webhookUpdated(let settings):
            webhooks[settings.id]?.settings = settings
            // What is changed about one that stays disabled does not change why.
            if settings.state != .disabled { webhooks[settings.id]?.reason = nil }
        case .webhookDisabled(let settings, let reason):
            // It goes on with the secrets that it has, and those of an earlier version are without the URL.
            let url = webhooks[settings.id]?.settings.url
            webhooks[settings.id]?.settings = settings
            webhooks[settings.id]?.settings.url = url ?? settings.url
            webhooks[settings.id]?.reason = reason
        case .webhookSkipped(let settings, let gap):
            webhooks[settings.id]?.lost.add(gap)
        case .webhookDeleted(let settings):
            webhooks[settings.id] = nil
        default: break
        }
    }
}

/// One receiver of events.
package struct Webhook: Sendable, Hashable {
    package var settings: WebhookSettings
    /// The record that made it; it gets what comes after.
    package let created: UInt64
    /// Unix milliseconds.
    package let createdAt: Int64
    /// Why the hub disabled it.
    package var reason: String?
    package var lost = Lost()

    /// Events that left the log before they were delivered.
    package struct Lost: Sendable, Hashable {
        package var events: UInt64 = 0
        /// The last record that left.
        package var through: UInt64 = 0

        mutating func add(_ gap: WebhookGap) {
            events &+= UInt64(clamping: gap.events)
            through = max(through, gap.through)
        }
    }

    package var id: String { settings.id }

    /// Another one after each change of its settings or secrets.
    package var version: String {
        var json = JSONWriter()
        settings.encode(into: &json)
        return Hex.encode(Array(Crypto.hash(.sha256, json.bytes).prefix(8)))
    }
}

extension WebhookState {
    /// The file with the sealed secrets of each webhook.
    package func secretFiles(in directory: String) -> [(webhook: String, path: String)] {
        webhooks.values.sorted { $0.created < $1.created }
            .map { ($0.id, CredentialStore.path(directory, $0.id, $0.settings.credentials)) }
    }

    /// As JSON, for a snapshot.
    package func encoded() -> [UInt8] {
        var json = JSONWriter()
        json.beginArray()
        for webhook in webhooks.values.sorted(by: { $0.created < $1.created }) {
            json.beginObject()
            json.member("created", webhook.created)
            json.member("createdAt", webhook.createdAt)
            json.key("settings")
            webhook.settings.encode(into: &json)
            json.member("reason", ifPresent: webhook.reason)
            if webhook.lost.through > 0 {
                json.member("lost", webhook.lost.events)
                json.member("lostThrough", webhook.lost.through)
            }
            json.endObject()
        }
        json.endArray()
        return json.bytes
    }

    package init(snapshot bytes: [UInt8], sequence: UInt64) throws(EventError) {
        self.sequence = sequence
        let damaged = EventError(.malformed, "the snapshot of the webhooks is damaged")
        guard let entries = (try? JSONValue.parse(bytes))?.array else { throw damaged }
        for entry in entries {
            guard let created = entry["created"]?.int.flatMap(UInt64.init(exactly:)), let createdAt = entry["createdAt"]?.int,
                let value = entry["settings"]
            else { throw damaged }
            let settings = try WebhookSettings(value)
            let lost = Webhook.Lost(
                events: UInt64(clamping: entry["lost"]?.int ?? 0), through: UInt64(clamping: entry["lostThrough"]?.int ?? 0))
            webhooks[settings.id] = Webhook(
                settings: settings, created: created, createdAt: createdAt, reason: entry["reason"]?.string, lost: lost)
        }
    }
}
