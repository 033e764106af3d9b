import EventLog
package import EventPattern
import Events
package import IO
import JSON
import Synchronization

extension Webhooks {
    /// Sends a made-up event to see whether the receiver takes it, whatever the webhook's state. It is not tried again, and
    /// stands in the delivery log.
    package func test(_ id: String) async throws(WebhookError) -> DeliveryView {
        let endpoint = try endpoint(id)
        guard let setup = endpoint.core.withLock({ $0.setup }) else {
            throw WebhookError(.damaged, view(id)?.problem ?? "webhook \(id) cannot be used")
        }
        let now = Wall.milliseconds
        let event = PingEvent(webhook: id, host: options.host, now: now)
        let request: DeliveryRequest
        do {
            // Some formats have a form for images only.
            let payload = try setup.format.payload(of: event.body, options.formats)
                ?? setup.format.payload(of: event.imageBody, options.formats)
            guard let payload else { throw WebhookError(.invalid, "the format \(setup.format.rawValue) has no form for a test event") }
            request = try setup.request(payload, id: event.id, now: now, endpoint.services)
        } catch let error as WebhookError {
            throw error
        } catch {
            throw WebhookError(.unavailable, "the test event could not be made: \(error)")
        }
        let started = Monotonic.milliseconds
        let result = await Task(executorPreference: endpoint.loop) { await endpoint.send(request, setup) }.value
        let attempt = DeliveryRecord.Attempt(
            webhook: id, source: .test, number: 0, sequence: 0, eventID: event.id, eventType: PingEvent.type, attempt: 1, time: now,
            latency: max(0, Monotonic.milliseconds - started), status: result.status ?? 0, error: result.failure ?? "",
            fate: result.isSuccess ? .delivered : .dead)
        let number = endpoint.core.withLock { core in
            core.lastAttempt = SavedEndpoint.LastAttempt(time: now, sequence: 0, status: attempt.status, error: attempt.error)
            guard let number = attempts.append(.attempt(attempt), response: result.response) else { return UInt64(0) }
            core.last = number
            return number
        }
        return attempt.view(number: number, isLast: true, response: result.response)
    }

    /// Which of the last events a pattern would have matched.
    package struct DryRun: Sendable {
        package var examined = 0
        package var matched = 0
        /// The newest of them, whole.
        package var events: [[UInt8]] = []
    }

    private static let dryRunBytes = 64 << 20
    private static let dryRunEvents = 100

    /// - Parameters:
    ///   - count: of the log's last records; fewer where they are large.
    ///   - readers: where they are read.
    package func dryRun(_ pattern: Pattern, last count: Int, on readers: BlockingPool) async throws(WebhookError) -> DryRun {
        let log = log
        do throws(LogError) {
            return try await readers.run { () throws(LogError) in
                var run = DryRun()
                var session = MatchSession(PatternMatcher([(name: true, pattern: pattern)]))
                var position = log.durableSequence &+ 1
                var bytes = 0
                while run.examined < count, bytes < Self.dryRunBytes {
                    let records = try log.readBackward(before: position, limit: min(1000, count - run.examined), maxBytes: 4 << 20)
                    guard let last = records.last else { break }
                    position = last.sequence
                    for record in records {
                        run.examined += 1
                        bytes += record.body.count + record.attachment.count
                        guard record.kind != .lost, let names = try? session.match(record.body), !names.isEmpty else { continue }
                        run.matched += 1
                        if run.events.count < Self.dryRunEvents { run.events.append(record.body) }
                    }
                }
                return run
            }
        } catch {
            throw WebhookError(.unavailable, "\(error)")
        }
    }
}

/// The event of a test: it never was in the log.
struct PingEvent {
    static let type = "io.signalbox.webhook.ping"

    let id: String
    let body: [UInt8]
    /// The same as a push of an image that there is not, for formats that know nothing else.
    let imageBody: [UInt8]

    init(webhook: String, host: String, now: Int64) {
        id = EventID.next(now: now).description
        body = Self.event(id, host, Self.type, "webhooks/\(webhook)", now) { json in
            json.member("registry", host)
            json.member("webhook", webhook)
        }
        let digest = "sha256:" + String(repeating: "0", count: 64)
        imageBody = Self.event(id, host, EventType.imagePushed.rawValue, "signalbox/test:ping@\(digest)", now) { json in
            json.member("registry", host)
            json.member("repository", "signalbox/test")
            json.member("tag", "ping")
            json.member("digest", digest)
            json.member("mediaType", "application/vnd.oci.image.manifest.v1+json")
            json.member("size", 0)
        }
    }

    private static func event(
        _ id: String, _ host: String, _ type: String, _ subject: String, _ now: Int64, _ data: (inout JSONWriter) -> Void
    ) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.member("specversion", "1.0")
        json.member("id", id)
        json.member("source", "/registries/\(host)")
        json.member("type", type)
        json.member("subject", subject)
        json.member("time", Timestamp.text(now))
        json.member("datacontenttype", "application/json")
        json.member("sequence", "0")
        json.key("data")
        json.beginObject()
        data(&json)
        json.key("actor")
        json.beginObject()
        json.member("name", "webhooks")
        json.member("kind", "system")
        json.endObject()
        json.key("request")
        json.beginObject()
        for key: StaticString in ["id", "address", "userAgent", "method"] { json.member(key, "") }
        json.endObject()
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
