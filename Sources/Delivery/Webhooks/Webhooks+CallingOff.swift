import Events
import IO
import Synchronization

/// What was asked for, or is tried again and again, is wanted no more.
extension Webhooks {
    /// Calls off what is left of a replay.
    package func cancelReplay(_ id: String) async throws(WebhookError) {
        try await cancel(.replay, of: id, "webhook \(id) has no replay under way")
    }

    /// Calls off what is left of a redelivery of all that failed.
    package func cancelRedelivery(_ id: String) async throws(WebhookError) {
        try await cancel(.failed, of: id, "webhook \(id) has no redelivery under way")
    }

    private func cancel(_ source: DeliveryKey.Source, of id: String, _ none: String) async throws(WebhookError) {
        let endpoint = try endpoint(id)
        try endpoint.core.withLock { core throws(WebhookError) in
            guard (source == .replay ? core.replay : core.failed) != nil else { throw WebhookError(.notFound, none) }
            core.last = try recorded(.jobEnded(webhook: id, source: source))
            if source == .replay { core.replay = nil } else { core.failed = nil }
            core.open.removeAll(from: source)
            core.parked.wakeAll()
            core.settle(budget)
        }
        endpoint.pump()
        try await sync()
    }

    /// Calls one delivery off, whatever it came from. An attempt under way is the last one.
    package func cancel(_ id: String) async throws(WebhookError) -> DeliveryView {
        let found = try await delivery(id)
        let isOver = WebhookError(.conflict, "delivery \(id) is over: there is nothing to call off")
        guard let (webhook, key) = found.undecided else { throw isOver }
        let endpoint = try endpoint(webhook)
        let attempts = attempts
        try endpoint.core.withLock { core throws(WebhookError) in
            core.meet(attempts)
            guard let delivery = core.open.deliveries[key], !delivery.isCalledOff else { throw isOver }
            guard core.cancelled(delivery, found.event, at: Wall.milliseconds, DeliveryRecord.Attempt.calledOff, attempts) else { throw Self.noHistory }
            core.open.callOff(key)
            core.parked.wake(delivery.lane)
            core.settle(budget)
        }
        endpoint.pump()
        return try await deliveryView(id)
    }
}
