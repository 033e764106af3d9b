import EventLog
import Events
import IO
import Synchronization

extension Webhooks {
    private func cursorPath(_ id: String) -> String { "\(options.directory)/\(id).cursor" }

    /// A webhook is new, has other settings or is gone.
    func settingsChanged(_ id: String) async {
        let (running, webhook) = state.withLock { state in
            state.problems[id] = nil
            return (state.running.removeValue(forKey: id), state.fold.webhooks[id])
        }
        running?.task.cancel()
        await running?.task.value
        if let webhook { return await follow(webhook) }
        let path = cursorPath(id)
        do throws(IOError) {
            _ = try await pool.run { () throws(IOError) in try Files.unlinkIfPresent(path) }
        } catch {
            Diagnostics.warning("\(error)")
        }
    }

    func follow(_ webhook: Webhook) async {
        guard webhook.settings.isEnabled else { return }
        let services = DeliveryServices(
            log: log, pool: pool, userAgent: options.userAgent, send: send,
            disable: { [weak self] webhook, reason in Task { await self?.disable(webhook.id, reason) } })
        let (store, path) = (store, cursorPath(webhook.id))
        let follower: Follower
        do throws(WebhookError) {
            follower = try await pool.run { () throws(WebhookError) in
                try Follower(
                    webhook, credentials: store.load(webhook.id, webhook.settings.credentials), cursorPath: path,
                    services: services)
            }
        } catch {
            state.withLock { $0.problems[webhook.id] = error.message }
            return Diagnostics.error("\(error)")
        }
        let loop = loops.next()
        state.withLock { state in
            guard !state.isStopped, state.fold.webhooks[webhook.id] == webhook else { return }
            state.running[webhook.id] = Running(follower: follower, task: Task(executorPreference: loop) { await follower.run() })
        }
    }
}
