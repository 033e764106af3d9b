import EventLog
import Events
import IO
import Synchronization

/// One page of what waits to be delivered, webhook after webhook: what somebody asked for again, then what the log has.
///
/// Of each source the open deliveries and the backlog come in order of number, so that a delivery that begins between two pages is on
/// one of them. Nothing is held in memory but the page.
struct PendingPage {
    private static let order: [DeliveryKey.Source] = [.resend, .failed, .replay, .log]
    /// One page looks at this much of the log, about; where it finds little it says where to go on.
    private static let scanBytes = 64 << 20

    private let query: Webhooks.DeliveryQuery
    private(set) var deliveries: [DeliveryView] = []
    private(set) var next: PendingCursor?
    private var scanned = 0

    init(_ query: Webhooks.DeliveryQuery) { self.query = query }

    /// Adds what waits in one webhook, behind `cursor`. Blocks.
    /// - Returns: false where the page is full.
    mutating func add(_ endpoint: Endpoint, after cursor: DeliveryKey?) throws(LogError) -> Bool {
        let waiting = Waiting(endpoint)
        for source in Self.order.drop(while: { (cursor?.source ?? $0) != $0 }) {
            let after = cursor?.source == source ? cursor?.number ?? 0 : 0
            var open = waiting.open.filter { $0.key.source == source && $0.key.number > after }[...]
            if let track = waiting.tracks.first(where: { $0.source == source }), let setup = waiting.setup,
                try !add(track, after, setup, &open, waiting, endpoint.services)
            {
                return false
            }
            guard try take(&open, through: .max, waiting, endpoint.services) else { return false }
        }
        return true
    }

    /// The backlog of one source, and what is open before it.
    private mutating func add(
        _ track: Track, _ after: UInt64, _ setup: EndpointSetup, _ open: inout ArraySlice<OpenDelivery>, _ waiting: Waiting, _ services: DeliveryServices
    ) throws(LogError) -> Bool {
        var track = track
        track.read = max(min(track.read, waiting.firstParked(of: track.source)), after)
        while track.read < track.through {
            guard scanned < Self.scanBytes else {
                guard try take(&open, through: track.read, waiting, services) else { return false }
                next = PendingCursor(webhook: waiting.webhook.created, key: DeliveryKey(track.source, track.read))
                return false
            }
            let reading = Reading(track, setup, webhook: waiting.webhook.id, isFailing: false, services)
            let chunk = try reading.run(services)
            scanned += chunk.scanned
            for item in chunk.items where waiting.owes(item, track) {
                guard try take(&open, through: item.number, waiting, services) else { return false }
                let view = try waiting.view(of: item, track.source, services)
                guard take(view, DeliveryKey(track.source, item.number), waiting) else { return false }
            }
            track.recovered = chunk.recovered
            guard chunk.read > track.read || chunk.isPreparing else { return true }
            track.read = chunk.read
            track.cursor = chunk.cursor
        }
        return true
    }

    /// Those of the open ones that come first.
    private mutating func take(
        _ open: inout ArraySlice<OpenDelivery>, through number: UInt64, _ waiting: Waiting, _ services: DeliveryServices
    ) throws(LogError) -> Bool {
        while let delivery = open.first, delivery.key.number <= number {
            guard take(try waiting.view(of: delivery, services), delivery.key, waiting) else { return false }
            open.removeFirst()
        }
        return true
    }

    /// - Returns: false where there is no room for another.
    private mutating func take(_ view: (DeliveryView, time: Int64), _ key: DeliveryKey, _ waiting: Waiting) -> Bool {
        guard query.matches(view.0, at: view.time) else { return true }
        deliveries.append(view.0)
        guard deliveries.count >= query.limit else { return true }
        next = PendingCursor(webhook: waiting.webhook.created, key: key)
        return false
    }
}

/// What waits in one webhook at one moment: small values, without the events.
private struct Waiting {
    let webhook: Webhook
    let setup: EndpointSetup?
    /// By number.
    let open: [OpenDelivery]
    /// The ways through the logs, each as if nothing of it was in memory.
    let tracks: [Track]
    /// The webhook's own place, and the lanes that are not as far.
    private let position: UInt64
    private let lanes: [UInt64: SavedEndpoint.Progress]
    /// Of the webhook's own way, where there are such lanes.
    private let begun: Set<UInt64>

    init(_ endpoint: Endpoint) {
        let done = endpoint.services.feed.done
        (webhook, setup, open, tracks, position, lanes) = endpoint.core.withLock { core in
            var main = Track(.log, after: 0, core.main.progress)
            main.read = core.position(done: done)
            let jobs = [core.replay, core.failed].compactMap { $0 }.map { track in
                Track(track.source, job: track.job, after: track.after, through: track.through, track.progress)
            }
            // What was called off while it was under way waits for nothing more.
            let open = core.open.deliveries.values.filter { !$0.isCalledOff }.sorted { $0.key < $1.key }
            return (core.webhook, core.setup, open, [main] + jobs, main.read, core.parked.saved)
        }
        begun = lanes.isEmpty ? [] : Set(open.lazy.filter { $0.key.source == .log }.map(\.key.number))
    }

    /// Where the parked events begin.
    func firstParked(of source: DeliveryKey.Source) -> UInt64 {
        source == .log ? lanes.values.map(\.position).min() ?? .max : .max
    }

    /// Whether an event on a way through the log is still to be delivered and has not begun.
    func owes(_ item: Track.Item, _ track: Track) -> Bool {
        guard track.source == .log, item.number <= position else { return !track.done.contains(item.number) }
        guard let lane = lanes[item.lane], item.number > lane.position else { return false }
        return !lane.done.contains(item.number) && !begun.contains(item.number)
    }

    /// An open delivery, by its last record where it has one, and when that was.
    func view(of delivery: OpenDelivery, _ services: DeliveryServices) throws(LogError) -> (DeliveryView, time: Int64) {
        try delivery.view(webhook.id, services.log, services.attempts.log)
    }

    /// One that has not begun.
    func view(of item: Track.Item, _ source: DeliveryKey.Source, _ services: DeliveryServices) throws(LogError) -> (DeliveryView, time: Int64) {
        var record = item.record
        if record == nil { record = try services.log.record(at: item.sequence) }
        return (DeliveryView(webhook.id, record, item.sequence, source), record?.time ?? 0)
    }
}
