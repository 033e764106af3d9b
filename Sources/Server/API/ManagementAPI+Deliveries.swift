import Audit
import Delivery
import EventLog
import EventPattern
import Events
import HTTP
import IO
import JSON

extension ManagementAPI {
    /// `GET /api/v1/deliveries`: with their last attempt, newest first; what waits, in the order in which it begins.
    func listDeliveries(_ request: Request) async throws -> Response {
        let page = try await services.webhooks.deliveries(Self.query(request), on: services.questions)
        return json(.ok) { json in
            json.beginObject()
            json.key("deliveries")
            json.beginArray()
            for view in page.deliveries { write(view, isWhole: false, to: &json) }
            json.endArray()
            json.member("next", ifPresent: page.next)
            json.member("end", ifPresent: page.end.map { "\($0)" })
            json.endObject()
        }
    }

    private static func query(_ request: Request) throws -> Webhooks.DeliveryQuery {
        var query = Webhooks.DeliveryQuery()
        for item in request.head.queryItems {
            switch item.name {
            case "webhook": query.webhook = item.value
            case "event": query.event = item.value
            case "state":
                guard let state = DeliveryView.State(rawValue: item.value) else {
                    throw Problem.parameter(item, "must be one of \(DeliveryView.State.allCases.map(\.rawValue).joined(separator: ", "))")
                }
                query.state = state
            case "since", "until":
                guard let time = QueryTime.parse(item.value, now: Wall.milliseconds) else { throw Problem.parameter(item, "must be a time such as 2026-01-31T12:00:00Z") }
                if item.name == "since" { query.since = time } else { query.until = time }
            case "limit":
                guard let count = Int(item.value), (1...1000).contains(count) else { throw Problem.parameter(item, "must be a whole number from 1 to 1000") }
                query.limit = count
            case "after":
                guard let number = UInt64(item.value) else { throw Problem.parameter(item, "must be what \"end\" was") }
                query.after = number
            case "cursor": query.cursor = item.value
            default:
                throw Problem.parameter(item, "is not a known parameter; allowed: webhook, state, event, since, until, after, limit, cursor")
            }
        }
        return query
    }

    /// `GET /api/v1/deliveries/{id}`: with all attempts, and the event where the log has it.
    func showDelivery(_ id: String) async throws -> Response {
        let view = try await services.webhooks.deliveryView(id)
        let log = services.log
        let event = view.sequence == 0 ? nil : try? await services.pool.run { try log.record(at: view.sequence)?.body }
        return json(.ok) { write(view, isWhole: true, event: event ?? nil, to: &$0) }
    }

    func resendDelivery(_ id: String, _ request: Request) async throws -> Response {
        let new = try await services.webhooks.resend(id)
        let view = try await services.webhooks.deliveryView(new)
        try await record(DeliveryCommand(.resend, webhook: view.webhook, delivery: id), request)
        return json(.accepted, HeaderBuilder([.location: "/api/v1/deliveries/\(new)"])) { write(view, isWhole: true, to: &$0) }
    }

    func resendFailed(_ id: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: ["since"])
        guard let text = try reader.string("since") else { throw reader.missing("since") }
        let since = try Self.time(text, "since", reader)
        try await services.webhooks.resendFailed(id, since: since)
        try await record(DeliveryCommand(.resendFailed, webhook: id, fromTime: since), request)
        return try show(.accepted, id)
    }

    func replay(_ id: String, _ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: ["fromSequence", "fromTime", "through"])
        let through = try reader.sequence("through")
        let start: Webhooks.ReplayStart
        switch (try reader.sequence("fromSequence"), try reader.string("fromTime")) {
        case (let sequence?, nil): start = .sequence(sequence)
        case (nil, let text?): start = .time(try Self.time(text, "fromTime", reader))
        case (nil, nil): throw reader.failure("fromSequence", "or \"fromTime\" is required")
        default: throw reader.failure("fromSequence", "and \"fromTime\" exclude each other: give one of them")
        }
        try await services.webhooks.replay(id, from: start, through: through)
        var replay = DeliveryCommand(.replay, webhook: id, through: through)
        switch start {
        case .sequence(let sequence): replay.fromSequence = sequence
        case .time(let time): replay.fromTime = time
        }
        try await record(replay, request)
        return try show(.accepted, id)
    }

    func cancelReplay(_ id: String, _ request: Request) async throws -> Response {
        try await services.webhooks.cancelReplay(id)
        try await record(DeliveryCommand(.cancelReplay, webhook: id), request)
        return Response(.noContent)
    }

    func cancelRedelivery(_ id: String, _ request: Request) async throws -> Response {
        try await services.webhooks.cancelRedelivery(id)
        try await record(DeliveryCommand(.cancelResend, webhook: id), request)
        return Response(.noContent)
    }

    func cancelDelivery(_ id: String, _ request: Request) async throws -> Response {
        let view = try await services.webhooks.cancel(id)
        try await record(DeliveryCommand(.cancel, webhook: view.webhook, delivery: id), request)
        return json(.ok) { write(view, isWhole: true, to: &$0) }
    }

    /// A test's outcome is the answer's content; the request itself has worked either way.
    func testWebhook(_ id: String, _ request: Request) async throws -> Response {
        let view = try await services.webhooks.test(id)
        try await record(DeliveryCommand(.test, webhook: id, delivery: view.id), request)
        return json(.ok) { write(view, isWhole: true, to: &$0) }
    }

    func dryRun(_ request: Request, _ body: RequestBody) async throws -> Response {
        let reader = try await object(request, body, keys: ["pattern", "last"])
        guard let value = reader.value("pattern") else { throw reader.missing("pattern") }
        let pattern: Pattern
        do throws(PatternError) { pattern = try Pattern.parse(value.encoded) } catch {
            throw ObjectReader.Failure(pointer: "/pattern" + error.pointer, reason: error.reason)
        }
        let run = try await services.webhooks.dryRun(pattern, last: try reader.int("last", in: 1...100_000) ?? 1000, on: services.questions)
        return json(.ok) { json in
            json.beginObject()
            json.member("examined", run.examined)
            json.member("matched", run.matched)
            json.key("events")
            json.beginArray()
            for event in run.events { json.json(event) }
            json.endArray()
            json.endObject()
        }
    }

    /// What was done is on disk before it is answered. It comes after it, so that a replay does not send its own record.
    private func record(_ what: DeliveryCommand, _ request: Request) async throws {
        try await services.journal.record(.deliveryRequested(what), request.context())
    }

    private func show(_ status: HTTPStatus, _ id: String) throws -> Response {
        guard let view = services.webhooks.view(id) else { throw Problem(.notFound, "not-found", "there is no webhook \(id)") }
        return json(status) { write(view, to: &$0) }
    }

    private static func time(_ text: String, _ key: String, _ reader: ObjectReader) throws -> Int64 {
        guard let time = QueryTime.parse(text, now: Wall.milliseconds) else { throw reader.failure(key, "must be a time such as 2026-01-31T12:00:00Z") }
        return time
    }
}

extension ObjectReader {
    /// A sequence number, as the number or the text that the API shows.
    func sequence(_ key: String) throws(Failure) -> UInt64? {
        guard let value = value(key) else { return nil }
        guard let number = value.int.flatMap(UInt64.init(exactly:)) ?? value.string.flatMap({ UInt64($0) }) else {
            throw failure(key, "must be a sequence number")
        }
        return number
    }
}
