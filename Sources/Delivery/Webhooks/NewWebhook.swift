import EventPattern
import HTTP
package import JSON

/// What a client asks for when it adds a webhook, checked.
package struct NewWebhook: Sendable {
    let url: String
    let pattern: JSONValue?
    let schedule: [Int]
    let secret: SigningSecret?

    /// - Parameters:
    ///   - pattern: an object in the EventBridge pattern language.
    ///   - secret: `whsec_` and base64; one is made where there is none.
    package init(url: String, pattern: JSONValue?, schedule: [Int], secret: String?) throws(WebhookError) {
        do throws(HTTPClientError) {
            _ = try HTTPURL(url)
        } catch {
            throw WebhookError(.invalid, error.description, pointer: "/url")
        }
        if let pattern {
            do throws(PatternError) {
                _ = try Pattern.parse(pattern.encoded)
            } catch {
                throw WebhookError(.invalid, error.reason, pointer: "/pattern" + error.pointer)
            }
        }
        if let secret {
            guard let parsed = SigningSecret(secret) else {
                throw WebhookError(
                    .invalid, "must be \"whsec_\" and the base64 of 24 to 64 bytes (Standard Webhooks)", pointer: "/secret")
            }
            self.secret = parsed
        } else {
            self.secret = nil
        }
        self.url = url
        self.pattern = pattern
        self.schedule = schedule
    }
}
