/// All that is secret about one webhook: what it signs with and what it shows to its receiver. It is kept sealed and
/// never enters the log; it prints as nothing but its kind.
package struct WebhookCredentials: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    package struct Entry: Sendable, Equatable {
        package let secret: SigningSecret
        /// Unix seconds from which on it signs no more; nil for the current secret of its kind.
        package var expires: Int64?
    }

    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// PEM texts for the connection.
    package struct TLS: Sendable, Equatable {
        /// Authorities that the receiver's certificate is checked against, instead of the system's.
        package var authorities: String?
        /// The client certificate and its chain.
        package var certificate: String?
        /// The client certificate's private key.
        package var key: String?

        package init(authorities: String? = nil, certificate: String? = nil, key: String? = nil) {
            self.authorities = authorities
            self.certificate = certificate
            self.key = key
        }
    }

    /// Newest first, of both kinds.
    package internal(set) var secrets: [Entry]
    package var schemes: [SignatureScheme]
    /// A text that the receiver knows too, for the schemes that use one. Without it they use the text of the current
    /// symmetric secret, `whsec_` and all.
    package var token: String?
    /// The value of `Authorization`.
    package var authorization: String?
    package var headers: [Header]
    package var tls: TLS?
    /// The whole URL, where parts of it may be secret and the settings have it without them.
    package var url: String?

    package init(
        schemes: [SignatureScheme] = [.v1], secrets: [SigningSecret] = [], token: String? = nil, authorization: String? = nil,
        headers: [Header] = [], tls: TLS? = nil
    ) {
        self.secrets = secrets.map { Entry(secret: $0, expires: nil) }
        self.schemes = schemes
        self.token = token
        self.authorization = authorization
        self.headers = headers
        self.tls = tls
    }

    /// The secret of a kind that does not expire.
    package func current(_ kind: SigningSecret.Kind) -> SigningSecret? {
        secrets.first { $0.secret.kind == kind && $0.expires == nil }?.secret
    }

    /// What the schemes with a token use.
    package var effectiveToken: String? { token ?? current(.symmetric)?.revealed }

    /// The kinds of secret that the schemes need.
    package var neededKinds: [SigningSecret.Kind] {
        SigningSecret.Kind.allCases.filter { kind in
            switch kind {
            case .symmetric: schemes.contains(.v1) || (token == nil && schemes.contains(where: \.usesToken))
            case .asymmetric: schemes.contains(.v1a)
            }
        }
    }

    /// Makes the secrets that the schemes need and that are missing; gives those that are new, to be shown once.
    package mutating func makeMissing() throws(WebhookError) -> [SigningSecret] {
        let missing = neededKinds.filter { current($0) == nil }
        guard !missing.isEmpty else { return [] }
        guard secrets.count + missing.count <= Self.maximumSecrets else { throw Self.tooManySecrets(secrets.count, pointer: "/signing") }
        let made = try Self.make(missing)
        secrets = made.map { Entry(secret: $0, expires: nil) } + secrets
        return made
    }

    package var description: String { "WebhookCredentials" }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
