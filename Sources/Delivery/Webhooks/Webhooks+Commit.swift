import EventLog
import Events
import IO
import Synchronization

extension Webhooks {
    /// Checks and appends in one critical section, and returns when the record is on disk and folded in.
    func commit(
        _ payload: Event.Payload, _ id: String, _ context: EventContext,
        _ check: (borrowing State) throws(WebhookError) -> Void
    ) async throws(WebhookError) {
        let result: Result<Void, WebhookError> = await withCheckedContinuation { continuation in
            do throws(WebhookError) {
                try state.withLock { state throws(WebhookError) in
                    try check(state)
                    try append(payload, id, context, &state) { continuation.resume(returning: $0) }
                }
            } catch {
                continuation.resume(returning: .failure(error))
            }
        }
        try result.get()
    }

    /// The same with new secrets: they are on disk before the record that names them, and go where there will be no record.
    func commit(
        _ credentials: WebhookCredentials, _ id: String, _ context: EventContext,
        _ payload: (String) -> Event.Payload, _ check: (borrowing State) throws(WebhookError) -> Void
    ) async throws(WebhookError) {
        let store = store
        let name = try await pool.run { () throws(WebhookError) in try store.save(credentials, for: id) }
        do throws(WebhookError) {
            try await commit(payload(name), id, context, check)
        } catch {
            // After a failed write nobody knows whether the record is there: the next start finds out what is not needed.
            if error.code != .unavailable { await remove(id, name) }
            throw error
        }
    }

    func remove(_ id: String, _ credentials: String?) async {
        let store = store
        do throws(IOError) {
            try await pool.run { () throws(IOError) in try store.remove(id, credentials) }
        } catch {
            // The record stands; the next start removes what is left.
            Diagnostics.warning("\(error)")
        }
    }

    private func append(
        _ payload: Event.Payload, _ id: String, _ context: EventContext, _ state: inout State,
        _ done: @escaping @Sendable (Result<Void, WebhookError>) -> Void
    ) throws(WebhookError) {
        let host = options.host
        do {
            let committed = Committed()
            try log.commit({ transaction in
                let event = Event(id: .next(now: transaction.time), registry: host, context: context, payload: payload)
                let time = transaction.time
                let sequence = transaction.append { sequence, out in event.encode(into: &out, sequence: sequence, time: time) }
                committed.value.withLock { $0 = (sequence, time) }
            }, whenDurable: { result in
                let (sequence, time) = committed.value.withLock { $0 }
                self.state.withLock { state in
                    state.pending.remove(id)
                    if case .success = result { state.fold.apply(payload, at: sequence, time: time) }
                }
                done(result.mapError { WebhookError(.unavailable, $0.description) })
            })
            state.pending.insert(id)
        } catch {
            throw WebhookError(.unavailable, "\(error)")
        }
    }

    /// Where a transaction's record got its place, from the commit to its completion.
    private final class Committed: Sendable {
        let value = Mutex((sequence: UInt64(0), time: Int64(0)))
    }
}

extension Webhooks.State {
    /// A change is decided on what it saw: it holds only where nothing was changed since, nor is about to be.
    func checkUnchanged(_ webhook: Webhook) throws(WebhookError) {
        guard let current = fold.webhooks[webhook.id] else { throw Webhooks.unknown(webhook.id) }
        guard current == webhook, !pending.contains(webhook.id) else {
            throw WebhookError(
                .overtaken, "webhook \(webhook.id) was changed by somebody else meanwhile: look at it and try again")
        }
    }
}
