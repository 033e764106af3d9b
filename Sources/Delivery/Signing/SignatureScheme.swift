/// A way in which a receiver can tell that a delivery is genuine. A webhook can use several at once; the raw values are
/// those of its setting `signing`.
package enum SignatureScheme: String, Sendable, Hashable, CaseIterable {
    /// Standard Webhooks: `webhook-signature: v1,` and base64 of HMAC-SHA256 over id, timestamp and body.
    case v1
    /// Standard Webhooks: `webhook-signature: v1a,` and base64 of the Ed25519 signature of the same.
    case v1a
    /// GitHub's header: `sha256=` and hexadecimal HMAC-SHA256 of the body, keyed with the token's text.
    case hubSignature = "x-hub-signature-256"
    /// The same in the header that Flux's `generic-hmac` receiver reads.
    case signature = "x-signature"
    /// The token itself, as Argo CD Image Updater compares it.
    case webhookSecret = "x-webhook-secret"

    /// Whether it needs a shared text.
    package var usesToken: Bool {
        switch self {
        case .v1, .v1a: false
        case .hubSignature, .signature, .webhookSecret: true
        }
    }

    /// The field that it has of its own; the first two share `webhook-signature`.
    var fieldName: String {
        switch self {
        case .v1, .v1a: "webhook-signature"
        case .hubSignature: "X-Hub-Signature-256"
        case .signature: "X-Signature"
        case .webhookSecret: "X-Webhook-Secret"
        }
    }
}
