import Crypto
import EventPattern
package import Events
import HTTP
import IO
import JSON

/// What somebody wants a webhook to be: its settings with its secrets, checked before anything is kept.
package struct WebhookInput: Sendable {
    /// With the whole URL, and without an id until there is one; what it says about secrets is filled in from `credentials`.
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
    /// - Parameter before: the URL that it has already. One from before addresses were looked at must not keep it from being paused.
    func check(replacing before: String? = nil) throws(WebhookError) {
        try checkURL(isNew: settings.url != before)
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

    /// Of a URL, in bytes: what servers take (RFC 9110 asks for more, and few do).
    static let maximumURLLength = 2048

    private func checkURL(isNew: Bool) throws(WebhookError) {
        let length = settings.url.utf8.count
        guard length <= Self.maximumURLLength else {
            throw WebhookError(.invalid, "must have at most \(Self.maximumURLLength) bytes, not \(length)", pointer: "/url")
        }
        let url: HTTPURL
        do throws(HTTPClientError) {
            url = try HTTPURL(settings.url)
        } catch {
            throw WebhookError(.invalid, error.description, pointer: "/url")
        }
        // Of others the address that is connected to decides, with each attempt.
        if isNew, let reason = AddressPolicy.refusal(ofHost: url.origin.host) {
            throw WebhookError(.invalid, "cannot be called: \(reason), which is never connected to", pointer: "/url")
        }
        guard !HTTPURL.isMasked(settings.url) else {
            throw WebhookError(.invalid, "has \(HTTPURL.mask) where the hub hides what may be secret: give the whole URL", pointer: "/url")
        }
    }

    /// The secrets as they are kept: with the URL, where the settings are shown without parts of it.
    var sealed: WebhookCredentials {
        var sealed = credentials
        sealed.url = settings.shown.url == settings.url ? nil : settings.url
        return sealed
    }

    /// The settings as the log may show them.
    func publicSettings(id: String, credentials name: String) -> WebhookSettings {
        var settings = settings.shown
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

extension WebhookSettings {
    /// Without what may be secret in the URL. Earlier versions recorded it as it is.
    package var shown: WebhookSettings {
        var settings = self
        settings.url = HTTPURL.masked(url)
        return settings
    }
}

extension WebhookInput {
    /// Takes a signing secret that somebody brings instead of one that the hub would make.
    package mutating func use(_ secret: SigningSecret) throws(WebhookError) {
        try credentials.checkNeed(of: secret)
        credentials.secrets.insert(WebhookCredentials.Entry(secret: secret, expires: nil), at: 0)
    }
}
