package import HTTP
package import IO

extension WebhookSender {
    /// Asks a receiver whether it wants to be called. To be done before the first delivery of an endpoint with `handshake`,
    /// after its `url` changed, and again after a refusal or a failure, no sooner than a retry would be. Until it is granted
    /// nothing else may be sent; after that every delivery carries `Handshake.requestOrigin`, at most every `interval`.
    ///
    /// No authorization and no header of the endpoint is sent: who has not consented learns no secret.
    /// - Parameters:
    ///   - origin: see `Handshake.origin(ofRegistry:)`.
    ///   - rate: how many requests a minute are asked for; nil: as many as the receiver allows.
    ///   - timeout: milliseconds; nil: the sender's.
    package func handshake(
        with url: HTTPURL, origin: String, rate: Int? = nil, tls: TLSIdentity? = nil, timeout: Int64? = nil
    ) async -> Handshake.Outcome {
        var question = Handshake.question(url, origin: origin, rate: rate)
        question.tls = tls
        let begin = Monotonic.milliseconds
        do throws(HTTPClientError) {
            let response = try await answer(to: question, timeout)
            return Handshake.answer(response.status, response.headers, to: origin, rate: rate)
        } catch {
            return .failed(Self.text(error, after: Monotonic.milliseconds - begin, timeout ?? self.timeout))
        }
    }
}
