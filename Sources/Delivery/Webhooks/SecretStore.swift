import Crypto
import IO

/// The secrets of webhooks, each in a file of its own, sealed with the key of the data folder. They are kept out of the
/// log, which is shown to auditors and never rewritten.
struct SecretStore: Sendable {
    let directory: String
    let key: SecretKey

    private func path(_ id: String) -> String { "\(directory)/\(id).secret" }

    /// On disk when it returns. The id is sealed in, so that files cannot be swapped.
    func save(_ secret: SigningSecret, for id: String) throws(WebhookError) {
        do {
            let sealed = try AEAD.seal(secret.bytes, key: key, associatedData: Array(id.utf8))
            try Files.replace(path(id), with: sealed, mode: 0o600)
        } catch {
            throw WebhookError(.unavailable, "the webhook's secret could not be stored: \(error)")
        }
    }

    func load(_ id: String) throws(WebhookError) -> SigningSecret {
        do {
            guard let sealed = try Files.read(path(id), limit: 4096) else {
                throw WebhookError(.damaged, "the secret of webhook \(id) is missing: delete the webhook and add it again")
            }
            return SigningSecret(bytes: try AEAD.open(sealed, key: key, associatedData: Array(id.utf8)))
        } catch let error as WebhookError {
            throw error
        } catch {
            throw WebhookError(.damaged, "the secret of webhook \(id) cannot be read: \(error)")
        }
    }

    /// Removes what belongs to webhooks that are no more: a deletion or a creation that a crash cut short.
    func removeAll(except ids: Set<String>) throws(IOError) {
        for name in try Files.list(directory) {
            guard let dot = name.lastIndex(of: "."), !ids.contains(String(name[..<dot])) else { continue }
            try Files.unlinkIfPresent("\(directory)/\(name)")
        }
    }

    func remove(_ id: String) throws(IOError) {
        try Files.unlinkIfPresent(path(id))
    }
}
