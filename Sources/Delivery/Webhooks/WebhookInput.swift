import Crypto
import EventPattern
package import Events
import HTTP
import JSON

/// What somebody wants a webhook to be: its settings with its secrets, checked before anything is kept.
package struct WebhookInput: Sendable {
    /// Without an id until there is one; what it says about secrets is filled in from `credentials`.
    package var settings: WebhookSettings
    package var credentials: WebhookCredentials

    package init(settings: WebhookSettings, credentials: WebhookCredentials) {
        self.settings = settings
        self.credentials = credentials
    }

    /// A webhook with the hub's choices for all else.
    package init(url: String) {
        self.init(settings: WebhookSettings(id: "", url: url), credentials: WebhookCredentials())
    }

    /// Throws where something cannot work; the pointer names the member.
    func check() throws(WebhookError) {
        do throws(HTTPClientError) {
            _ = try HTTPURL(settings.url)
        } catch {
            throw WebhookError(.invalid, error.description, pointer: "/url")
        }
        if let pattern = settings.pattern {
            do throws(PatternError) {
                _ = try Pattern.parse(pattern.encoded)
            } catch {
                throw WebhookError(.invalid, error.reason, pointer: "/pattern" + error.pointer)
            }
        }
        guard PayloadFormat(rawValue: settings.format) != nil else {
            let names = PayloadFormat.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
            throw WebhookError(.invalid, "must be one of \(names), not \"\(settings.format)\"", pointer: "/format")
        }
        try credentials.check()
        if let certificate = credentials.tls?.certificate {
            guard Self.fingerprint(certificate: certificate) != nil else {
                throw WebhookError(.invalid, "holds no certificate in PEM", pointer: "/tls/certificate")
            }
            guard credentials.tls?.key != nil else {
                throw WebhookError(.invalid, "is required with a certificate", pointer: "/tls/key")
            }
        }
    }

    /// The settings as the log may show them.
    func publicSettings(id: String, credentials name: String) -> WebhookSettings {
        var settings = settings
        settings.id = id
        settings.credentials = name
        settings.headers = credentials.headers.map(\.name)
        settings.hasAuthorization = credentials.authorization != nil
        settings.hasToken = credentials.token != nil
        settings.signing = credentials.schemes.map(\.rawValue)
        settings.tls.authorities = credentials.tls?.authorities.map { Self.fingerprint(Array($0.utf8)) }
        settings.tls.certificate = credentials.tls?.certificate.flatMap(Self.fingerprint(certificate:))
        return settings
    }

    private static func fingerprint(_ bytes: [UInt8]) -> String {
        "sha256:" + Hex.encode(hash(.sha256, bytes))
    }

    /// Of the first certificate in a PEM text, as other tools show it.
    private static func fingerprint(certificate pem: String) -> String? {
        let lines = pem.split(whereSeparator: \.isNewline).drop { $0 != "-----BEGIN CERTIFICATE-----" }.dropFirst()
        guard let end = lines.firstIndex(where: { $0.hasPrefix("-----END") }) else { return nil }
        return Base64.decode(lines[..<end].joined()).flatMap { $0.isEmpty ? nil : fingerprint($0) }
    }
}

extension WebhookInput {
    /// Takes a signing secret that somebody brings instead of one that the hub would make.
    package mutating func use(_ secret: SigningSecret) {
        credentials.secrets.insert(WebhookCredentials.Entry(secret: secret, expires: nil), at: 0)
    }
}
