package import Crypto
package import HTTP

/// Signs the deliveries of one webhook. It is made once for each change of the credentials; which secrets have expired is
/// decided at each delivery.
package struct Signer: Sendable, CustomStringConvertible, CustomReflectable {
    private enum Key: Sendable {
        case v1(HMACKey)
        case v1a(Ed25519PrivateKey)
    }

    private let keys: [(key: Key, expires: Int64?)]
    /// Fields that hold the hexadecimal code of the body, and the key of that.
    private let bodyCodes: [String]
    private let token: HMACKey?
    private let fixed: HeaderBuilder

    package init(_ credentials: WebhookCredentials) {
        let schemes = credentials.schemes
        keys = credentials.secrets.compactMap { entry in
            switch entry.secret.key {
            case .symmetric(let bytes): schemes.contains(.v1) ? (.v1(HMACKey(bytes)), entry.expires) : nil
            case .asymmetric(let key): schemes.contains(.v1a) ? (.v1a(key), entry.expires) : nil
            }
        }
        let text = credentials.effectiveToken
        token = text.map { HMACKey(Array($0.utf8)) }
        bodyCodes = schemes.filter { $0 == .hubSignature || $0 == .signature }.map(\.fieldName)
        var fixed = HeaderBuilder()
        if let text, schemes.contains(.webhookSecret) { fixed.append(SignatureScheme.webhookSecret.fieldName, text) }
        if let authorization = credentials.authorization { fixed.append(.authorization, authorization) }
        for header in credentials.headers { fixed.append(header.name, header.value) }
        self.fixed = fixed
    }

    /// Appends the fields of one attempt that come from the credentials: `webhook-id`, `webhook-timestamp`, the signatures,
    /// `Authorization` and the webhook's own.
    /// - Parameter timestamp: Unix seconds of this attempt.
    package func sign(id: String, timestamp: Int64, body: [UInt8], into headers: inout HeaderBuilder) throws(CryptoError) {
        headers.append(.webhookID, id)
        headers.append(.webhookTimestamp, timestamp)
        let signatures = try signatures(id: id, timestamp: timestamp, body: body)
        if !signatures.isEmpty { headers.append(.webhookSignature, bytes: signatures.span) }
        if let token, !bodyCodes.isEmpty {
            let code = "sha256=" + Hex.encode(token.sha256(body))
            for name in bodyCodes { headers.append(name, code) }
        }
        headers.append(contentsOf: fixed)
    }

    /// The value of `webhook-signature`: one signature for each secret that has not expired, newest first, with spaces
    /// between them. A receiver is satisfied by any one.
    private func signatures(id: String, timestamp: Int64, body: [UInt8]) throws(CryptoError) -> [UInt8] {
        var prefix: [UInt8] = []
        prefix.reserveCapacity(id.utf8.count + 24)
        prefix.append(contentsOf: id.utf8)
        prefix.append(UInt8(ascii: "."))
        prefix.append(contentsOf: String(timestamp).utf8)
        prefix.append(UInt8(ascii: "."))
        var text: [UInt8] = []
        text.reserveCapacity(64 * keys.count)
        for (key, expires) in keys where expires.map({ $0 > timestamp }) ?? true {
            if !text.isEmpty { text.append(UInt8(ascii: " ")) }
            switch key {
            case .v1(let key):
                text.append(contentsOf: "v1,".utf8)
                Base64.append(key.sha256(prefix, body), to: &text)
            case .v1a(let key):
                text.append(contentsOf: "v1a,".utf8)
                Base64.append(try key.sign(prefix + body), to: &text)
            }
        }
        return text
    }

    package var description: String { "Signer" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
