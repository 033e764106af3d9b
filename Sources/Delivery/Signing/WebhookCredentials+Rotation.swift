import Crypto

extension WebhookCredentials {
    /// How long an old secret goes on signing, in seconds, where nothing else was asked for.
    package static let standardOverlap: Int64 = 86_400
    package static let longestOverlap: Int64 = 30 * 86_400
    static let maximumSecrets = 10

    /// Replaces the current secrets; the old ones go on signing beside the new until the overlap is over.
    /// - Parameters:
    ///   - new: the new secret, which replaces the one of its kind. Without it, one is made of each kind that is in use.
    ///   - overlap: seconds; 0 ends the old secrets at once.
    ///   - now: Unix seconds.
    /// - Returns: the new secrets, to be shown once.
    @discardableResult
    package mutating func rotate(
        new: SigningSecret? = nil, overlap: Int64 = standardOverlap, now: Int64
    ) throws(WebhookError) -> [SigningSecret] {
        guard (0...Self.longestOverlap).contains(overlap) else {
            throw WebhookError(
                .invalid, "must be from 0 to \(Self.longestOverlap) seconds (30 days)", pointer: "/overlap")
        }
        var added: [SigningSecret] = []
        if let new {
            try checkNeed(of: new)
            guard current(new.kind) != new else {
                throw WebhookError(.invalid, "is the current one already: give another one, or none to have one made", pointer: "/secret")
            }
            added = [new]
        } else {
            guard !neededKinds.isEmpty else {
                throw WebhookError(
                    .conflict, "there is no signing secret to rotate: nothing in \"signing\" uses one; \"token\" and \"authorization\" are changed like other settings")
            }
            added = try Self.make(neededKinds)
        }
        let end = now > .max - overlap ? .max : now + overlap
        // One that comes back stands once.
        var kept = secrets.filter { !added.contains($0.secret) }
        for index in kept.indices where added.contains(where: { $0.kind == kept[index].secret.kind }) {
            kept[index].expires = min(kept[index].expires ?? .max, end)
        }
        kept.removeAll { $0.isExpired(at: now) }
        guard kept.count + added.count <= Self.maximumSecrets else {
            throw Self.tooManySecrets(kept.count, pointer: "/overlap")
        }
        secrets = added.map { Entry(secret: $0, expires: nil) } + kept
        return added
    }

    static func make(_ kinds: [SigningSecret.Kind]) throws(WebhookError) -> [SigningSecret] {
        do throws(CryptoError) {
            var made: [SigningSecret] = []
            for kind in kinds { made.append(try .random(kind)) }
            return made
        } catch {
            throw WebhookError(.unavailable, error.description)
        }
    }

    static func tooManySecrets(_ count: Int, pointer: String) -> WebhookError {
        WebhookError(.tooMany, "\(count) secrets sign already: wait until one expires, or rotate with an overlap of 0", pointer: pointer)
    }

    /// A secret that nothing signs with would only look as if it were in use.
    func checkNeed(of secret: SigningSecret) throws(WebhookError) {
        guard !neededKinds.contains(secret.kind) else { return }
        let reason = switch secret.kind {
        case .asymmetric: "is an Ed25519 key, which nothing signs with: add \"v1a\" to \"signing\", or give a whsec_ secret"
        case .symmetric: "is a shared secret, which nothing in \"signing\" uses: add \"v1\" to it, or leave the secret out"
        }
        throw WebhookError(.invalid, reason, pointer: "/secret")
    }

    /// Drops the secrets that sign no more.
    package mutating func removeExpired(now: Int64) {
        secrets.removeAll { $0.isExpired(at: now) }
    }
}

extension WebhookCredentials.Entry {
    func isExpired(at now: Int64) -> Bool {
        expires.map { $0 <= now } ?? false
    }
}
