import Crypto
import EventPattern
package import Events
import HTTP
import IO
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
        _ = try credentials.tlsIdentity()
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
        settings.tls.certificate = (try? credentials.tlsIdentity())?.certificateFingerprint.map { "sha256:" + $0 }
        return settings
    }

    private static func fingerprint(_ bytes: [UInt8]) -> String {
        "sha256:" + Hex.encode(hash(.sha256, bytes))
    }
}

extension WebhookInput {
    /// Takes a signing secret that somebody brings instead of one that the hub would make.
    package mutating func use(_ secret: SigningSecret) {
        credentials.secrets.insert(WebhookCredentials.Entry(secret: secret, expires: nil), at: 0)
    }
}
