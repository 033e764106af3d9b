import Crypto

/// Signs deliveries as Standard Webhooks 1.0.0 says: HMAC-SHA256 over `id.timestamp.body`.
package struct Signer: Sendable {
    private let key: HMACKey

    package init(_ secret: SigningSecret) {
        key = HMACKey(secret.bytes)
    }

    /// The value of `webhook-signature`: `v1,` and base64.
    /// - Parameter timestamp: Unix seconds, as in `webhook-timestamp`.
    package func signature(id: String, timestamp: Int64, body: [UInt8]) -> String {
        "v1," + Base64.encode(key.sha256(Array("\(id).\(timestamp).".utf8), body))
    }
}
