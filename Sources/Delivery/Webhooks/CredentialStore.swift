import Crypto
import IO

/// What is secret about webhooks: a document for each, in a file of its own, sealed with the key of the data folder. It
/// is kept out of the log, which is shown to auditors and never rewritten.
///
/// A document never changes. A new one gets a new name, which the webhook's next record says; so a crash between the two
/// leaves settings and secrets that belong together.
struct CredentialStore: Sendable {
    let directory: String
    let key: SecretKey

    private static let suffix = ".secret"
    private static let limit = 1 << 20

    /// - Parameter name: what `save` gave; nil for a secret that the first version stored.
    private func path(_ id: String, _ name: String?) -> String { Self.path(directory, id, name) }

    static func path(_ directory: String, _ id: String, _ name: String?) -> String {
        "\(directory)/\(id)\(name.map { ".\($0)" } ?? "")\(Self.suffix)"
    }

    /// The id and the name are sealed in, so that files cannot be swapped.
    private func associated(_ id: String, _ name: String?) -> [UInt8] {
        Array((name.map { "\(id).\($0)" } ?? id).utf8)
    }

    /// On disk when it returns. Gives the document's name.
    func save(_ credentials: WebhookCredentials, for id: String) throws(WebhookError) -> String {
        do {
            let name = Hex.encode(try SecureRandom.bytes(8))
            let sealed = try AEAD.seal(credentials.encoded(), key: key, associatedData: associated(id, name))
            try Files.replace(path(id, name), with: sealed, mode: 0o600)
            return name
        } catch {
            throw WebhookError(.unavailable, "the webhook's secrets could not be stored: \(error)")
        }
    }

    func load(_ id: String, _ name: String?) throws(WebhookError) -> WebhookCredentials {
        let content: [UInt8]
        do {
            guard let sealed = try Files.read(path(id, name), limit: Self.limit) else {
                throw WebhookError(.damaged, "the secrets of webhook \(id) are missing: restore them from a backup, or remove the webhook and add it again")
            }
            content = try AEAD.open(sealed, key: key, associatedData: associated(id, name))
        } catch let error as WebhookError {
            throw error
        } catch {
            throw WebhookError(.damaged, "the secrets of webhook \(id) cannot be read: \(error). If the key file of the data folder was replaced, put the old one back and restart; else remove the webhook and add it again")
        }
        if name == nil { return WebhookCredentials(secrets: [SigningSecret(bytes: content)]) }
        return try WebhookCredentials(decoding: content)
    }

    /// Removes what no webhook goes by: what a deletion or a change that a crash cut short has left.
    /// - Parameter current: the names of the documents in use, by webhook.
    func removeAll(except current: [String: String?]) throws(IOError) {
        for file in try Files.list(directory) {
            let parts = file.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard let id = parts.first, parts.count > 1 else { continue }
            if let name = current[id], parts.last != "secret" || "\(directory)/\(file)" == path(id, name) { continue }
            try Files.unlinkIfPresent("\(directory)/\(file)")
        }
    }

    func remove(_ id: String, _ name: String?) throws(IOError) {
        try Files.unlinkIfPresent(path(id, name))
    }
}
