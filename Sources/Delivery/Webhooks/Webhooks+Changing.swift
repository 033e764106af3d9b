import Crypto
package import Events
import IO

extension Webhooks {
    /// Adds a webhook; it gets every matching record after its own.
    /// - Returns: with the secrets that it has now, to be shown here and never again.
    package func create(
        _ input: WebhookInput, context: EventContext
    ) async throws(WebhookError) -> (webhook: Webhook, secrets: [SigningSecret]) {
        var input = input
        try input.check()
        let id: String
        do throws(CryptoError) {
            _ = try input.credentials.makeMissing()
            id = "wh_" + Hex.encode(try SecureRandom.bytes(12))
        } catch {
            throw WebhookError(.unavailable, error.description)
        }
        let limit = options.limit
        try await commit(
            input.credentials, id, context, { .webhookCreated(input.publicSettings(id: id, credentials: $0)) }
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

    /// Changes a webhook's settings and secrets; deliveries go on from where they are.
    /// - Parameter change: gets what the webhook is, secrets included, and gives what it is to be.
    /// - Returns: the webhook, and the secrets that had to be made for it.
    @discardableResult
    package func update(
        _ id: String, context: EventContext, _ change: @Sendable (WebhookInput) throws -> WebhookInput
    ) async throws -> (webhook: Webhook, secrets: [SigningSecret]) {
        let before = try await load(id)
        var input = try change(before.input)
        try input.check()
        let made = try input.credentials.makeMissing()
        return (try await replace(before.webhook, with: input, context), made)
    }

    /// New signing secrets; the old ones go on signing beside them until the overlap is over.
    /// - Parameter overlap: seconds.
    /// - Returns: the new ones, to be shown here and never again.
    package func rotateSecret(
        _ id: String, to new: SigningSecret?, overlap: Int64?, context: EventContext
    ) async throws(WebhookError) -> (webhook: Webhook, secrets: [SigningSecret]) {
        let before = try await load(id)
        var input = before.input
        let added = try input.credentials.rotate(
            new: new, overlap: overlap ?? WebhookCredentials.standardOverlap, now: Wall.milliseconds / 1000)
        return (try await replace(before.webhook, with: input, context), added)
    }

    private func load(_ id: String) async throws(WebhookError) -> (webhook: Webhook, input: WebhookInput) {
        guard let webhook = view(id)?.webhook else { throw Self.unknown(id) }
        let store = store
        let credentials = try await pool.run { () throws(WebhookError) in
            try store.load(id, webhook.settings.credentials)
        }
        return (webhook, WebhookInput(settings: webhook.settings, credentials: credentials))
    }

    private func replace(
        _ before: Webhook, with input: WebhookInput, _ context: EventContext
    ) async throws(WebhookError) -> Webhook {
        let id = before.id
        try await commit(
            input.credentials, id, context, { .webhookUpdated(input.publicSettings(id: id, credentials: $0)) }
        ) { state throws(WebhookError) in try state.checkUnchanged(before) }
        await settingsChanged(id)
        await remove(id, before.settings.credentials)
        guard let webhook = view(id)?.webhook else { throw WebhookError(.notFound, "webhook \(id) was removed meanwhile") }
        return webhook
    }

    package func delete(_ id: String, context: EventContext) async throws(WebhookError) {
        guard let settings = view(id)?.webhook.settings else { throw Self.unknown(id) }
        try await commit(.webhookDeleted(settings), id, context) { state throws(WebhookError) in
            guard state.fold.webhooks[id] != nil else { throw Self.unknown(id) }
        }
        await settingsChanged(id)
        await remove(id, settings.credentials)
    }

    static func unknown(_ id: String) -> WebhookError {
        WebhookError(.notFound, "there is no webhook \(id)")
    }

    /// Stops deliveries until somebody enables the webhook again.
    func disable(_ id: String, _ reason: String) async {
        guard let webhook = view(id)?.webhook, webhook.settings.state != .disabled else { return }
        var settings = webhook.settings
        settings.state = .disabled
        let request = RequestInfo(id: id, address: "", userAgent: options.userAgent, method: "")
        let context = EventContext(actor: .system("webhooks"), request: request)
        do throws(WebhookError) {
            try await commit(.webhookDisabled(settings, reason: reason), id, context) { state throws(WebhookError) in
                try state.checkUnchanged(webhook)
            }
            await settingsChanged(id)
        } catch {
            // Somebody changes it at this moment. If the reason stands, the next attempt brings it here again.
            if error.code == .unavailable { Diagnostics.warning("webhook \(id) could not be recorded as disabled: \(error)") }
        }
    }
}
