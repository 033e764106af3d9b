package import IO

extension WebhookCredentials {
    /// Who the hub is to the receiver, for its requests; nil where that is nobody in particular. Reads certificates: not for every request.
    package func tlsIdentity() throws(WebhookError) -> TLSIdentity? {
        guard let tls else { return nil }
        do throws(StreamError) {
            return try TLSIdentity(authorities: tls.authorities, certificate: tls.certificate, key: tls.key)
        } catch {
            throw WebhookError(.invalid, error.description, pointer: "/tls")
        }
    }
}
