import EventLog
import Events
package import IO
import Synchronization

extension Webhooks {
    /// At a start the dispatcher goes back this far for those who are behind, at most; who is further behind reads alone.
    private static let longestLookBack: UInt64 = 200_000

    /// Starts to deliver to every webhook that is there.
    package func start() async throws(StreamError) {
        var entries: [Endpoint] = []
        for webhook in state.withLock({ Array($0.fold.webhooks.values) }) {
            let position = await savedPosition(webhook)
            let setup = await setup(webhook)
            entries.append(makeEndpoint(webhook, setup, position))
        }
        let durable = log.durableSequence
        let oldest = entries.map { $0.core.withLock { $0.main.read } }.min() ?? durable
        feed.start(at: max(min(oldest, durable), durable > Self.longestLookBack ? durable - Self.longestLookBack : 0))
        let version = dispatcher.put(entries.map { ($0, $0.core.withLock { $0.setup?.pattern }) })
        state.withLock { state in
            for endpoint in entries {
                endpoint.core.withLock { $0.tableVersion = version }
                state.endpoints[endpoint.id] = endpoint
            }
        }
        try timetable.start { [weak self] id in self?.state.withLock { $0.endpoints[id] }?.woken() }
        await dispatcher.compile()
        let dispatcher = dispatcher
        let dispatching = Task(executorPreference: loops.next()) { await dispatcher.run() }
        let keeping = Task(executorPreference: loops.next()) { [weak self] () async -> Void in await self?.keepHouse() }
        state.withLock { $0.tasks = [dispatching, keeping] }
    }

    /// Ends all deliveries; what is not delivered stays for the next start.
    package func stop() async {
        let (tasks, endpoints) = state.withLock { state in
            state.isStopped = true
            return (state.tasks, Array(state.endpoints.values))
        }
        for task in tasks { task.cancel() }
        // All at once: while one is waited for, the others must not begin anything.
        for endpoint in endpoints { endpoint.halt() }
        for endpoint in endpoints { await endpoint.stop() }
        for task in tasks { await task.value }
        timetable.stop()
        await saveProgress()
        let attempts = attempts
        await pool.run { attempts.close() }
    }

    private func makeEndpoint(_ webhook: Webhook, _ setup: EndpointSetup?, _ saved: SavedEndpoint) -> Endpoint {
        let services = DeliveryServices(
            log: log, attempts: attempts, pool: pool, readers: readers, budget: budget, timetable: timetable, feed: feed, meters: meters,
            userAgent: options.userAgent, formats: options.formats, origin: Handshake.origin(ofRegistry: options.host), send: send, ask: ask,
            disable: { [weak self] id, reason in Task { await self?.disable(id, reason) } })
        return Endpoint(EndpointCore(webhook, setup, saved), on: loops.next(), services)
    }

    /// Nil where the webhook cannot be followed, which its view then says.
    private func setup(_ webhook: Webhook) async -> EndpointSetup? {
        let (store, firstProbe) = (store, options.firstProbe)
        do throws(WebhookError) {
            let setup = try await pool.run { () throws(WebhookError) in
                try EndpointSetup(webhook.settings, store.load(webhook.id, webhook.settings.credentials), firstProbe: firstProbe)
            }
            state.withLock { $0.problems[webhook.id] = nil }
            return setup
        } catch {
            state.withLock { $0.problems[webhook.id] = error.message }
            Diagnostics.error("\(error)")
            return nil
        }
    }

    /// A webhook is new, has other settings or is gone. Of several changes at once the last one stands.
    func settingsChanged(_ id: String) async {
        while true {
            guard let webhook = state.withLock({ $0.fold.webhooks[id] }) else { return await forget(id) }
            let setup = await setup(webhook)
            let isSettled = state.withLock { state in
                guard state.fold.webhooks[id] == webhook, !state.isStopped else { return state.isStopped }
                let endpoint = state.endpoints[id] ?? makeEndpoint(webhook, nil, SavedEndpoint(position: webhook.created))
                state.endpoints[id] = endpoint
                endpoint.change(webhook, setup, version: dispatcher.put([(endpoint, setup?.pattern)]))
                return true
            }
            if isSettled { return await dispatcher.compile() }
        }
    }

    private func forget(_ id: String) async {
        let endpoint = state.withLock { state in
            state.problems[id] = nil
            return state.endpoints.removeValue(forKey: id)
        }
        dispatcher.remove(id)
        await endpoint?.stop()
        await dispatcher.compile()
        let path = cursorPath(id)
        _ = await pool.run { try? Files.unlinkIfPresent(path) }
    }

    // MARK: Positions

    private func cursorPath(_ id: String) -> String { "\(options.directory)/\(id).cursor" }

    /// From the delivery log's state; from its file where an earlier version wrote one.
    private func savedPosition(_ webhook: Webhook) async -> SavedEndpoint {
        let durable = log.durableSequence
        var saved: SavedEndpoint
        if let known = self.saved[webhook.id] {
            saved = known
        } else {
            let path = cursorPath(webhook.id)
            let cursor = await pool.run { (try? CursorFile.load(path)) ?? nil }
            saved = SavedEndpoint(position: cursor ?? webhook.created)
        }
        // A log that was cut by a repair ends before the position: go on where it ends.
        saved = saved.setBack(to: durable)
        saved.main.position = max(saved.main.position, min(webhook.created, durable))
        return saved
    }

    /// Now and then: saves how far everyone is, lets old records go, and sooner opens a delivery log that failed.
    private func keepHouse() async {
        var turn = 0
        while true {
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
            turn += 1
            if turn % 3 == 0 || attempts.problem != nil { await saveProgress() }
            if turn % 3 == 0 { await followBroken() }
        }
    }

    /// Follows webhooks that could not be followed and can be now: their secrets could not be read for want of descriptors, or
    /// somebody has put them back.
    func followBroken() async {
        for id in state.withLock({ Array($0.problems.keys) }) {
            guard let webhook = state.withLock({ $0.fold.webhooks[id] }) else { continue }
            let store = store
            let isWhole = await pool.run { (try? EndpointSetup(webhook.settings, store.load(id, webhook.settings.credentials))) != nil }
            if isWhole { await settingsChanged(id) }
        }
    }

    func saveProgress() async {
        let attempts = attempts
        await pool.run { attempts.reopen() }
        // Whatever was recorded up to here is in what is gathered next.
        guard attempts.problem == nil, let sequence = attempts.log?.durableSequence else { return }
        var endpoints: [String: SavedEndpoint] = [:]
        for endpoint in state.withLock({ Array($0.endpoints.values) }) {
            endpoints[endpoint.id] = endpoint.core.withLock { core in
                core.meet(attempts)
                return core.saved(done: feed.done)
            }
        }
        let gathered = endpoints
        let directory = options.directory
        do {
            try await attempts.sync()
            try await pool.run {
                try attempts.save(gathered, at: sequence)
                try attempts.retain(saved: sequence, now: Wall.milliseconds)
                // Positions of an earlier version are in the snapshot now.
                for name in try Files.list(directory) where name.hasSuffix(".cursor") { try Files.unlinkIfPresent("\(directory)/\(name)") }
            }
            let positions = gathered.mapValues(\.doneThrough)
            state.withLock { $0.savedPositions = positions }
        } catch {
            Diagnostics.warning("how far webhooks are could not be saved, so that deliveries repeat after a crash: \(error)")
        }
    }
}
