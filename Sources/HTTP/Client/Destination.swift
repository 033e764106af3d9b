import IO

/// What requests share connections by: where they lead, and who we are there. A connection that was made with one endpoint's
/// client certificate is never used for another's request.
struct Destination: Sendable, Hashable {
    let origin: Origin
    let tls: TLSIdentity?

    /// - Parameter tls: without effect on `http`.
    init(_ origin: Origin, tls: TLSIdentity? = nil) {
        self.origin = origin
        self.tls = origin.scheme == .https ? tls : nil
    }
}
