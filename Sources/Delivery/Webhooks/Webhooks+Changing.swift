import Crypto
package import Events
import IO
import Synchronization

extension Webhooks {
    /// Adds a webhook; it gets every matching record after its own.
    /// - Returns: with the secrets that it has now, to be shown here and never again.
    package func create(
        _ input: WebhookInput, context: EventContext
    ) async throws(WebhookError) -> (webhook: Webhook, secrets: [SigningSecret]) {
        var input = input
        try input.check()
        let id: String
        _ = try input.credentials.makeMissing()
        do throws(CryptoError) {
            id = "wh_" + Hex.encode(try SecureRandom.bytes(12))
        } catch {
            throw WebhookError(.unavailable, error.description)
        }
        let limit = options.limit
        try await commit(
            input.sealed, id, context, { .webhookCreated(input.publicSettings(id: id, credentials: $0)) }
        ) { state throws(WebhookError) in
            let coming = state.pending.count { state.fold.webhooks[$0] == nil }
            guard state.fold.webhooks.count + coming < limit else {
                throw WebhookError(.tooMany, "there are \(limit) webhooks already: remove one first")
            }
        }
        guard let webhook = view(id)?.webhook else { throw WebhookError(.notFound, "webhook \(id) was removed meanwhile") }
        await settingsChanged(id)
        return (webhook, input.credentials.secrets.map(\.secret))
    }

    /// Changes a webhook's settings and secrets; deliveries go on from where they are. Changes of one webhook are made one after
    /// the other, each of what the one before has left.
    /// - Parameters:
    ///   - isExpected: whether the webhook is as the client has seen it; nil where that does not matter.
    ///   - change: gets what the webhook is, secrets included, and gives what it is to be. It may be asked again.
    /// - Returns: the webhook, and the secrets that had to be made for it.
    @discardableResult
    package func update(
        _ id: String, context: EventContext, isExpected: (@Sendable (Webhook) -> Bool)? = nil,
        _ change: @Sendable (WebhookInput) throws -> WebhookInput
    ) async throws -> (webhook: Webhook, secrets: [SigningSecret]) {
        try await inTurn(id) {
            let before = try await self.load(id)
            try Self.check(before.webhook, isExpected)
            var input = try change(before.input)
            // What signs no more leaves its place to what has to be made.
            input.credentials.removeExpired(now: Wall.milliseconds / 1000)
            try input.check(replacing: before.input.settings.url)
            let made = try input.credentials.makeMissing()
            return (try await self.replace(before.webhook, with: input, context), made)
        }
    }

    private static func check(_ webhook: Webhook, _ isExpected: ((Webhook) -> Bool)?) throws(WebhookError) {
        guard isExpected?(webhook) ?? true else {
            throw WebhookError(.otherVersion, "webhook \(webhook.id) is not as If-Match says any more: look at it and try again")
        }
    }

    /// How often a change is made anew that the hub's own (such as disabling the webhook) overtook.
    private static let redoLimit = 5

    private func inTurn<R>(_ id: String, _ body: () async throws -> R) async throws -> R {
        guard await turns.take(id) else {
            throw WebhookError(.overtaken, "too many changes of webhook \(id) wait for one another: try again")
        }
        defer { turns.pass(id) }
        var redone = 0
        while true {
            do {
                return try await body()
            } catch let error as WebhookError where error.code == .overtaken && redone < Self.redoLimit {
                // The other change is on its way to disk.
                try await Task.sleep(for: .milliseconds(10 << redone))
                redone += 1
            }
        }
    }

    /// New signing secrets; the old ones go on signing beside them until the overlap is over.
    /// - Parameter overlap: seconds.
    /// - Returns: the new ones, to be shown here and never again.
    package func rotateSecret(
        _ id: String, to new: SigningSecret?, overlap: Int64?, context: EventContext, isExpected: (@Sendable (Webhook) -> Bool)? = nil
    ) async throws -> (webhook: Webhook, secrets: [SigningSecret]) {
        try await inTurn(id) {
            let before = try await self.load(id)
            try Self.check(before.webhook, isExpected)
            var input = before.input
            let added = try input.credentials.rotate(
                new: new, overlap: overlap ?? WebhookCredentials.standardOverlap, now: Wall.milliseconds / 1000)
            return (try await self.replace(before.webhook, with: input, context), added)
        }
    }

    private func load(_ id: String) async throws(WebhookError) -> (webhook: Webhook, input: WebhookInput) {
        guard let webhook = view(id)?.webhook else { throw Self.unknown(id) }
        let store = store
        let credentials = try await pool.run { () throws(WebhookError) in
            try store.load(id, webhook.settings.credentials)
        }
        var settings = webhook.settings
        settings.url = credentials.url ?? settings.url
        return (webhook, WebhookInput(settings: settings, credentials: credentials))
    }

    private func replace(
        _ before: Webhook, with input: WebhookInput, _ context: EventContext
    ) async throws(WebhookError) -> Webhook {
        let id = before.id
        try await commit(
            input.sealed, id, context, { .webhookUpdated(input.publicSettings(id: id, credentials: $0)) }
        ) { state throws(WebhookError) in try state.checkUnchanged(before) }
        await settingsChanged(id)
        await remove(id, before.settings.credentials)
        guard let webhook = view(id)?.webhook else { throw WebhookError(.notFound, "webhook \(id) was removed meanwhile") }
        return webhook
    }

    package func delete(_ id: String, context: EventContext) async throws(WebhookError) {
        guard let settings = view(id)?.webhook.settings else { throw Self.unknown(id) }
        try await commit(.webhookDeleted(settings.shown), id, context) { state throws(WebhookError) in
            guard state.fold.webhooks[id] != nil else { throw Self.unknown(id) }
        }
        await settingsChanged(id)
        await remove(id, settings.credentials)
    }

    static func unknown(_ id: String) -> WebhookError {
        WebhookError(.notFound, "there is no webhook \(id)")
    }

    /// Stops deliveries until somebody enables the webhook again. Nothing goes out to it already.
    func disable(_ id: String, _ reason: String) async {
        while let webhook = view(id)?.webhook, webhook.settings.state != .disabled {
            var settings = webhook.settings.shown
            settings.state = .disabled
            let request = RequestInfo(id: id, address: "", userAgent: options.userAgent, method: "")
            let context = EventContext(actor: .system("webhooks"), request: request)
            do throws(WebhookError) {
                try await commit(.webhookDisabled(settings, reason: reason), id, context) { state throws(WebhookError) in
                    try state.checkUnchanged(webhook)
                }
                return await settingsChanged(id)
            } catch {
                // Somebody changes it at this moment, and it goes on as it is then: if the reason stands, the next attempt brings it here again.
                guard error.code == .unavailable else { return await settingsChanged(id) }
                Diagnostics.warning("webhook \(id) could not be recorded as disabled: \(error); trying again in 5 s")
            }
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
            // Whoever changed it meanwhile wants it to go on.
            let isHeld = state.withLock { $0.isStopped ? nil : $0.endpoints[id] }?.core.withLock { $0.open.rules.isHeld }
            guard isHeld == true else { return }
        }
    }
}
