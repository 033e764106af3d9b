import COpenSSL
import Crypto

/// Whose word counts for one peer's certificate, and who we say we are to it: PEM texts that were checked to fit together.
/// Where there are no authorities of its own, those of the client count.
///
/// Two are equal when their texts are: connections and contexts are kept apart by it, so it compares and hashes by a digest.
package final class TLSIdentity: Sendable, Hashable, CustomStringConvertible {
    package let authorities: String?
    /// The chain, our own certificate first.
    package let certificate: String?
    let key: String?
    /// SHA-256 of our own certificate's DER in lower-case hex, for people to recognise it by.
    package let certificateFingerprint: String?
    private let digest: [UInt8]

    /// Nil where nothing is given.
    /// - Throws: the reason why the texts cannot be used, in words that name the one at fault and show nothing of the key.
    package init?(authorities: String?, certificate: String?, key: String?) throws(StreamError) {
        if authorities == nil, certificate == nil, key == nil { return nil }
        guard (certificate == nil) == (key == nil) else {
            throw StreamError(.tls, certificate == nil ? "a client key needs its certificate" : "a client certificate needs its key")
        }
        self.authorities = authorities
        self.certificate = certificate
        self.key = key
        certificateFingerprint = try certificate.map { text throws(StreamError) in
            Hex.encode(try PEM.certificates(text, "the client certificate")[0].fingerprint())
        }
        var hash = StreamingHash(.sha256)
        for text in [authorities, certificate, key] {
            // With its length before each, no two triples make the same bytes.
            hash.update(Array("\(text?.utf8.count ?? -1) ".utf8))
            if let text { hash.update(Array(text.utf8)) }
        }
        digest = hash.finalize()
        // Whatever else is wrong shows where a context is made of it.
        _ = try TLSContext.client(self, store: nil)
    }

    package static func == (left: TLSIdentity, right: TLSIdentity) -> Bool { left === right || left.digest == right.digest }
    package func hash(into hasher: inout Hasher) { hasher.combine(digest) }

    /// Never the key: this is what a log line or an error would print.
    package var description: String {
        "TLS identity " + (certificateFingerprint.map { "with certificate \($0)" } ?? "with authorities of its own")
    }
}
